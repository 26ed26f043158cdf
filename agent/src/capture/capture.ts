/**
 * Opens interviews and keeps them: each accepted answer is in the encrypted store shortly
 * after, as a draft, and a finalised interview before anybody says "saved".
 *
 * C1 an answer that was accepted is in the draft `AUTOSAVE_MS` later at the latest, and at
 *    once on `save`
 * C2 a finalised interview leaves no draft, also when the process died between the two
 * C3 an interview that is open already is not opened twice
 * C4 a finalised interview that the disk did not take is finalised again, with the same answers
 */
import { type Fault, type InstanceId, type Millis, type Result, ok } from '@murram/ground'
import { openSession, type Session } from '@murram/xform'
import type { AttachmentsRoom } from '../attachments/attachments.ts'
import type { FindEntityLists } from '../households/entity-lists.ts'
import type { Log } from '../diagnostics/log.ts'
import type { FormShelf } from '../shelf/form-shelf.ts'
import type { DraftDoc } from '../store/collections.ts'
import { finaliseInterview, type FinaliseDeps, type Saved } from './finalise-interview.ts'
import { openKeeping } from './open-keeping.ts'
import { startOf, type InterviewStart, type InterviewStartDeps, type OpenRequest } from './interview-start.ts'

export interface Capture extends Omit<Session, 'finalise'> {
  /** The UUID of the instance, as it stands in addresses. */
  readonly interviewId: string
  readonly entityId: string | null
  readonly correct: InstanceId | null
  /** The draft is durable when this resolves. */
  readonly save: () => Promise<DraftDoc>
  /** Durable when this resolves; on a fault the interview stays open. */
  readonly finalise: () => Promise<Result<Saved>>
}

export interface CaptureRoom {
  readonly open: (formId: string | null, request?: OpenRequest) => Promise<Result<Capture>>
  /** Interviews that are open in this process, by id. */
  readonly find: (interviewId: string) => Capture | null
  readonly dropDraft: (interviewId: string) => Promise<void>
  /** Saves what is open and lets it go. */
  readonly close: () => Promise<void>
}

export interface CaptureDeps extends InterviewStartDeps, FinaliseDeps {
  readonly attachments: Pick<AttachmentsRoom, 'named' | 'inherit' | 'dropDraft'>
  readonly entityLists: FindEntityLists
  readonly forms: Pick<FormShelf, 'form' | 'listsOf' | 'withLists' | 'pins'>
  readonly now: () => Millis
  readonly uuid: () => string
  readonly random: () => number
  readonly officer: string
  readonly log: Log
}

const AUTOSAVE_MS = 400

export function createCaptureRoom(deps: CaptureDeps): CaptureRoom {
  const { drafts } = deps.collections
  const open = new Map<string, Capture>()
  const timers = new Map<string, NodeJS.Timeout>()
  const saving = new Map<string, Promise<unknown>>()

  const stopTimer = (interviewId: string): void => {
    clearTimeout(timers.get(interviewId))
    timers.delete(interviewId)
  }
  const forget = async (interviewId: string): Promise<void> => {
    stopTimer(interviewId)
    open.delete(interviewId)
    // A save that is under way would bring the draft back.
    await saving.get(interviewId)
    await (await drafts.findOne(interviewId).exec())?.incrementalRemove()
    deps.attachments.dropDraft(interviewId)
    deps.forms.pins.unpin(interviewId)
  }

  const toCapture = (session: Session, start: InterviewStart): Capture => {
    const interviewId = interviewIdOf(session.instanceId)
    const save = async (): Promise<DraftDoc> => {
      stopTimer(interviewId)
      const lists = Object.fromEntries(deps.forms.listsOf(start.form))
      const draft = toDraftDoc(interviewId, session, { ...start, lists }, deps.now())
      const written = drafts.incrementalUpsert(draft)
      const settled = Promise.allSettled([written])
      saving.set(interviewId, settled)
      await written
      if (saving.get(interviewId) === settled) saving.delete(interviewId)
      return draft
    }
    const saveSoon = (): void => {
      if (timers.has(interviewId) || !open.has(interviewId)) return
      const timer = setTimeout(() => {
        save().catch((error: unknown) => {
          deps.log.error({ error: error instanceof Error ? error.message : 'unknown' }, 'a draft was not saved')
        })
      }, AUTOSAVE_MS)
      timer.unref()
      timers.set(interviewId, timer)
    }
    const afterwards = <T>(result: T): T => {
      saveSoon()
      return result
    }
    const finaliseOnce = keepFinalised(session)
    const finalise = async (): Promise<Result<Saved>> => {
      stopTimer(interviewId)
      const saved = await finaliseInterview(deps, { ...session, finalise: finaliseOnce.finalise }, start)
      if (saved.ok) {
        finaliseOnce.done()
        await forget(interviewId)
      } else saveSoon()
      return saved
    }
    let finalising: Promise<Result<Saved>> | null = null
    return {
      ...session,
      interviewId,
      entityId: start.entityId,
      correct: start.correct,
      answer: (ref, value) => afterwards(session.answer(ref, value)),
      explain: (ref, reason) => afterwards(session.explain(ref, reason)),
      addRepeat: ref => afterwards(session.addRepeat(ref)),
      removeRepeat: rowRef => afterwards(session.removeRepeat(rowRef)),
      setLanguage: language => afterwards(session.setLanguage(language)),
      save,
      // Two clicks are one wish.
      finalise: () =>
        (finalising ??= finalise().finally(() => {
          finalising = null
        })),
    }
  }

  return {
    open: async (formId, request = {}) => {
      const already = request.draft === undefined ? undefined : open.get(request.draft)
      if (already !== undefined) return ok(already) // C3
      const start = await startOf(deps, formId, request)
      if (!start.ok) return start
      const opened = await openKeeping(deps, start.value, (form, lists) =>
        openAt(deps, { ...start.value, form }, lists, request.language),
      )
      if (!opened.ok) return opened
      const { session, form } = opened.value
      const capture = toCapture(session, { ...start.value, form })
      deps.forms.pins.pin(capture.interviewId, [...deps.forms.listsOf(form).values()])
      const { correct, draft } = start.value
      if (correct !== null && draft === null) deps.attachments.inherit(correct, capture.interviewId)
      open.set(capture.interviewId, capture)
      return ok(capture)
    },
    find: interviewId => open.get(interviewId) ?? null,
    dropDraft: forget,
    close: async () => {
      for (const [interviewId, capture] of open) if (timers.has(interviewId)) await capture.save()
      for (const interviewId of timers.keys()) stopTimer(interviewId)
      open.clear()
    },
  }
}

