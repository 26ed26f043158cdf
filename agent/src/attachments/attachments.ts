/**
 * Files of interviews: taken in for a question, shown, replaced, and kept until the collector
 * has them for good.
 *
 * AT1 the bytes are in the encrypted store before the answer names them, and the draft with the
 *     new answer is durable before the former file is let go
 * AT2 a submission lists exactly the files that its answers name
 * AT3 bytes are let go once every submission that names them is in a verified backup and they
 *     arrived `KEPT_MS` ago: a backup may be older than the photo that followed its interview. By
 *     the collector's clock, for a laptop's may be a year ahead tomorrow
 *
 * Not here: the tables (`blob-table.ts`), the sending (`upload-driver.ts`).
 */
import type { Attachment } from '@murram/fold'
import { err, fault, ok, type InstanceId, type Result } from '@murram/ground'
import { MAX_ATTACHMENT_BYTES, MAX_ATTACHMENTS_EACH } from '@murram/wire'
import { Subject, type Observable } from 'rxjs'
import type { Answered, Session } from '@murram/xform'
import type { OutboxTable } from '../queue/outbox-table.ts'
import type { Store } from '../store/open-store.ts'
import { openBlobTable, type BlobTable, type StoredAttachment, type Usage } from './blob-table.ts'
import { fileAnswer, isAccepted, plainMediaType, takesFile } from './file-answer.ts'

/** Of an open interview, what a file needs of it. */
export interface FileInterview extends Pick<Session, 'question' | 'answer' | 'answers'> {
  readonly interviewId: string
  readonly save: () => Promise<unknown>
}

export interface NewFile {
  readonly mediaType: string
  /** As it was called where it was chosen. */
  readonly fileName?: string
  readonly bytes: AsyncIterable<Uint8Array>
}

/** A file to be shown: whole, or a part of it. */
export interface AttachmentBytes {
  readonly attachment: StoredAttachment
  readonly read: (offset: number, length: number) => Uint8Array
}

/** What of a submission's files the collector does not have. */
export interface Awaiting {
  readonly files: number
  readonly bytesLeft: number
}

export interface Attachments {
  /** In place of what the question had. `accepted: false`: the form refuses the answer, and the former one stands. */
  readonly put: (interview: FileInterview, ref: string, file: NewFile) => Promise<Result<Answered & { name: string }>>
  readonly remove: (interview: FileInterview, ref: string) => Promise<Result<Answered>>
  readonly open: (interviewId: string, name: string) => Result<AttachmentBytes>
  /** Of a draft or a submission, in the order in which they were taken. */
  readonly of: (interviewId: string) => readonly StoredAttachment[]
  /** Submissions whose files are not all at the collector, by instance id. */
  readonly awaiting: () => ReadonlyMap<InstanceId, Awaiting>
  /** What the files take up here. */
  readonly usage: () => Usage
  /** Something of the above may have changed. */
  readonly changes$: Observable<void>
}

/** What the rooms that make and send submissions need. */
export interface AttachmentsRoom extends Attachments {
  readonly named: (interviewId: string, names: readonly string[]) => readonly Attachment[]
  readonly inherit: (from: InstanceId, toInterviewId: string) => void
  /** BT3 */
  readonly finaliseInTransaction: (instanceId: InstanceId, attachments: readonly Attachment[]) => void
  readonly dropDraft: (interviewId: string) => void
  /** At the start: what a process that died left behind. */
  readonly tidy: () => Promise<void>
  /** @param nowMs By the collector's clock, as arrivals are marked. */
  readonly freeArrived: (nowMs: number) => number
  /** How much of it the collector has; `null`: all, or nothing is known. */
  readonly progress: (sha256: string, haveBytes: number | null) => void
}

export interface AttachmentLimits {
  readonly fileBytes: number
  readonly storeBytes: number
}

export interface AttachmentsDeps extends Pick<Store, 'collections'> {
  readonly blobs: BlobTable
  readonly outbox: Pick<OutboxTable, 'placeOf'>
  readonly now: () => number
  readonly limits?: Partial<AttachmentLimits>
}

const DAY_MS = 24 * 3_600_000
const KEPT_MS = 14 * DAY_MS
const LIMITS: AttachmentLimits = { fileBytes: MAX_ATTACHMENT_BYTES, storeBytes: 20_000_000_000 }

export const interviewOf = (instanceId: string): string => instanceId.replace(/^uuid:/, '')
const instanceOf = (interviewId: string): InstanceId => `uuid:${interviewId}` as InstanceId

/** The tables and the room over them: whoever writes a submission needs both at once. */
export function openAttachments(
  { database, collections }: Pick<Store, 'database' | 'collections'>,
  rest: Omit<AttachmentsDeps, 'blobs' | 'collections'>,
): { readonly room: AttachmentsRoom; readonly blobs: BlobTable } {
  const blobs = openBlobTable(database)
  return { blobs, room: createAttachments({ ...rest, collections, blobs }) }
}

