/** What an officer saves: visits to households, corrections, settlements, aliases; now and then something odd. */
import { submissionDigest, type Attachment, type Stamp, type Submission } from '@murram/fold'
import type { DeviceId, EntityId, FormId, InstanceId, StoreId } from '@murram/ground'
import { newSalt, toBase64Url } from '@murram/seal'
import type { Mirror, SubmissionDoc } from '@murram/agent/weather'
import { seededUuid } from './seeded-world.ts'

export const INTERVIEWS = [
  'create',
  'update',
  'correct',
  'answer',
  'settle',
  'alias',
  'odd',
  'unknown form',
  'huge',
] as const
export type InterviewKind = (typeof INTERVIEWS)[number]

export interface InterviewDeps {
  readonly random: () => number
  readonly deviceId: DeviceId
  readonly stamp: () => Stamp
  readonly nowMs: () => number
  readonly mirror: Pick<Mirror, 'all'>
  /** What was saved here before, for a correction. */
  readonly saved: readonly SubmissionDoc[]
  /** Takes its files in; absent: it has none. */
  readonly attach?: (instanceId: InstanceId, corrects: InstanceId | null) => Promise<readonly Attachment[]>
}

type Parts = Pick<Submission, 'answers'> & Partial<Pick<Submission, 'formId' | 'version' | 'base' | 'deprecatedId'>>

/** `null` where there is nothing to say it of. */
export async function interview(deps: InterviewDeps, kind: InterviewKind): Promise<SubmissionDoc | null> {
  const parts = await partsOf(deps, kind)
  if (parts === null) return null
  const { random, deviceId, stamp, nowMs, attach } = deps
  const instanceId = `uuid:${seededUuid(random)}` as InstanceId
  const attachments = (await attach?.(instanceId, parts.deprecatedId ?? null)) ?? []
  const submission = {
    instanceId,
    formId: 'household' as FormId,
    version: '1',
    audit: null,
    assessment: null,
    attachments: [...attachments],
    deviceId,
    stamp: stamp(),
    base: {},
    deprecatedId: null,
    salt: toBase64Url(newSalt()),
    ...parts,
  }
  const digest = submissionDigest({ ...submission, storeId: '' as StoreId, n: 0 })
  return {
    instanceId: submission.instanceId,
    state: 'queued',
    savedAtMs: Math.max(0, Math.floor(nowMs())),
    formId: submission.formId,
    body: { submission: { ...submission, digest }, label: '', write: null, fault: null },
  }
}

async function partsOf(deps: InterviewDeps, kind: InterviewKind): Promise<Parts | null> {
  const { random, mirror, saved } = deps
  const pick = <T>(list: readonly T[]): T | undefined => list[Math.floor(random() * list.length)]
  switch (kind) {
    case 'create':
      return { answers: household(random, seededUuid(random) as EntityId, 'create') }
    case 'unknown form':
      return { answers: household(random, seededUuid(random) as EntityId, 'create'), version: '2' }
    case 'huge':
      // Nothing shrinks it, and no frame takes it.
      return { answers: { remark: noise(random, 1_500_000) } }
    case 'odd':
      return {
        formId: 'murram:alias' as FormId,
        answers: { alias: 'not a household', of: 'nor this' },
      }
    case 'update': {
      const seen = pick(await mirror.all('entity'))?.body
      if (seen === undefined) return null
      return { answers: household(random, seen.entityId, 'update'), base: seen.properties }
    }
    case 'correct': {
      return correctionOf(random, pick(saved.filter(({ formId }) => formId === 'household')))
    }
    case 'answer': {
      // What a reviewer sent back.
      const asked = new Set((await mirror.all('return')).map(({ body }) => body.instanceId as string))
      return correctionOf(random, pick(saved.filter(({ instanceId }) => asked.has(instanceId))))
    }
    case 'settle': {
      const open = (await mirror.all('conflict')).filter(({ body }) => body.settledBy === null)
      const conflict = pick(open)?.body
      if (conflict === undefined) return null
      const { conflictId, entityId, property, stands, other } = conflict
      return {
        formId: 'murram:settlement' as FormId,
        answers: {
          conflict_id: conflictId,
          entity_id: entityId,
          dataset: 'households',
          property,
          answer: random() < 0.5 ? stands.answer : other.answer,
        },
        base: { [property]: stands.answer },
      }
    }
    case 'alias': {
      const known = (await mirror.all('entity')).map(({ body }) => body.entityId)
      const [alias, of] = [pick(known), pick(known)]
      if (alias === undefined || of === undefined || alias === of) return null
      return {
        formId: 'murram:alias' as FormId,
        answers: { alias, of, undone: random() < 0.3 ? 'yes' : '' },
      }
    }
  }
}

function correctionOf(random: () => number, doc: SubmissionDoc | undefined): Parts | null {
  const parent = doc?.body.submission
  if (parent === undefined || parent.answers['meta/entity@id'] === undefined) return null
  const entityId = parent.answers['meta/entity@id'] as EntityId
  const action = parent.answers['meta/entity@create'] === '1' ? 'create' : 'update'
  return { answers: household(random, entityId, action), base: parent.base, deprecatedId: parent.instanceId }
}

function household(random: () => number, entityId: EntityId, action: 'create' | 'update'): Record<string, string> {
  const among = (words: readonly string[]): string => words[Math.floor(random() * words.length)] ?? ''
  const all: Record<string, string> = {
    name: among(['Asha', 'Baraka', 'Chipo', 'Deka', 'Esi']),
    roof: among(['iron', 'thatch', 'tile', '']),
    people: `${Math.floor(random() * 9)}`,
    remark: random() < 0.3 ? noise(random, 300) : '',
  }
  // An update says some of it.
  const said = action === 'create' ? all : Object.fromEntries(Object.entries(all).filter(() => random() < 0.6))
  return {
    ...said,
    'meta/entity@id': entityId,
    [`meta/entity@${action}`]: '1',
    'meta/entity/label': all['name'] ?? '',
  }
}

const noise = (random: () => number, length: number): string => {
  // Long ones from one drawn block: they need not be drawn byte by byte to be incompressible.
  const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-'
  return Array.from({ length }, () => letters[Math.floor(random() * 64)]).join('')
}
