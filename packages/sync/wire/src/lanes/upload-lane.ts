/**
 * Decides how files go up: offers → pieces → complete. No socket, clock or disk; an event says
 * when it happened where that matters.
 *
 *   queued ─offer─► offered ─have─► sending ─(all sent)─► … ─complete─► done
 *                     ▲                │
 *                     └── linkDown ────┴── not where it was expected: offered again, under another number
 *
 * Laws, in `upload-lane.test.ts`:
 *   U1 nothing is sent before the collector has welcomed the device, nor while it must wait
 *   U2 pieces of a file go in order, from what the collector said it has; at most a window is unanswered
 *   U3 a cut costs what was on its way and no more: the next session begins where the collector is
 *   U4 only the collector's `complete` completes a file, and each once
 *   U5 a file that the collector turns away does not hold up the others; it is offered again in
 *      the next session, or after a while
 *   U6 a file that is thrown away or gets nowhere `maxAttempts` times is given up; one whose answers stray
 *      and that gets further than before is not
 *   U8 an answer that is not the expected one is not believed: the file is offered again, and only the answer
 *      to that offer says where the collector is, for it comes after all that was sent before
 *   U7 as long as some sessions live long enough for one piece, everything arrives
 *
 * Not here: the bytes (the driver reads them when a piece is due), which files, and what goes
 * before them (`held`).
 */
import { fault, type Fault, type Sha256 } from '@murram/ground'
import type { UploadPurpose } from '../up/offer.ts'
import { createUploadPace, type SentPiece } from './upload-pace.ts'

export interface UploadFile {
  readonly sha256: Sha256
  readonly sizeBytes: number
  readonly mediaType: string
  readonly purpose: UploadPurpose
}

export type UploadEvent =
  | { readonly type: 'linkUp' }
  | { readonly type: 'linkDown' }
  /** Time has passed: what was turned away may be taken now. */
  | { readonly type: 'again' }
  /** All that is to go up, the most urgent first; what is not among it any more is let go. */
  | { readonly type: 'queued'; readonly files: readonly UploadFile[]; readonly atMs: number }
  | {
      readonly type: 'have'
      readonly offer: number
      readonly haveBytes: number
      readonly complete: boolean
      readonly fault?: Fault | undefined
      readonly atMs: number
    }
  /** Something goes first, such as submissions: no new piece until it is over. */
  | { readonly type: 'held'; readonly held: boolean; readonly atMs: number }

export type UploadAction =
  | ({ readonly do: 'offer'; readonly offer: number } & UploadFile)
  | {
      readonly do: 'piece'
      readonly offer: number
      readonly sha256: Sha256
      readonly offset: number
      readonly length: number
    }
  | { readonly do: 'progress'; readonly sha256: Sha256; readonly haveBytes: number }
  | { readonly do: 'complete'; readonly sha256: Sha256 }
  /** Until the next session, or `again`. */
  | { readonly do: 'setAside'; readonly sha256: Sha256; readonly fault: Fault }

export interface UploadLane {
  readonly handle: (event: UploadEvent) => readonly UploadAction[]
  /** Nothing is to be sent in this session, and nothing is on its way. */
  readonly isIdle: () => boolean
}

interface Upload {
  readonly file: UploadFile
  /** `null`: it is to be offered again. */
  offer: number | null
  /** `null`: the offer is not answered yet. */
  haveBytes: number | null
  /** What an earlier offer of this link had come to. */
  cameTo: number | null
  sentUpto: number
  /** The pieces that are not answered yet, under an earlier offer too: they take up the line. */
  onTheWay: readonly (SentPiece & { readonly end: number })[]
}

/** A small file costs two turns; those after it are offered meanwhile. */
const OFFERS_AHEAD = 4

