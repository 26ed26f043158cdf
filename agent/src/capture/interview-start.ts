/**
 * What an interview begins with: a blank form, a household's last answers, an earlier
 * submission to correct, or a draft.
 *
 * IS1 a visit to a household starts with its properties, and records as `base` what its
 *     author saw: that is what lets the collector tell an update from a rival
 * IS2 a correction keeps the base of what it corrects, for it stands in its place
 * IS3 a correction corrects the newest revision made here
 * IS4 a draft is opened with the form version that it was begun with
 */
import { err, fault, ok, type Checkpoint, type InstanceId, type Result } from '@murram/ground'
import type { Answers, Draft, Form } from '@murram/xform'
import type { FormShelf } from '../shelf/form-shelf.ts'
import type { DraftDoc, SubmissionDoc } from '../store/collections.ts'
import type { Mirror } from '../store/mirror.ts'
import type { Store } from '../store/open-store.ts'
import type { Household, Households } from '../households/households.ts'

export interface OpenRequest {
  readonly version?: string
  /** A visit to this household. */
  readonly entityId?: string
  /** Preset answers by ref; they win over the household's. */
  readonly answers?: Answers
  readonly correct?: InstanceId
  /** The task that the visit answers. */
  readonly task?: string
  /** Interview id of a draft. */
  readonly draft?: string
  readonly language?: string
}

export interface InterviewStart {
  readonly form: Form
  readonly answers: Answers
  readonly base: Readonly<Record<string, string>>
  /** How far the feed had come: what its author can have seen of other entities. */
  readonly seenUpto: Checkpoint | null
  readonly entityId: string | null
  readonly correct: InstanceId | null
  readonly draft: Draft | null
  /** The task that it answers. */
  readonly task?: string | undefined
  /** Of a draft: hashes of the lists that it was begun with, by name. */
  readonly lists: Readonly<Record<string, string>>
}

export interface InterviewStartDeps extends Pick<Store, 'collections'> {
  readonly forms: Pick<FormShelf, 'form'>
  readonly households: Pick<Households, 'find'>
  readonly mirror: Pick<Mirror, 'find' | 'checkpoint'>
}

/** @param formId May be absent where a draft or a submission names it. */
export async function startOf(
  deps: InterviewStartDeps,
  formId: string | null,
  request: OpenRequest,
): Promise<Result<InterviewStart>> {
  if (request.draft !== undefined) return ofDraft(deps, request.draft)
  if (request.correct !== undefined) return ofCorrection(deps, request.correct, request.answers ?? {})
  if (formId === null) return err(fault('form.not-found', 'no form was named'))
  const form = deps.forms.form(formId, request.version)
  if (!form.ok) return form
  const { answers = {}, entityId } = request
  const seenUpto = await deps.mirror.checkpoint()
  if (entityId === undefined)
    return ok({ form: form.value, answers, base: {}, seenUpto, entityId: null, correct: null, draft: null, lists: {} })
  const household = await deps.households.find(entityId)
  if (household === null) return err(fault('form.not-found', `no household ${entityId} is on this device`))
  return ok({ ...ofVisit(form.value, household, answers), seenUpto, task: request.task })
}

/** IS1 */
function ofVisit(form: Form, household: Household, answers: Answers): Omit<InterviewStart, 'seenUpto'> {
  const preset: Record<string, string> = { ...entityAnswers(household.entityId) }
  const choice = chosenIn(form)
  if (choice !== null) preset[choice] = household.entityId
  const base: Record<string, string> = {}
  for (const [path, property] of Object.entries(form.entity?.saveTo ?? {})) {
    const answer = household.properties[property]
    if (answer === undefined) continue
    preset[path] = answer
    base[property] = answer
  }
  const { entityId } = household
  return { form, answers: { ...preset, ...answers }, base, entityId, correct: null, draft: null, lists: {} }
}

/** The question in which a form has its entity chosen: what the entity's id is copied from. */
function chosenIn(form: Form): string | null {
  const { nodes, steps, expressions } = form.program
  const id = nodes.findIndex(({ path }) => path === 'meta/entity@id')
  const step = steps.find(({ node, kind }) => node === id && kind === 'calculate')
  const [, path] = /^\s*\/[^/\s]+\/([\w./-]+)\s*$/.exec(expressions[step?.expression ?? -1]?.source ?? '') ?? []
  return form.questions.some(question => question.path === path && !question.readOnly) ? (path ?? null) : null
}

/** What ODK's entities specification wants in an update. */
export const entityAnswers = (entityId: string): Answers => ({
  'meta/entity@id': entityId,
  'meta/entity@create': '',
  'meta/entity@update': '1',
})

async function ofCorrection(
  { collections: { submissions }, forms, mirror }: InterviewStartDeps,
  instanceId: InstanceId,
  answers: Answers,
): Promise<Result<InterviewStart>> {
  const all = (await submissions.find().exec()).map(doc => doc.toJSON() as SubmissionDoc)
  const newest = newestRevision(instanceId, all)
  if (newest === undefined) return err(fault('form.not-found', `${instanceId} was not saved on this device`))
  const { submission, write, task } = newest.body
  const form = forms.form(submission.formId, submission.version)
  if (!form.ok) return form
  return ok({
    form: form.value,
    answers: { ...withoutSealed(form.value, submission.answers), ...answers },
    base: submission.base, // IS2
    seenUpto: await mirror.checkpoint(),
    entityId: write?.entityId ?? null,
    correct: submission.instanceId,
    draft: null,
    task,
    lists: {},
  })
}

/** IS3 */
export function newestRevision(instanceId: string, all: readonly SubmissionDoc[]): SubmissionDoc | undefined {
  const next = new Map(all.map(doc => [doc.body.submission.deprecatedId as string | null, doc]))
  let newest = all.find(doc => doc.instanceId === instanceId)
  for (const seen = new Set<string>(); newest !== undefined && !seen.has(newest.instanceId);) {
    seen.add(newest.instanceId)
    const later = next.get(newest.instanceId)
    if (later === undefined) break
    newest = later
  }
  return newest
}

/** Nobody on this device can open a sealed answer again: it is asked anew. */
function withoutSealed(form: Form, answers: Answers): Answers {
  const sealed = new Set(form.questions.filter(q => q.sensitive === 'sealed').map(q => q.path))
  return Object.fromEntries(Object.entries(answers).filter(([ref]) => !sealed.has(pathOf(ref))))
}

/** `roster[2]/age` → `roster/age`. */
export const pathOf = (ref: string): string => ref.replace(/\[\d+\]/g, '')

async function ofDraft(
  { collections: { drafts }, forms }: InterviewStartDeps,
  id: string,
): Promise<Result<InterviewStart>> {
  const doc = await drafts.findOne(id).exec()
  if (doc === null) return err(fault('draft.malformed', `there is no draft ${id}`))
  const { formId, body } = doc.toJSON() as DraftDoc
  const form = forms.form(formId, body.version) // IS4
  if (!form.ok) return form
  const { base, seenUpto = null, entityId, draft, task, lists = {} } = body
  return ok({
    form: form.value,
    answers: {},
    base,
    seenUpto,
    entityId,
    correct: body.correct as InstanceId | null,
    draft,
    task,
    lists,
  })
}
