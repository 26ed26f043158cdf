/**
 * What a finalised instance says about entities (ODK entities: `create`, `update`, `saveto`):
 * one write for each place of the form that declares one, and for each row where that place
 * stands in a repeat. Silent where it says nothing: not relevant, neither created nor updated.
 */
import type { Answers, Form } from './form.ts'
import type { EntitySpec } from './program.ts'

export interface EntityWriteOf {
  readonly dataset: string
  readonly entityId: string
  readonly action: 'create' | 'update'
  readonly label: string
  readonly set: Readonly<Record<string, string>>
  /** Ref of the node that holds `meta/entity`: `roster[2]`; `''` is the root. */
  readonly source: string
}

const isTrue = (answer: string | undefined): boolean => answer === '1' || answer === 'true'

/** In the form's order, rows in theirs. */
export function entityWrites(form: Form, answers: Answers): readonly EntityWriteOf[] {
  return form.entities.flatMap(entity =>
    rowsOf(entity.source, answers).flatMap(source => writeAt(entity, source, answers) ?? []),
  )
}

/** The one at the root, `null` where there is none. */
export function entityWrite(form: Form, answers: Answers): EntityWriteOf | null {
  const entity = form.entities.find(({ source }) => source === '')
  return entity === undefined ? null : (writeAt(entity, '', answers) ?? null)
}

/** Refs of the rows in which an entity is named. */
function rowsOf(source: string, answers: Answers): readonly string[] {
  if (source === '') return ['']
  const end = '/meta/entity@id'
  return Object.keys(answers).flatMap(ref => {
    if (!ref.endsWith(end)) return []
    const row = ref.slice(0, -end.length)
    return row.replace(/\[\d+\]/g, '') === source ? [row] : []
  })
}

const below = (ref: string, path: string): string => (ref === '' ? path : `${ref}/${path}`)

function writeAt(entity: EntitySpec, source: string, answers: Answers): EntityWriteOf | undefined {
  const meta = (name: string): string => answers[below(source, `meta/entity${name}`)] ?? ''
  const entityId = meta('@id').replace(/^uuid:/, '')
  const creates = isTrue(meta('@create'))
  const updates = isTrue(meta('@update'))
  if (entityId === '' || (!creates && !updates)) return undefined
  const set = Object.entries(entity.saveTo).flatMap(([path, property]) => {
    const answer = answers[below(source, entity.source === '' ? path : path.slice(entity.source.length + 1))]
    return answer === undefined ? [] : [[property, answer] as const]
  })
  return {
    dataset: entity.dataset,
    entityId,
    // An upsert that names what it saw is an update; the fold takes either for what it is.
    action: updates && (!creates || meta('@baseVersion') !== '') ? 'update' : 'create',
    label: meta('/label'),
    set: Object.fromEntries(set),
    source,
  }
}
