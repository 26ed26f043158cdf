/**
 * What one session of a device may send beside submissions: files that somebody awaits.
 *
 * UL1 a file is taken only where it is awaited: for an attachment, where a submission of this very
 *     device names its hash and its size
 * UL2 what is stored is under way per device and by hash, so that no device touches another's
 * UL3 a piece that lies elsewhere than the file ends is answered with where that is, and not
 *     stored; one beyond the end, or of nothing that was offered, ends the session
 * UL4 a device has a bounded number and size of files unfinished, and a bounded sum a day
 *
 * The session remembers what it answered; all else is in the database (`upload-repo.ts`).
 */
import { err, fault, ok, type DeviceId, type Fault, type Result, type Sha256 } from '@murram/ground'
import { MAX_ATTACHMENT_BYTES, type Have, type Offer, type Piece, type UploadPurpose } from '@murram/wire'
import type { UploadStore } from './upload-store.ts'

export interface UploadSession {
  /** A fault ends the session. */
  readonly answer: (message: Offer | Piece) => Promise<Result<Have, Fault>>
}

export interface UploadLimits {
  readonly fileBytes: number
  readonly unfinishedFiles: number
  readonly unfinishedBytes: number
  readonly dayBytes: number
}

export const UPLOAD_LIMITS: UploadLimits = {
  fileBytes: MAX_ATTACHMENT_BYTES,
  unfinishedFiles: 64,
  unfinishedBytes: 500_000_000,
  dayBytes: 20_000_000_000,
}

/** What else than attachments is awaited; absent: nothing. */
export type Awaits = (deviceId: DeviceId, offer: Offer) => Promise<Fault | null>

export interface UploadSessionDeps {
  readonly store: UploadStore
  readonly now: () => number
  readonly limits: UploadLimits
  readonly awaits: Readonly<Partial<Record<UploadPurpose, Awaits>>>
  /** It is stored, and durable. */
  readonly onStored: (deviceId: DeviceId, file: Pick<Offer, 'sha256' | 'sizeBytes' | 'purpose'>) => Promise<void>
  /** What came under this name has another hash. */
  readonly onSpoilt: (deviceId: DeviceId, sha256: Sha256) => void
}

const DAY_MS = 24 * 3_600_000
/** More than any agent offers ahead: what a session remembers is bounded. */
const MAX_OFFERS = 20_000

type Known = Pick<Offer, 'sha256' | 'sizeBytes' | 'purpose'> & { complete: boolean; refusal: Fault | null }

export function createUploadSession(deps: UploadSessionDeps, deviceId: DeviceId): UploadSession {
  const { store, now, limits } = deps
  const offers = new Map<number, Known>()

  /** UL1 */
  const awaited = async (offer: Offer): Promise<Fault | null> => {
    if (offer.purpose === 'attachment')
      return (await store.isNamedBy(deviceId, offer)) ? null : fault('sync.not-awaited', offer.sha256)
    const awaits = deps.awaits[offer.purpose]
    return awaits === undefined ? fault('sync.not-awaited', offer.purpose) : awaits(deviceId, offer)
  }
  /** UL4 */
  const room = async ({ sha256, sizeBytes }: Offer): Promise<Fault | null> => {
    const { files, bytes } = await store.unfinishedBeside({ deviceId, sha256 })
    if (files >= limits.unfinishedFiles || bytes + sizeBytes > limits.unfinishedBytes)
      return fault('sync.upload-limit', `${files} files, ${bytes} bytes`)
    const today = await store.bytesArrivedSince(deviceId, now() - DAY_MS)
    return today + sizeBytes > limits.dayBytes ? fault('sync.upload-limit', `${today} bytes today`) : null
  }

  const have = (offer: number, haveBytes: number, { complete, refusal }: Known): Result<Have, Fault> =>
    ok({ type: 'have', offer, haveBytes, complete, ...(refusal === null ? {} : { fault: refusal }) })
  const arrived = async (offer: number, known: Known): Promise<Result<Have, Fault>> => {
    known.complete = true
    await deps.onStored(deviceId, known)
    return have(offer, known.sizeBytes, known)
  }
  const finish = async (offer: number, known: Known): Promise<Result<Have, Fault>> => {
    if (await store.finish({ deviceId, sha256: known.sha256 }, now())) return arrived(offer, known)
    deps.onSpoilt(deviceId, known.sha256)
    return have(offer, 0, known)
  }

  const onOffer = async (message: Offer): Promise<Result<Have, Fault>> => {
    const { offer, sha256, sizeBytes, purpose } = message
    if (offers.size >= MAX_OFFERS) return err(fault('wire.unexpected', `${offers.size} offers`))
    const known: Known = { sha256, sizeBytes, purpose, complete: false, refusal: null }
    offers.set(offer, known)
    known.refusal =
      sizeBytes > limits.fileBytes ? fault('attachment.too-large', `${sizeBytes} bytes`) : await awaited(message)
    if (known.refusal !== null) return have(offer, 0, known)
    if (await store.isStored(sha256)) return arrived(offer, known)
    known.refusal = await room(message)
    if (known.refusal !== null) return have(offer, 0, known)
    const haveBytes = await store.begin({ deviceId, sha256, sizeBytes, purpose }, now())
    // All was here, and the process that took the last piece died before it was put together.
    return haveBytes === sizeBytes ? finish(offer, known) : have(offer, haveBytes, known)
  }

  const onPiece = async ({ offer, offset, bytes }: Piece): Promise<Result<Have, Fault>> => {
    const known = offers.get(offer)
    if (known === undefined) return err(fault('wire.unexpected', 'a piece of what was not offered'))
    const { sha256, sizeBytes, purpose } = known
    if (offset + bytes.length > sizeBytes) return err(fault('wire.malformed', 'a piece beyond the end of its file'))
    if (known.complete) return have(offer, sizeBytes, known)
    if (known.refusal !== null) return have(offer, 0, known)
    const nowMs = now()
    const haveBytes = await store.append({ deviceId, sha256 }, { offset, bytes }, nowMs)
    if (haveBytes === sizeBytes) return finish(offer, known)
    if (haveBytes !== null) return have(offer, haveBytes, known)
    // UL3. Another session of this device was quicker, or finished it.
    if (await store.isStored(sha256)) return arrived(offer, known)
    return have(offer, await store.begin({ deviceId, sha256, sizeBytes, purpose }, nowMs), known)
  }

  return { answer: message => (message.type === 'offer' ? onOffer(message) : onPiece(message)) }
}
