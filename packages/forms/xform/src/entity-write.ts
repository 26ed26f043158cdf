/**
 * What a finalised instance says about its entity (ODK entities: `create`, `update`, `saveto`).
 * `null` where it says nothing: no entity in the form, not relevant, neither created nor updated.
 */
import type { Answers, Form } from './form.ts'

export interface EntityWriteOf {
  readonly dataset: string
  readonly entityId: string
  readonly action: 'create' | 'update'
  readonly label: string
  readonly set: Readonly<Record<string, string>>
}

const isTrue = (answer: string | undefined): boolean => answer === '1' || answer === 'true'

export function entityWrite(form: Form, answers: Answers): EntityWriteOf | null {
  const { entity } = form
  const entityId = (answers['meta/entity@id'] ?? '').replace(/^uuid:/, '')
  const creates = isTrue(answers['meta/entity@create'])
  const updates = isTrue(answers['meta/entity@update'])
  if (entity === null || entityId === '' || (!creates && !updates)) return null
  const set = Object.entries(entity.saveTo).flatMap(([path, property]) => {
    const answer = answers[path]
    return answer === undefined ? [] : [[property, answer] as const]
  })
  return {
    dataset: entity.dataset,
    entityId,
    // An upsert that names what it saw is an update; the fold takes either for what it is.
    action: updates && (!creates || (answers['meta/entity@baseVersion'] ?? '') !== '') ? 'update' : 'create',
    label: answers['meta/entity/label'] ?? '',
    set: Object.fromEntries(set),
  }
}
