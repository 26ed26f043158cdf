/**
 * Files of interviews on a laptop: the real tables and the real upload driver on its disk. Drafts
 * do not outlive a crash here, so neither does what only a draft named.
 */
import { createHash } from 'node:crypto'
import {
  createUploadDriver,
  openAttachments,
  type BareStore,
  type BlobTable,
  type SubmissionDoc,
  type UploadDriver,
} from '@murram/agent/weather'
import type { Attachment } from '@murram/fold'
import type { DeviceId, InstanceId } from '@murram/ground'
import type { BrokenRule } from './broken-rules.ts'
import type { FileLedger } from './file-ledger.ts'

export interface LaptopFiles {
  readonly driver: UploadDriver
  /** New ones, and with a correction those of what it corrects. */
  readonly attach: (
    instanceId: InstanceId,
    corrects: InstanceId | null,
    count: number,
  ) => Promise<readonly Attachment[]>
  /** In the transaction of the submission. */
  readonly finalise: (doc: SubmissionDoc) => void
  readonly blobs: BlobTable
  readonly room: ReturnType<typeof openAttachments>['room']
}

export interface LaptopFilesDeps {
  readonly store: BareStore
  readonly deviceId: DeviceId
  readonly now: () => number
  readonly elapsedMs: () => number
  readonly random: () => number
  readonly ledger: FileLedger
  readonly broken: BrokenRule | null
  /** The laptop may die while it takes a file in. */
  readonly at: (place: string) => void
  readonly log: Parameters<typeof createUploadDriver>[0]['log']
}

/** Of which nothing becomes smaller by deflating it. */
const NOISE = createHash('shake256', { outputLength: 160_000 }).update('weather').digest()

export function openLaptopFiles(deps: LaptopFilesDeps): LaptopFiles {
  const { store, deviceId, now, elapsedMs, random, ledger, broken, at, log } = deps
  const { outbox, values } = store
  const { room, blobs } = openAttachments(store, { outbox, now })
  for (const interviewId of blobs.draftInterviews()) blobs.unname(interviewId, 'all')
  blobs.sweep()
  const kept = broken === 'never marks a file as arrived' ? { ...blobs, markArrived: () => {} } : blobs
  const driver = createUploadDriver({ blobs: kept, attachments: room, outbox, values, elapsedMs, log })

  const takeIn = async (interviewId: string, name: string): Promise<void> => {
    const bytes = drawFile(random)
    async function* parts() {
      at('a file, before')
      yield bytes
      at('a file, after')
    }
    await blobs.takeIn(parts(), bytes.length, blob => {
      blobs.name(interviewId, { ...blob, name, mediaType: 'image/jpeg' })
      ledger.taken(deviceId, blob)
    })
  }

  return {
    driver,
    blobs,
    room,
    attach: async (instanceId, corrects, count) => {
      const interviewId = instanceId.replace(/^uuid:/, '')
      if (corrects !== null) room.inherit(corrects, interviewId)
      for (let i = 0; i < count; i += 1) await takeIn(interviewId, `${Math.floor(now())}-${i}.jpg`)
      return room.named(
        interviewId,
        room.of(interviewId).map(({ name }) => name),
      )
    },
    finalise: ({ instanceId, body }) =>
      room.finaliseInTransaction(instanceId as InstanceId, body.submission.attachments ?? []),
  }
}

/** Empty, small, more than a piece, more than a chunk of the store; now and then the same as another. */
function drawFile(random: () => number): Uint8Array {
  const dice = random()
  const upto = (limit: number): number => Math.floor(random() * limit)
  if (dice < 0.2) return NOISE.subarray(0, [700, 5_000, 20_000][upto(3)])
  if (dice < 0.25) return NOISE.subarray(0, 0)
  const size =
    dice < 0.6 ? upto(3_000) : dice < 0.85 ? upto(20_000) : dice < 0.97 ? 16_000 + upto(30_000) : 60_000 + upto(40_000)
  const from = 1 + upto(NOISE.length - size - 1)
  return NOISE.subarray(from, from + size)
}