function createAttachments(deps: AttachmentsDeps): AttachmentsRoom {
  const { blobs, outbox, collections, now } = deps
  const limits = { ...LIMITS, ...deps.limits }
  const changes$ = new Subject<void>()
  const arrivedBytes = new Map<string, number>()

  const questionFor = (interview: FileInterview, ref: string) => {
    const question = interview.question(ref)
    if (question === undefined) return err(fault('session.no-such-question', ref))
    if (!takesFile(question)) return err(fault('attachment.unexpected', `${ref} takes no file`))
    if (question.readOnly) return err(fault('session.read-only', ref))
    return ok(question)
  }

  /** AT1: the former file goes once the draft is durable. */
  const answerWith = async (
    interview: FileInterview,
    ref: string,
    former: string,
    name: string,
  ): Promise<Result<Answered>> => {
    const answered = interview.answer(ref, name)
    if (!answered.ok || !answered.value.accepted) return answered
    await interview.save()
    const isHeld = former === name || Object.values(interview.answers()).includes(former)
    if (!isHeld) blobs.unname(interview.interviewId, [former])
    blobs.sweep()
    changes$.next()
    return answered
  }

  const put: Attachments['put'] = async (interview, ref, file) => {
    const question = questionFor(interview, ref)
    if (!question.ok) return question
    const mediaType = plainMediaType(file.mediaType)
    if (!isAccepted(question.value.mediaType, mediaType))
      return err(fault('attachment.unexpected', `${ref} takes ${question.value.mediaType ?? ''}, not ${mediaType}`))
    const { interviewId } = interview
    if (blobs.of(interviewId).length >= MAX_ATTACHMENTS_EACH)
      return err(fault('attachment.no-room', `${MAX_ATTACHMENTS_EACH} files in one interview`))
    const room = limits.storeBytes - blobs.usage().sizeBytes
    if (room <= 0) return err(fault('attachment.no-room', `${limits.storeBytes} bytes`))
    let name = ''
    const taken = await blobs.takeIn(file.bytes, Math.min(limits.fileBytes, room), blob => {
      const names = new Set(blobs.of(interviewId).map(known => known.name))
      name = fileAnswer(now(), mediaType, file.fileName ?? '', names)
      blobs.name(interviewId, { ...blob, name, mediaType })
    })
    if (taken === 'too-large')
      return room < limits.fileBytes
        ? err(fault('attachment.no-room', `${limits.storeBytes} bytes`))
        : err(fault('attachment.too-large', `more than ${limits.fileBytes} bytes`))
    const answered = await answerWith(interview, ref, question.value.value, name)
    if (answered.ok && answered.value.accepted) return ok({ ...answered.value, name })
    blobs.unname(interviewId, [name])
    blobs.sweep()
    return answered.ok ? ok({ ...answered.value, name }) : answered
  }

  const awaiting = (): ReadonlyMap<InstanceId, Awaiting> => {
    const all = new Map<InstanceId, Awaiting>()
    for (const { sha256, sizeBytes, interviewIds } of blobs.waiting()) {
      const left = Math.max(0, sizeBytes - (arrivedBytes.get(sha256) ?? 0))
      for (const interviewId of interviewIds) {
        const before = all.get(instanceOf(interviewId)) ?? { files: 0, bytesLeft: 0 }
        all.set(instanceOf(interviewId), { files: before.files + 1, bytesLeft: before.bytesLeft + left })
      }
    }
    return all
  }

  return {
    put,
    remove: async (interview, ref) => {
      const question = questionFor(interview, ref)
      return question.ok ? answerWith(interview, ref, question.value.value, '') : question
    },
    open: (interviewId, name) => {
      const attachment = blobs.of(interviewId).find(file => file.name === name)
      if (attachment === undefined) return err(fault('http.not-found', `${interviewId} ${name}`))
      if (!attachment.isHere) return err(fault('attachment.not-here', name))
      return ok({ attachment, read: (offset, length) => blobs.read(attachment.sha256, offset, length) })
    },
    of: blobs.of,
    usage: blobs.usage,
    awaiting,
    changes$: changes$.asObservable(),
    // AT2
    named: (interviewId, names) => {
      const wanted = new Set(names)
      return blobs
        .of(interviewId)
        .filter(({ name }) => wanted.has(name))
        .map(({ name, sha256, sizeBytes, mediaType }) => ({ name, sha256, sizeBytes, mediaType }))
    },
    inherit: (from, to) => blobs.inherit(interviewOf(from), to),
    finaliseInTransaction: (instanceId, attachments) =>
      blobs.finalise(
        interviewOf(instanceId),
        attachments.map(({ name }) => name),
      ),
    dropDraft: interviewId => {
      blobs.unname(interviewId, 'all')
      blobs.sweep()
      changes$.next()
    },
    tidy: async () => {
      for (const interviewId of blobs.draftInterviews())
        if ((await collections.drafts.findOne(interviewId).exec()) === null) blobs.unname(interviewId, 'all')
      blobs.sweep()
    },
    freeArrived: nowMs =>
      blobs.free(nowMs - KEPT_MS, interviewId => outbox.placeOf(instanceOf(interviewId))?.state === 'safe'),
    progress: (sha256, haveBytes) => {
      if (haveBytes === null) arrivedBytes.delete(sha256)
      else arrivedBytes.set(sha256, haveBytes)
      changes$.next()
    },
  }
}
