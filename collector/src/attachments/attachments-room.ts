/**
 * Attachments at the collector: what devices send of files, who awaits them, and how people
 * get them. Partial files that nobody goes on with are let go after a time.
 */
import type { OpenAPIHono } from '@hono/zod-openapi'
import type { DeviceId } from '@murram/ground'
import type { UploadPurpose } from '@murram/wire'
import { Counter, Gauge } from 'prom-client'
import { getBlobRange } from '../blobs/blobs.ts'
import { reasonOf } from '../db/handles.ts'
import type { HouseDeps } from '../main/room.ts'
import { attachmentsOf, countAttachments, markArrived } from './attachment-repo.ts'
import { attachmentRoutes } from './routes.ts'
import { createUploadStore, purgeUploads } from './upload-repo.ts'
import {
  createUploadSession,
  UPLOAD_LIMITS,
  type Awaits,
  type UploadLimits,
  type UploadSession,
} from './upload-session.ts'

export interface AttachmentsRoom {
  readonly uploads: (deviceId: DeviceId) => UploadSession
  readonly routes: OpenAPIHono
  readonly close: () => Promise<void>
}

export interface AttachmentsRoomOptions {
  readonly limits?: Partial<UploadLimits>
  readonly awaits?: Readonly<Partial<Record<UploadPurpose, Awaits>>>
}

const AWAITED = 'murram_attachments_awaited'
const DAY_MS = 24 * 3_600_000
const PURGE_EVERY_MS = 6 * 3_600_000
/** An officer may be away for a season; what no submission awaits is nobody's. */
const [KEPT_MS, KEPT_UNNAMED_MS] = [120 * DAY_MS, 7 * DAY_MS]

export function createAttachmentsRoom(
  { read, write, now, log, live, metrics }: HouseDeps,
  { limits = {}, awaits = {} }: AttachmentsRoomOptions = {},
): AttachmentsRoom {
  const arrived = new Counter({
    name: 'murram_attachment_bytes_total',
    help: 'Bytes of files that devices sent whole.',
    registers: [metrics],
  })
  const spoilt = new Counter({
    name: 'murram_attachments_spoilt_total',
    help: 'Files that arrived with other bytes than their hash names.',
    registers: [metrics],
  })
  metrics.registerMetric(
    new Gauge({
      name: AWAITED,
      help: 'Files that submissions name and that have not arrived.',
      registers: [],
      async collect() {
        this.set((await countAttachments(read)).awaited)
      },
    }),
  )

  const purge = async (): Promise<void> => {
    const nowMs = now()
    const gone = await purgeUploads(write, {
      touchedBeforeMs: nowMs - KEPT_MS,
      unnamedBeforeMs: nowMs - KEPT_UNNAMED_MS,
    })
    if (gone > 0) log.info({ gone }, 'unfinished files were let go')
  }
  let purging: Promise<void> = Promise.resolve()
  const purgeSoon = (): void => {
    purging = purge().catch((cause: unknown) => log.warn({ reason: reasonOf(cause) }, 'unfinished files stay'))
  }
  purgeSoon()
  const timer = setInterval(purgeSoon, PURGE_EVERY_MS)
  timer.unref()

  return {
    uploads: deviceId =>
      createUploadSession(
        {
          store: createUploadStore(read, write),
          now,
          awaits,
          limits: { ...UPLOAD_LIMITS, ...limits },
          onStored: async (from, { sha256, sizeBytes }) => {
            const named = await markArrived(write, sha256, now())
            if (named.length === 0) return
            arrived.inc(sizeBytes)
            for (const { instanceId } of named) live.publish({ kind: 'attachment', deviceId: from, instanceId })
          },
          onSpoilt: (from, sha256) => {
            spoilt.inc()
            log.warn({ deviceId: from, sha256 }, 'a file does not have its hash')
          },
        },
        deviceId,
      ),
    routes: attachmentRoutes({
      list: instanceId => attachmentsOf(read, instanceId),
      bytes: (sha256, range) => getBlobRange(read, sha256, range),
    }),
    close: async () => {
      metrics.removeSingleMetric(AWAITED)
      clearInterval(timer)
      await purging
    },
  }
}