/** C4: a session is finalised once; what came of it is kept until it is stored. */
function keepFinalised(session: Session): Pick<Session, 'finalise'> & { readonly done: () => void } {
  let kept: ReturnType<Session['finalise']> | null = null
  return {
    finalise: () => {
      if (kept !== null) return kept
      const finalised = session.finalise()
      if (finalised.ok) kept = finalised
      return finalised
    },
    done: () => {
      kept = null
    },
  }
}

/** Lists that an interview was begun with, and nothing came of it. */
export async function dropIdlePins({
  collections: { drafts },
  forms,
}: Pick<CaptureDeps, 'collections' | 'forms'>): Promise<void> {
  for (const interviewId of forms.pins.pinned())
    if ((await drafts.findOne(interviewId).exec()) === null) forms.pins.unpin(interviewId)
}

/** C2: a process that died after the commit has left the draft of what is finalised. */
export async function dropFinishedDrafts({ collections: { drafts, submissions } }: FinaliseDeps): Promise<number> {
  let dropped = 0
  for (const draft of await drafts.find().exec()) {
    if ((await submissions.findOne(`uuid:${draft.interviewId}`).exec()) === null) continue
    await draft.remove()
    dropped += 1
  }
  // A removed draft still holds its answers; they need not outlive it.
  await drafts.storageInstance.cleanup(0)
  return dropped
}

const interviewIdOf = (instanceId: InstanceId): string => instanceId.replace(/^uuid:/, '')

function openAt(
  deps: CaptureDeps,
  start: InterviewStart,
  lists: Awaited<ReturnType<FindEntityLists>>,
  language: string | undefined,
): Result<Session, Fault> {
  return openSession(start.form, {
    lists,
    now: deps.now,
    uuid: deps.uuid,
    random: deps.random,
    deviceId: deps.deviceId,
    username: deps.officer,
    ...(language === undefined ? {} : { language }),
    ...(start.draft === null ? { answers: start.answers } : { draft: start.draft }),
    ...(start.correct === null ? {} : { deprecatedId: start.correct }),
  })
}

function toDraftDoc(interviewId: string, session: Session, start: InterviewStart, now: Millis): DraftDoc {
  const { answered, relevant } = session.progress()
  const { form, entityId, correct, base, seenUpto, lists, task } = start
  return {
    interviewId,
    formId: form.formId,
    updatedAtMs: now,
    body: {
      version: form.version,
      draft: session.draft(),
      label: session.answers()['meta/entity/label'] ?? '',
      entityId,
      correct,
      base,
      ...(seenUpto === null ? {} : { seenUpto }),
      ...(Object.keys(lists).length === 0 ? {} : { lists }),
      ...(task === undefined ? {} : { task }),
      answered,
      relevant,
    },
  }
}
