/**
 * What one submission says of entities: nothing, one write, or one for each row and group of
 * its form that names an entity.
 *
 * Where it writes one entity twice (two rows that name the same one), they are one write: of
 * two answers to one property the row further down stands. One person gave both on one page.
 */
import { EntityIdSchema, millis, rememberByNames, type EntityId, type Result } from '@murram/ground'
import { effectiveStamp, seenOf, type EntityWrite, type Submission } from '@murram/fold'
import type { EntityWriteOf, Form } from '@murram/xform'
import { isBuiltIn, readSettlement, SETTLEMENT_FORM } from './built-in-forms.ts'

export interface ToWritesDeps {
  readonly findForm: (formId: Submission['formId'], version: string) => Promise<Result<Form>>
  readonly entityWrites: (form: Form, answers: Submission['answers']) => readonly EntityWriteOf[]
}

/** The main one first: what the form itself is about. Throws where what it says cannot be read. */
export async function toWrites(
  { findForm, entityWrites }: ToWritesDeps,
  submission: Submission,
  arrivalMs: number,
): Promise<readonly EntityWrite[]> {
  const { instanceId, deviceId, stamp, deprecatedId, base } = submission
  const effective = effectiveStamp(stamp, millis(arrivalMs))
  const author = { instanceId, deviceId, stamp, deprecatedId, effective }
  if (submission.formId === SETTLEMENT_FORM) return [readable({ ...author, ...readSettlement(submission) })]
  const form = await findForm(submission.formId, submission.version)
  if (!form.ok) throw new Error(`${submission.formId} ${submission.version}: ${form.error.fault}`)

  const byEntity = new Map<EntityId, EntityWrite>()
  const said = entityWrites(form.value, submission.answers)
  const isMain = ({ source }: EntityWriteOf) => source === ''
  for (const one of [...said.filter(isMain), ...said.filter(entry => !isMain(entry))]) {
    const entityId = readEntityId(one)
    const write = readable({
      ...author,
      entityId,
      dataset: one.dataset,
      set: one.set,
      label: one.label === '' ? null : one.label,
      saw: seenOf(base, isMain(one) ? null : entityId),
      kind: one.action,
    })
    const before = byEntity.get(entityId)
    byEntity.set(entityId, before === undefined ? write : joined(before, write))
  }
  return [...byEntity.values()]
}

function joined(above: EntityWrite, below: EntityWrite): EntityWrite {
  if (above.dataset !== below.dataset)
    throw new Error(`the entity ${below.entityId} is of the dataset ${above.dataset}, not ${below.dataset}`)
  return {
    ...above,
    set: { ...above.set, ...below.set },
    saw: { ...below.saw, ...above.saw },
    label: below.label ?? above.label,
    kind: [above.kind, below.kind].includes('create') ? 'create' : 'update',
  }
}

function readEntityId({ entityId }: EntityWriteOf): EntityId {
  const id = EntityIdSchema.safeParse(entityId)
  if (!id.success) throw new Error(`the entity id is not a UUID: ${entityId.slice(0, 80)}`)
  return id.data
}

/** What the feed's schemas take for a property; the wire's codec renames this one word. */
function readable(write: EntityWrite): EntityWrite {
  for (const property of Object.keys(write.set))
    if (property === '' || property.length > 500 || property === '__proto__')
      throw new Error(`no property may be called ${property.slice(0, 80)}`)
  return write
}

/**
 * Answers to nodes that the published version does not have: a newer build of the device may
 * know more than this collector. What stands in `meta` is the standard's business.
 */
export async function unknownRefs(
  { findForm }: Pick<ToWritesDeps, 'findForm'>,
  { formId, version, answers }: Submission,
): Promise<readonly string[]> {
  if (isBuiltIn(formId)) return []
  const form = await findForm(formId, version)
  if (!form.ok) return []
  let unknownAmong = unknownOf.get(form.value)
  if (unknownAmong === undefined) {
    unknownAmong = lookFor(form.value)
    unknownOf.set(form.value, unknownAmong)
  }
  return unknownAmong(Object.keys(answers))
}

type UnknownAmong = (refs: readonly string[]) => readonly string[]

const unknownOf = new WeakMap<Form, UnknownAmong>()

function lookFor(form: Form): UnknownAmong {
  const known = new Set(form.program.nodes.map(({ path }) => path)) // below the root, without positions
  return rememberByNames(refs =>
    refs.filter(ref => {
      if (known.has(ref) || ref.startsWith('meta/')) return false
      const path = ref.includes('[') ? ref.replace(/\[\d+\]/g, '') : ref
      return !known.has(path) && !path.includes('/meta/')
    }),
  )
}
