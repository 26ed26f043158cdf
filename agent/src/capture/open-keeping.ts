/**
 * Opens what was begun before, so that no answer is lost to a list that has changed meanwhile: a choice
 * that is not offered is taken away by the form engine, and here nobody has taken it away.
 *
 * OK1 a draft is opened with the lists of today; where one of its answers is not in them any more, with
 *     those that it was begun with
 * OK2 an entity that was chosen stays chosen, also where it left this laptop or was declared another one
 * OK3 what is lost all the same (a correction, years later) is told in the log, without the answer
 */
import type { Result } from '@murram/ground'
import type { Answers, Form, Session } from '@murram/xform'
import type { FindEntityLists } from '../households/entity-lists.ts'
import type { Log } from '../diagnostics/log.ts'
import type { FormShelf } from '../shelf/form-shelf.ts'
import type { InterviewStart } from './interview-start.ts'

export interface OpenKeepingDeps {
  readonly entityLists: FindEntityLists
  readonly forms: Pick<FormShelf, 'withLists'>
  readonly log: Log
}

type Lists = Awaited<ReturnType<FindEntityLists>>

export interface Opened {
  readonly session: Session
  /** The form as it is used. */
  readonly form: Form
}

export async function openKeeping(
  { entityLists, forms, log }: OpenKeepingDeps,
  start: InterviewStart,
  open: (form: Form, lists: Lists) => Result<Session>,
): Promise<Result<Opened>> {
  const { form } = start
  const session = open(form, await entityLists(form))
  const before = start.draft?.values ?? (start.correct === null ? null : start.answers)
  if (!session.ok || before === null) return withForm(session, form)
  const lost = lostRefs(before, session.value)
  if (lost.length === 0) return withForm(session, form)
  const older = forms.withLists(form, start.lists)
  const again = open(
    older,
    await entityLists(
      older,
      lost.map(ref => before[ref] ?? ''),
    ),
  )
  const better = again.ok && lostRefs(before, again.value).length < lost.length
  const left = better ? lostRefs(before, again.value) : lost
  if (left.length > 0)
    log.warn({ formId: form.formId, refs: left.join(' ') }, 'answers are not in their lists any more')
  return better ? withForm(again, older) : withForm(session, form)
}

const withForm = (session: Result<Session>, form: Form): Result<Opened> =>
  session.ok ? { ok: true, value: { session: session.value, form } } : session

/** Of questions that a person answers. */
function lostRefs(before: Answers, session: Session): readonly string[] {
  const { values } = session.draft()
  return Object.entries(before).flatMap(([ref, value]) =>
    value !== '' && values[ref] === '' && session.question(ref)?.readOnly === false ? [ref] : [],
  )
}
