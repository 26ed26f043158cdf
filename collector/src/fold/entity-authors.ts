/**
 * Which submission each standing answer comes from, written once a submission and not once a
 * property: an entity of twenty properties is mostly the work of two or three visits.
 */
import type { DeviceId, InstanceId } from '@murram/ground'
import type { FoldedEntity, Stamp, StandingAnswer } from '@murram/fold'

export interface Author {
  readonly instanceId: InstanceId
  readonly deviceId: DeviceId
  readonly stamp: Stamp
  readonly properties: readonly string[]
}

export function toAuthors(properties: FoldedEntity['properties']): readonly Author[] {
  const authors: (Author & { readonly properties: string[] })[] = []
  for (const property of Object.keys(properties)) {
    const { instanceId, deviceId, stamp } = properties[property] as StandingAnswer
    const author = authors.find(one => one.instanceId === instanceId)
    if (author === undefined) authors.push({ instanceId, deviceId, stamp, properties: [property] })
    else author.properties.push(property)
  }
  return authors
}

export function fromAuthors(
  authors: readonly Author[],
  answers: Readonly<Record<string, string>>,
): Readonly<Record<string, StandingAnswer>> {
  return Object.fromEntries(
    authors.flatMap(({ properties, ...author }) =>
      properties.map(property => [property, { answer: answers[property] ?? '', ...author }]),
    ),
  )
}
