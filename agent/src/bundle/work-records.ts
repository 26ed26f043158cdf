/**
 * What waits here as the records of a work bundle: the push frames of a session, each
 * readable alone, so that a damaged one costs itself.
 *
 * WR1 a run of numbers goes in order, its head signed as for a socket
 * WR2 what no frame carries goes as plain JSON, for a person at the centre: it is never left out
 */
import type { InstanceId, Sha256, StoreId } from '@murram/ground'
import type { Submission } from '@murram/fold'
import type { SigningKey } from '@murram/seal'
import {
  createFrameMemory,
  encodeUp,
  fillBatch,
  FRAME_RECORD,
  MAX_PIECE_BYTES,
  JSON_RECORD,
  signHead,
  type BundleRecord,
} from '@murram/wire'
import type { AttachmentBytes, Attachments } from '../attachments/attachments.ts'
import type { OutboxTable, QueuedSubmission } from '../queue/outbox-table.ts'
import type { Sketches } from '../sketches/sketches.ts'
import type { SubmissionDoc } from '../store/collections.ts'
import type { Store } from '../store/open-store.ts'

export interface WorkDeps extends Pick<Store, 'collections'> {
  readonly outbox: OutboxTable
  readonly deviceKey: SigningKey
  readonly attachments: Pick<Attachments, 'of' | 'open' | 'awaiting'>
}

export type Run = readonly [first: number, last: number]

/** About a sealed chunk: a damaged place costs one frame or two. A stick has room; the link has not. */
const FRAME_BYTES = 6_000
const READ_AHEAD = 200

/** Numbers of this store whose state is wanted, as runs without gaps. */
export function runsOf(outbox: OutboxTable, isWanted: (row: QueuedSubmission) => boolean): readonly Run[] {
  const runs: [number, number][] = []
  const lastN = outbox.lastN()
  for (let n = 1; n <= lastN;) {
    const rows = outbox.rows(n, lastN, READ_AHEAD)
    for (const row of rows) {
      if (!isWanted(row)) continue
      const run = runs.at(-1)
      if (run?.[1] === row.n - 1) run[1] = row.n
      else runs.push([row.n, row.n])
    }
    n = (rows.at(-1)?.n ?? lastN) + 1
  }
  return runs
}

export async function* workRecords(deps: WorkDeps, runs: readonly Run[]): AsyncGenerator<BundleRecord> {
  const storeId = deps.outbox.storeId()
  for (const [firstOfRun, lastOfRun] of runs)
    for (let n = firstOfRun; n <= lastOfRun;) {
      if (deps.outbox.storeId() !== storeId) throw new Error('the store was renewed while it was exported')
      const { record, lastN } = await nextRecord(deps, storeId, n, lastOfRun)
      yield record
      n = lastN + 1
    }
}

/** Files of these submissions, and of whatever was sent without all of its files; each once. */
export function filesOf({ outbox, attachments }: WorkDeps, runs: readonly Run[]): readonly AttachmentBytes[] {
  const files = new Map<Sha256, AttachmentBytes>()
  const add = (instanceId: InstanceId): void => {
    const interviewId = instanceId.replace(/^uuid:/, '')
    for (const { name, sha256, isHere } of attachments.of(interviewId)) {
      const file = isHere && !files.has(sha256) ? attachments.open(interviewId, name) : null
      if (file?.ok === true) files.set(sha256, file.value)
    }
  }
  for (const [first, last] of runs)
    for (let n = first; n <= last;) {
      const rows = outbox.rows(n, last, READ_AHEAD)
      for (const { instanceId } of rows) add(instanceId)
      n = (rows.at(-1)?.n ?? last) + 1
    }
  for (const instanceId of attachments.awaiting().keys()) add(instanceId)
  return [...files.values()]
}

/** As over a socket: an offer, then its pieces. */
export function* fileRecords(files: readonly AttachmentBytes[]): Generator<BundleRecord> {
  for (const [at, { attachment, read }] of files.entries()) {
    const { sha256, sizeBytes, mediaType } = attachment
    const frame = (message: Parameters<typeof encodeUp>[0]): BundleRecord => ({
      kind: FRAME_RECORD,
      bytes: encodeUp(message),
    })
    yield frame({ type: 'offer', offer: at, sha256, sizeBytes, mediaType, purpose: 'attachment' })
    for (let offset = 0; offset < sizeBytes; offset += MAX_PIECE_BYTES)
      yield frame({ type: 'piece', offer: at, offset, bytes: new Uint8Array(read(offset, MAX_PIECE_BYTES)) })
  }
}

const MOST_SKETCHES = 1_000
const A_RECORD = 20

/** Told again over a socket: a stick marks nothing as told. */
export function* sketchRecords(sketches: Pick<Sketches, 'untold' | 'isHeard'>): Generator<BundleRecord> {
  const untold = sketches.isHeard() ? sketches.untold(MOST_SKETCHES) : []
  for (let at = 0; at < untold.length; at += A_RECORD)
    yield { kind: FRAME_RECORD, bytes: encodeUp({ type: 'report', reports: untold.slice(at, at + A_RECORD) }) }
}

async function nextRecord(deps: WorkDeps, storeId: StoreId, n: number, lastOfRun: number) {
  const { outbox, deviceKey } = deps
  const rows = await withPayloads(deps, outbox.rows(n, lastOfRun, READ_AHEAD), storeId)
  const [first, ...others] = rows
  if (first === undefined)
    return { record: json({ kind: 'void', n, digest: outbox.rows(n, n, 1)[0]?.digest }), lastN: n }
  const batch = fillBatch([first, ...others], {
    maxBytes: FRAME_BYTES,
    memory: createFrameMemory(),
    headOf: submissions => {
      const last = submissions.at(-1)?.n ?? n
      const head = { n: last, previous: outbox.chainAt(n - 1), chain: outbox.chainAt(last) }
      return signHead(deviceKey, storeId, head)
    },
  })
  if (batch.ok) return { record: { kind: FRAME_RECORD, bytes: batch.value.frame }, lastN: batch.value.lastN }
  return { record: json({ kind: 'odd', submission: first }), lastN: n } // WR2
}

const json = (value: unknown): BundleRecord => ({ kind: JSON_RECORD, bytes: Buffer.from(JSON.stringify(value)) })

/** Up to the first whose payload is lost; a payload let go after a backup still stands in its document. */
async function withPayloads(
  { collections: { submissions } }: WorkDeps,
  rows: readonly QueuedSubmission[],
  storeId: StoreId,
): Promise<readonly Submission[]> {
  const bare = rows.filter(row => row.submission === null).map(row => row.instanceId as string)
  const docs = bare.length === 0 ? [] : await submissions.storageInstance.findDocumentsById(bare, false)
  const byId = new Map(docs.map(doc => [doc.instanceId, (doc as SubmissionDoc).body.submission]))
  const whole: Submission[] = []
  for (const { n, instanceId, submission } of rows) {
    const sealed = submission ?? byId.get(instanceId)
    if (sealed === undefined) break
    // What was finalised before there were attachments is stored without the word.
    whole.push({ ...sealed, attachments: (sealed as Partial<Submission>).attachments ?? [], storeId, n })
  }
  return whole
}
