/**
 * What goes back to one laptop as a file: what became of its work, the changes since it last
 * read the feed, and the files that they name. Sealed to the device, signed by the root.
 *
 *     order · welcome · ack … · page … · chunk …       the frames that a session would send it
 *
 * EB1 it holds what a session of this device would be shown at this moment, and nothing else
 * EB2 without a known place it begins at nought, so that it is of use whatever the device has
 * EB3 it says of each submission what an ack would say now, however late it is made
 *
 * Not here: what a device may see (`feed`, by way of the gate's needs).
 */
import { randomBytes } from 'node:crypto'
import { err, ok, type Checkpoint, type Fault, type Result, type Sha256, type StoreId } from '@murram/ground'
import { boxPublicKeyOf } from '@murram/seal'
import {
  encodeDown,
  FRAME_RECORD,
  MAX_FRAME_BYTES,
  PROTOCOL_WITH_TRUST,
  readFeedBody,
  writeBundle,
  type AckResult,
  type BundleRecord,
  type Down,
  type FeedRow,
  type WrittenBundle,
} from '@murram/wire'
import type { ProjectKeys } from '../config/project-keys.ts'
import type { TrustRoom } from '../trust/trust-room.ts'
import type { Admitted, GateNeeds } from '../gate/gate-session.ts'

export interface ExportRequest {
  readonly device: Admitted
  /** What its agent reads, as far as is known. */
  readonly protocol: number
  readonly storeId: StoreId | null
  /** What became of this store's submissions. */
  readonly results: readonly AckResult[]
  /** Changes from here on; `null`: only the answers. */
  readonly pagesFrom: Checkpoint | null
}

export interface BundleHouse {
  readonly keys: ProjectKeys
  readonly needs: GateNeeds
  readonly trust: Pick<TrustRoom, 'rootsFrom'>
}

const ACKS_A_FRAME = 500
const PAGE_BYTES = 200_000
const CHUNK_BYTES = 250_000

export async function exportBundle(
  { keys, needs, trust }: BundleHouse,
  request: ExportRequest,
): Promise<Result<WrittenBundle, Fault>> {
  const { device, storeId, results } = request
  const { deviceId, publicKey } = device
  const boxPublicKey = boxPublicKeyOf(publicKey)
  if (!boxPublicKey.ok) return err(boxPublicKey.error)
  const from = request.pagesFrom?.epoch === needs.epoch ? request.pagesFrom.number : 0
  const facts = {
    kind: 'down' as const,
    projectId: keys.projectId,
    deviceId,
    storeId,
    certificate: null,
    createdAtMs: needs.now(),
    agentVersion: 'collector',
    contents: { runs: [], submissions: results.length, attachments: 0, drafts: 0, lastN: results.at(-1)?.n ?? 0 },
    checkpoint: { epoch: needs.epoch, number: await needs.feedNumber() },
    from,
  }
  const records = downRecords({ needs, trust }, request, from)
  return ok(writeBundle(facts, { signingKey: keys.root, boxPublicKey: boxPublicKey.value, records }))
}

async function* downRecords(
  { needs, trust }: Pick<BundleHouse, 'needs' | 'trust'>,
  { device, protocol, storeId, results, pagesFrom }: ExportRequest,
  from: number,
): AsyncGenerator<BundleRecord> {
  const frame = frameFor(protocol)
  if (device.order !== undefined) {
    yield frame({ type: 'order', order: device.order })
    await needs.told?.(device.order)
  }
  if (device.state === 'stolen') return
  const nobody = randomBytes(16).toString('hex') as StoreId
  const marks = await needs.marks(storeId ?? nobody)
  yield frame({
    type: 'welcome',
    epoch: needs.epoch,
    ...marks,
    serverTimeMs: needs.now(),
    feedNumber: await needs.feedNumber(),
    creditBytes: 0,
    maxFrameBytes: MAX_FRAME_BYTES,
    more: {
      succession: needs.succession,
      view: device.view,
      state: device.state === 'left' ? 'left' : 'open',
      ...(protocol < PROTOCOL_WITH_TRUST ? {} : { trust: trust.rootsFrom(0) }),
    },
  })
  for (let at = 0; at < results.length; at += ACKS_A_FRAME) {
    const part = results.slice(at, at + ACKS_A_FRAME)
    yield frame({ type: 'ack', upto: part.at(-1)?.n ?? 0, results: part, ...marks, creditBytes: 0 })
  }
  // Who has left is shown nothing any more.
  if (pagesFrom === null || device.state !== 'active') return
  const files = new Map<Sha256, number>()
  for (let number = from; ;) {
    const page = await needs.page(device, { epoch: needs.epoch, number }, PAGE_BYTES)
    if (page === null) break // what it may see has changed meanwhile: the next file tells the rest
    yield frame(page)
    for (const row of page.rows) for (const [hash, size] of filesOf(row)) files.set(hash, size)
    if (!page.more) break
    number = page.to
  }
  for (const [hash, size] of files) yield* fileRecords(needs, frame, hash, size)
}

async function* fileRecords(
  needs: GateNeeds,
  frame: ReturnType<typeof frameFor>,
  sha256: Sha256,
  sizeBytes: number,
): AsyncGenerator<BundleRecord> {
  for (let offset = 0; offset < sizeBytes; offset += CHUNK_BYTES) {
    const piece = await needs.blob(sha256, { offset, length: CHUNK_BYTES })
    if (piece === undefined) return
    yield frame({ type: 'chunk', sha256, offset, totalBytes: piece.totalBytes, bytes: new Uint8Array(piece.bytes) })
  }
}

/** Programs of published forms and their lists, files of releases that a device may need. */
function filesOf({ kind, body }: FeedRow): readonly (readonly [Sha256, number])[] {
  if (body === null) return []
  if (kind === 'form') {
    const form = readFeedBody('form', body)
    if (!form.ok || form.value.state !== 'published') return []
    return [form.value, ...(form.value.lists ?? [])].map(file => [file.sha256, file.sizeBytes] as const)
  }
  if (kind === 'release') return filesOfRelease(body)
  if (kind !== 'rollout') return []
  const { order, release, challenger } = body as SentRollout
  // Halted, it goes to nobody new; which ring the device is in, it finds out itself.
  return [...(order?.body?.state === 'halted' ? [] : filesOfRelease(release)), ...filesOfRelease(challenger)]
}

interface SentRollout {
  readonly order?: { readonly body?: { readonly state?: unknown } }
  readonly release?: unknown
  readonly challenger?: unknown
}

function filesOfRelease(body: unknown): readonly (readonly [Sha256, number])[] {
  const { signed } = (body ?? {}) as { readonly signed?: { readonly body?: { readonly files?: unknown } } }
  const files = signed?.body?.files
  return Array.isArray(files)
    ? files.map(({ sha256, sizeBytes }: { sha256: Sha256; sizeBytes: number }) => [sha256, sizeBytes] as const)
    : []
}

const frameFor =
  (protocol: number) =>
  (message: Down): BundleRecord => ({ kind: FRAME_RECORD, bytes: encodeDown(message, protocol) })