export function createUploadLane({ maxAttempts = 3 }: { readonly maxAttempts?: number } = {}): UploadLane {
  const pace = createUploadPace()
  const attempts = new Map<Sha256, number>()
  /** How far each file ever came. */
  const furthest = new Map<Sha256, number>()
  const givenUp = new Set<Sha256>()
  let linked = false
  let held = false
  let offers = 0
  let queue: readonly UploadFile[] = []
  let aside = new Set<Sha256>()
  let done = new Set<Sha256>()
  let open: Upload[] = []
  /** Of this link: what earlier offers were of, whose answers may still be on their way. */
  let closed = new Map<number, UploadFile>()

  const bytesOnTheWay = (): number =>
    open.reduce((sum, { onTheWay }) => sum + onTheWay.reduce((part, { sizeBytes }) => part + sizeBytes, 0), 0)
  const isWanted = ({ sha256 }: UploadFile): boolean => !aside.has(sha256) && !done.has(sha256) && !givenUp.has(sha256)

  const next = (atMs: number): readonly UploadAction[] => {
    if (!linked || held) return []
    return [...nextOffers(), ...nextPieces(atMs)]
  }

  const nextOffers = (): readonly UploadAction[] => {
    for (const file of queue) {
      if (open.length >= OFFERS_AHEAD) break
      if (!isWanted(file) || open.some(upload => upload.file.sha256 === file.sha256)) continue
      open = [...open, { file, offer: null, haveBytes: null, cameTo: null, sentUpto: 0, onTheWay: [] }]
    }
    return open.flatMap(upload => {
      if (upload.offer !== null) return []
      upload.offer = offers += 1
      return [{ do: 'offer', offer: offers, ...upload.file } as const]
    })
  }

  const nextPieces = (atMs: number): readonly UploadAction[] => {
    const actions: UploadAction[] = []
    for (const upload of open) {
      const { file, offer } = upload
      if (offer === null || upload.haveBytes === null) continue
      while (upload.sentUpto < file.sizeBytes) {
        const length = Math.min(pace.pieceBytes(), file.sizeBytes - upload.sentUpto)
        // Half of it fits: else a window of two pieces and a half would carry two.
        const free = pace.windowBytes() - bytesOnTheWay()
        if (free < length / 2 && bytesOnTheWay() > 0) return actions
        actions.push({ do: 'piece', offer, sha256: file.sha256, offset: upload.sentUpto, length })
        upload.sentUpto += length
        upload.onTheWay = [...upload.onTheWay, { ...pace.onSent(length, atMs), end: upload.sentUpto }]
      }
    }
    return actions
  }

  const close = (upload: Upload): void => {
    open = open.filter(other => other !== upload)
    if (upload.offer !== null) closed.set(upload.offer, upload.file)
  }
  const setAside = (upload: Upload, why: Fault): readonly UploadAction[] => {
    close(upload)
    aside = new Set([...aside, upload.file.sha256])
    return [{ do: 'setAside', sha256: upload.file.sha256, fault: why }]
  }

  const onHave = (event: Extract<UploadEvent, { type: 'have' }>): readonly UploadAction[] => {
    if (!linked) return []
    const upload = open.find(({ offer }) => offer === event.offer)
    const file = upload?.file ?? closed.get(event.offer)
    if (file === undefined) return []
    if (event.complete) return complete(file)
    if (upload === undefined) return []
    if (event.fault !== undefined) return setAside(upload, event.fault)
    if (file.sizeBytes === 0) return setAside(upload, fault('sync.attachment-spoilt', file.sha256))
    if (upload.haveBytes === null) return onAnswer(upload, event.haveBytes)
    const [piece, ...later] = upload.onTheWay
    if (piece === undefined) return [] // an answer to nothing
    if (event.haveBytes !== piece.end || piece.end >= file.sizeBytes) return offerAgain(upload)
    upload.onTheWay = later
    pace.onArrived(piece, event.atMs)
    upload.haveBytes = event.haveBytes
    gotOn(upload)
    return [{ do: 'progress', sha256: file.sha256, haveBytes: event.haveBytes }]
  }

  /** U4. Also of an offer that was closed: the collector has it after all. */
  const complete = ({ sha256 }: UploadFile): readonly UploadAction[] => {
    if (done.has(sha256)) return []
    const upload = open.find(({ file }) => file.sha256 === sha256)
    if (upload !== undefined) close(upload)
    givenUp.delete(sha256)
    done = new Set([...done, sha256])
    return [{ do: 'complete', sha256 }]
  }

  /** U8 */
  const offerAgain = (upload: Upload): readonly UploadAction[] => {
    if (upload.offer !== null) closed.set(upload.offer, upload.file)
    upload.cameTo = upload.haveBytes
    upload.offer = upload.haveBytes = null
    return []
  }

  /** To an offer: what was sent before it has been answered or is lost. */
  const onAnswer = (upload: Upload, haveBytes: number): readonly UploadAction[] => {
    const { sha256, sizeBytes } = upload.file
    const { cameTo } = upload
    // All its bytes, and not whole: it is thrown away.
    const isSpoilt = haveBytes >= sizeBytes
    const from = isSpoilt ? 0 : haveBytes
    const isThrownAway = isSpoilt || (cameTo !== null && from < cameTo)
    // To come as far as before is no progress then.
    if (isThrownAway) furthest.set(sha256, sizeBytes)
    if (isThrownAway || from === cameTo) attempts.set(sha256, (attempts.get(sha256) ?? 0) + 1)
    if ((attempts.get(sha256) ?? 0) >= maxAttempts) {
      givenUp.add(sha256)
      return setAside(upload, fault('sync.attachment-spoilt', sha256))
    }
    upload.onTheWay = []
    upload.haveBytes = upload.sentUpto = from
    gotOn(upload)
    return [{ do: 'progress', sha256, haveBytes: from }]
  }

  /** U6 */
  const gotOn = ({ file: { sha256 }, haveBytes }: Upload): void => {
    if ((haveBytes ?? 0) <= (furthest.get(sha256) ?? 0)) return
    furthest.set(sha256, haveBytes ?? 0)
    attempts.delete(sha256)
  }

  const handlers: {
    readonly [T in UploadEvent['type']]: (event: Extract<UploadEvent, { type: T }>) => readonly UploadAction[]
  } = {
    linkUp: () => {
      linked = true
      held = true
      open = []
      closed = new Map()
      aside = new Set()
      done = new Set()
      pace.onLinkUp()
      return []
    },
    linkDown: () => {
      linked = false
      open = []
      return []
    },
    again: () => {
      aside = new Set()
      return []
    },
    queued: ({ files, atMs }) => {
      queue = files
      const wanted = new Set(files.map(({ sha256 }) => sha256))
      open = open.filter(({ file }) => wanted.has(file.sha256))
      return next(atMs)
    },
    held: event => {
      held = event.held
      return next(event.atMs)
    },
    have: event => {
      const said = onHave(event)
      return [...said, ...next(event.atMs)]
    },
  }

  return {
    isIdle: () => !linked || (open.length === 0 && !queue.some(isWanted)),
    handle: event => (handlers[event.type] as (event: UploadEvent) => readonly UploadAction[])(event),
  }
}
