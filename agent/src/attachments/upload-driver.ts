/**
 * Acts on what the upload lane decides: offers what finalised interviews name, reads a piece
 * when it is due, and marks what the collector has.
 *
 * UD1 a file is offered only after its submission was acked, for nobody awaits it before
 * UD2 submissions go first: no new piece while one of them waits for its ack
 * UD3 after a restore of the collector everything that is here is offered again
 */
import { fault, type Sha256 } from '@murram/ground'
import {
  createUploadLane,
  PROTOCOL_WITH_MORE,
  type Have,
  type UploadAction,
  type UploadFile,
  type Welcome,
} from '@murram/wire'
import type { Log } from '../diagnostics/log.ts'
import type { OutboxTable } from '../queue/outbox-table.ts'
import type { DeviceValues } from '../store/device-values.ts'
import type { Link } from '../sync/link.ts'
import type { AttachmentsRoom } from './attachments.ts'
import type { BlobTable } from './blob-table.ts'

export interface UploadDriver {
  readonly onWelcome: (welcome: Pick<Welcome, 'epoch' | 'serverTimeMs'>, link: Link) => void
  readonly onHave: (have: Have, link: Link) => void
  /** Something else was done: whether it is our turn. UD2 */
  readonly look: (link: Link, isPushIdle: boolean) => void
  readonly onLinkDown: () => void
  /** Nothing more can be sent in this session. */
  readonly isIdle: () => boolean
}

export interface UploadDriverDeps {
  readonly blobs: BlobTable
  readonly attachments: Pick<AttachmentsRoom, 'progress' | 'freeArrived'>
  readonly outbox: Pick<OutboxTable, 'placeOf'>
  readonly values: DeviceValues
  readonly elapsedMs: () => number
  readonly log: Log
}

const EPOCH = 'attachments.epoch'
const TRY_AGAIN_MS = 5 * 60_000

export function createUploadDriver(deps: UploadDriverDeps): UploadDriver {
  const { blobs, attachments, outbox, values, elapsedMs, log } = deps
  const lane = createUploadLane()
  let linked = false
  let held = true
  let asideAtMs: number | null = null
  /** The collector's clock minus the one that only goes on. */
  let serverAheadMs = 0

  /** UD1 */
  const files = (): readonly UploadFile[] =>
    blobs
      .waiting()
      .filter(({ interviewIds }) =>
        interviewIds.some(id => {
          const state = outbox.placeOf(`uuid:${id}`)?.state
          return state === 'sent' || state === 'safe'
        }),
      )
      .map(({ sha256, sizeBytes, mediaType }) => ({ sha256, sizeBytes, mediaType, purpose: 'attachment' }))

  const act = (actions: readonly UploadAction[], link: Link): void => {
    for (const action of actions) {
      if (action.do === 'offer') {
        const { do: _, ...offer } = action
        link.send({ type: 'offer', ...offer })
      } else if (action.do === 'piece') {
        const { offer, sha256, offset, length } = action
        const bytes = blobs.read(sha256, offset, length)
        if (bytes.length === length) link.send({ type: 'piece', offer, offset, bytes })
        else setAside(offer, sha256, link)
      } else if (action.do === 'progress') attachments.progress(action.sha256, action.haveBytes)
      else if (action.do === 'complete') {
        blobs.markArrived(action.sha256, Math.floor(serverAheadMs + elapsedMs()))
        attachments.progress(action.sha256, null)
      } else {
        asideAtMs = elapsedMs()
        log.warn(
          { sha256: action.sha256, fault: action.fault.fault, detail: action.fault.detail },
          'a file was not taken',
        )
      }
    }
  }
  /** Let go in between: its interview was a draft no more, or the store is damaged. */
  const setAside = (offer: number, sha256: Sha256, link: Link): void => {
    const gone = { haveBytes: 0, complete: false, fault: fault('attachment.not-here', sha256) } as const
    act(lane.handle({ type: 'have', offer, ...gone, atMs: elapsedMs() }), link)
  }
  const requeue = (link: Link): void => act(lane.handle({ type: 'queued', files: files(), atMs: elapsedMs() }), link)

  return {
    onWelcome: ({ epoch, serverTimeMs }, link) => {
      if (link.protocol < PROTOCOL_WITH_MORE) return
      if (values.get(EPOCH) !== String(epoch)) {
        blobs.forgetArrivals() // UD3
        values.set(EPOCH, String(epoch))
      }
      serverAheadMs = serverTimeMs - elapsedMs()
      attachments.freeArrived(serverTimeMs)
      linked = true
      held = true
      asideAtMs = null
      lane.handle({ type: 'linkUp' })
      requeue(link)
    },
    onHave: ({ offer, haveBytes, complete, fault }, link) => {
      if (linked) act(lane.handle({ type: 'have', offer, haveBytes, complete, fault, atMs: elapsedMs() }), link)
    },
    look: (link, isPushIdle) => {
      if (!linked) return
      const again = asideAtMs !== null && elapsedMs() - asideAtMs > TRY_AGAIN_MS
      if (again) {
        asideAtMs = null
        lane.handle({ type: 'again' })
      }
      if (held !== isPushIdle && !again) return
      held = !isPushIdle
      if (isPushIdle) requeue(link)
      act(lane.handle({ type: 'held', held, atMs: elapsedMs() }), link)
    },
    onLinkDown: () => {
      linked = false
      lane.handle({ type: 'linkDown' })
    },
    isIdle: () => !linked || lane.isIdle(),
  }
}
