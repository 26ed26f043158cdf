/** What a submission writes into entities, by dataset and property. */
import type { Form } from '../form.ts'
import type { FormChange } from './form-change.ts'

type Found = Omit<FormChange, 'concern'>

export function changesForEntities(older: Form, newer: Form): readonly Found[] {
  const found: Found[] = []
  for (const before of older.entities) {
    const after = newer.entities.find(one => one.source === before.source)
    const place = before.source === '' ? 'The form' : `A row of ${before.source}`
    if (after?.dataset !== before.dataset) {
      const instead = after === undefined ? 'none' : after.dataset
      const message = `${place} wrote the list ${before.dataset} and writes ${instead} now.`
      found.push({ severity: 'breaks', kind: 'dataset-changed', path: before.source, message })
      if (after === undefined) continue
    }
    const [was, is] = [propertiesOf(before.saveTo), propertiesOf(after.saveTo)]
    for (const [property, path] of was) {
      const now = is.get(property)
      if (now === path) continue
      found.push(
        now === undefined
          ? {
              severity: 'breaks',
              kind: 'property-changed',
              path,
              message: `The property ${property} of ${before.dataset} is not written any more.`,
            }
          : {
              severity: 'fine',
              kind: 'property-changed',
              path: now,
              was: path,
              message: `The property ${property} of ${before.dataset} is written by ${now} instead of ${path}.`,
            },
      )
    }
    for (const [property, path] of is)
      if (!was.has(property)) {
        const message = `The property ${property} of ${after.dataset} is new: older entities have none.`
        found.push({ severity: 'fine', kind: 'property-changed', path, message })
      }
  }
  for (const after of newer.entities)
    if (!older.entities.some(one => one.source === after.source)) {
      const message = `${after.source === '' ? 'The form' : `A row of ${after.source}`} writes the list ${after.dataset} now.`
      found.push({ severity: 'fine', kind: 'dataset-changed', path: after.source, message })
    }
  return found
}

const propertiesOf = (saveTo: Readonly<Record<string, string>>): ReadonlyMap<string, string> =>
  new Map(Object.entries(saveTo).map(([path, property]) => [property, path]))
