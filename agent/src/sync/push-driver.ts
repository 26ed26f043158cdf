/**
 * Acts on what the push lane decides: builds a batch from the outbox, signs its head, sends
 * it, and writes what the ack says.
 *
 * PD1 a submission is marked only by an ack that names it
 * PD2 a number that was sent with other content means a copied store: the work goes on under
 *     a new store id, and nothing of it is lost
 * PD3 a submission that no frame can carry is shown as refused, with the reason; the rest goes on
 * PD5 a collector that knows of no files gets no submission that names one: it is set aside until it does
 * PD7 a batch that is refused for what it holds is halved until the one is found that can never be
 *     accepted; it is shown as refused, and the rest goes on
 * PD4 what was refused is tried again: when a form is published, in a new epoch, where a file said so, and now and then
 * PD8 in a new epoch all that was acked is sent again, however far the collector says that it is
 *     complete: a copy of this store may have filled the lost numbers with work of its own
 * PD6 acks are marked when nothing is on its way, or together: the disk is waited for once for
 *     many of them, and the next batch does not wait for it at all
 * PD10 acks that go past a submission without naming it were damaged: it is sent again at once,
 *     and does not wait for the next link
 * PD11 a store that was renewed beside the session (a file of the centre showed that it was copied)
 *     is begun anew
 * PD12 what waits again while a session is open (a file of the centre brought its form) is noticed with
 *     the next word on the line
 * PD9 the collector is told of a number that cannot come, so that what stands behind it becomes
 *     durable; what is left of it stays here
 */
import { fault, type CrashPoint, type Fault } from '@murram/ground'
import type { Submission } from '@murram/fold'
import type { SigningKey } from '@murram/seal'
import {
  createFrameMemory,
  createPushLane,
  fillBatch,
  PROTOCOL_WITH_MORE,
  signHead,
  type Ack,
  type AckResult,
  type PushAction,
  type PushLane,
  type Welcome,
} from '@murram/wire'
import type { OutboxTable, QueuedSubmission } from '../queue/outbox-table.ts'
import type { FoldNews } from '../queue/fold-news.ts'
import type { WriteStates } from '../queue/write-states.ts'
import type { Log } from '../diagnostics/log.ts'
import type { SubmissionDoc } from '../store/collections.ts'
import { REFUSED_BY_FILE, WELCOMED_AT, type DeviceValues } from '../store/device-values.ts'
import type { Store } from '../store/open-store.ts'
import type { Link } from './link.ts'
import { createSuspicion } from './suspicion.ts'

export interface PushDriver {
  /** `'renewed'`: what is to be sent begins before where the lane stands; the session must begin anew. */
  readonly onWelcome: (welcome: Welcome, link: Link) => Promise<'going' | 'renewed'>
  readonly onQueued: (link: Link) => Promise<void>
  /** `'unanswered'`: acks went past a submission without naming it; the session must begin anew. */
  readonly onAck: (ack: Ack, link: Link) => Promise<'going' | 'renewed' | 'unanswered'>
  /** The collector has published forms. */
  readonly onForms: () => Promise<'going' | 'renewed'>
  /** A frame was too large for the collector. */
  readonly onTurnedAway: (link: Link) => Promise<void>
  /** A batch was refused for what it holds: something in it can never be accepted. */
  readonly onRefused: (why: Fault) => Promise<void>
  readonly onLinkDown: () => Promise<void>
  /** Nothing waits for an ack, and nothing is to be sent. */
  readonly isIdle: () => boolean
  /** PD12. Something waits behind which the lane stands; the session must begin anew. */
  readonly isLeftBehind: () => boolean
}

export interface PushDriverDeps extends Pick<Store, 'collections'> {
  readonly outbox: OutboxTable
  readonly values: DeviceValues
  readonly writeStates: WriteStates
  readonly foldNews: FoldNews
  readonly deviceKey: SigningKey
  readonly now: () => number
  readonly log: Log
  readonly crashPoint: CrashPoint
}

/** Rows read for one batch. */
const READ_AHEAD = 500
/** Of what the next frame is expected to take. */
const MORE_THAN_FITS = 1.3
const TRY_REFUSED_MS = 10 * 60_000
/** More than this, and screens would wait too long for what they show. */
const MARKED_TOGETHER = 500

export function createPushDriver(deps: PushDriverDeps): PushDriver {
  const { outbox, values, writeStates, deviceKey, log, crashPoint } = deps
  let lane: PushLane = createPushLane()
  let laneOf = outbox.storeId()
  let bytesEach = 300
  let memory = createFrameMemory()
  const suspicion = createSuspicion()
  /** Of this session, unanswered: first and last n of each batch. */
  let onTheWay: readonly { readonly firstN: number; readonly lastN: number; readonly sentAtMs: number }[] = []
  let refusedTriedAtMs = Number.NEGATIVE_INFINITY
  let unmarked: readonly AckResult[] = []
  let safeUpto = 0
  /** Forms came while these were on the way: a refusal of theirs may have been decided before. */
  let formsCameUpto = 0

  const act = async (actions: readonly PushAction[], link: Link): Promise<void> => {
    for (let todo = [...actions]; todo.length > 0;) {
      const action = todo.shift()
      if (action === undefined) return
      const more =
        action.do === 'send'
          ? await send(action, link)
          : await setAside(link, action.session, action.n, fault('wire.frame-too-large', `submission ${action.n}`))
      todo = [...todo, ...more]
    }
  }

  /** PD3 */
  const setAside = async (link: Link, session: number, n: number, reason: Fault): Promise<readonly PushAction[]> => {
    log.error({ n, fault: reason.fault, detail: reason.detail }, 'a submission cannot be sent and was set aside')
    const [row] = outbox.rows(n, n, 1)
    if (row !== undefined) {
      const { instanceId, digest, chain } = row
      // PD9
      if (link.protocol >= PROTOCOL_WITH_MORE && reason.fault !== 'wire.update-required') {
        const head = signHead(deviceKey, outbox.storeId(), { n, previous: outbox.chainAt(n - 1), chain })
        link.send({ type: 'void', n, instanceId, digest, reason, head })
      }
      await writeStates([{ n, instanceId, state: 'refused', fault: reason }])
    }
    return lane.handle({ type: 'skipped', session, n })
  }

  const send = async (
    { session, firstN, lastN, maxBytes }: Extract<PushAction, { do: 'send' }>,
    link: Link,
  ): Promise<readonly PushAction[]> => {
    const wanted = Math.max(1, Math.min(READ_AHEAD, Math.ceil((maxBytes / bytesEach) * MORE_THAN_FITS)))
    const all = await withPayloads(deps, outbox.rows(firstN, lastN, Math.min(wanted, suspicion.most())))
    const untold = link.protocol < PROTOCOL_WITH_MORE ? all.findIndex(row => row.attachments.length > 0) : -1
    // PD5
    if (untold === 0)
      return setAside(link, session, firstN, fault('wire.update-required', 'the collector knows of no files'))
    const rows = untold === -1 ? all : all.slice(0, untold)
    const [first, ...others] = rows
    if (first === undefined) {
      if (outbox.rows(firstN, firstN, 1).length === 0) throw new Error(`the outbox has no submission ${firstN}`)
      return setAside(link, session, firstN, fault('store.damaged', `the answers of submission ${firstN} are lost`))
    }
    const batch = fillBatch([first, ...others], {
      maxBytes,
      memory,
      expectBytesEach: bytesEach,
      headOf: submissions => {
        const n = submissions.at(-1)?.n ?? firstN
        return signHead(deviceKey, outbox.storeId(), {
          n,
          previous: outbox.chainAt(firstN - 1),
          chain: outbox.chainAt(n),
        })
      },
    })
    if (!batch.ok) return setAside(link, session, firstN, batch.error)
    crashPoint('agent.batch-encoded')
    bytesEach = batch.value.bytesEach
    link.sendFrame(batch.value.frame)
    crashPoint('agent.batch-sent')
    onTheWay = [...onTheWay, { firstN, lastN: batch.value.lastN, sentAtMs: deps.now() }]
    return lane.handle({ type: 'sent', session, lastN: batch.value.lastN, sizeBytes: batch.value.sizeBytes })
  }

  /** PD6. What a crash takes of it is sent again, and answered as known. */
  const mark = async (): Promise<void> => {
    const named = unmarked
    await writeStates(outbox.acked(named))
    unmarked = unmarked.slice(named.length)
    // It may be folded by now, and the feed has said so already.
    if (named.some(({ result }) => result === 'held')) await deps.foldNews.look()
    await writeStates(outbox.safe(safeUpto))
    crashPoint('agent.ack-marked')
  }

  const isLeftBehind = (): boolean => lane.state() === 'idle' && outbox.answeredUpto() < lane.ackedUpto()

  /** PD4 */
  const tryRefused = async (): Promise<'going' | 'renewed'> => {
    if (unmarked.length > 0) await mark()
    const refused = outbox.refused()
    if (refused.length === 0) return 'going'
    await writeStates(refused)
    return 'renewed' // the lane goes back only at a welcome
  }

  /** PD2 */
  const renew = (): 'renewed' => {
    outbox.renewStore()
    lane = createPushLane()
    log.warn({}, 'this store was copied: its work is queued under a new store id')
    return 'renewed'
  }

  return {
    onWelcome: async (welcome, link) => {
      // PD11
      if (laneOf !== outbox.storeId()) lane = createPushLane()
      laneOf = outbox.storeId()
      memory = createFrameMemory()
      onTheWay = []
      unmarked = []
      safeUpto = 0
      formsCameUpto = 0
      // The collector has numbers that this store never gave: an older copy of it was put back.
      if (welcome.durableUpto > outbox.lastN()) return renew()
      const epoch = values.get('sync.epoch')
      const isNewEpoch = epoch !== null && epoch !== String(welcome.epoch)
      const gap = outbox.rows(welcome.durableUpto + 1, welcome.durableUpto + 1, 1)[0]
      // PD8
      if (isNewEpoch) await writeStates(outbox.lost(0))
      // What was acked and is not there was lost. What was never acked leaves a gap; behind it nothing is lost.
      else if (gap?.state === 'sent' || gap?.state === 'safe') await writeStates(outbox.lost(welcome.durableUpto))
      const byFile = values.get(REFUSED_BY_FILE) === 'yes'
      if (isNewEpoch || byFile || Math.abs(deps.now() - refusedTriedAtMs) > TRY_REFUSED_MS) {
        refusedTriedAtMs = deps.now()
        await writeStates(outbox.refused()) // PD4
        if (byFile) values.set(REFUSED_BY_FILE, 'no')
      }
      if (isNewEpoch) {
        log.warn({ epoch: welcome.epoch, durableUpto: welcome.durableUpto }, 'the collector begins a new epoch')
        await writeStates(outbox.adoptFormerStores())
      }
      values.set('sync.epoch', String(welcome.epoch))
      values.set(WELCOMED_AT, String(welcome.serverTimeMs))
      await deps.foldNews.onWelcome(link.protocol)
      await writeStates(outbox.safe(Math.min(welcome.safeUpto, welcome.durableUpto)))
      // PD1: what the collector has under these numbers may be another laptop's. Whatever was
      // not answered by name is sent again, and its digest decides.
      const { creditBytes } = welcome
      await act(lane.handle({ type: 'welcomed', durableUpto: outbox.answeredUpto(), creditBytes }), link)
      await act(lane.handle({ type: 'queued', lastN: outbox.lastN() }), link)
      return 'going'
    },
    onQueued: link => act(lane.handle({ type: 'queued', lastN: outbox.lastN() }), link),
    onAck: async (ack, link) => {
      crashPoint('agent.ack-received')
      const answered = onTheWay.find(({ lastN }) => lastN === ack.upto)
      onTheWay = onTheWay.filter(({ lastN }) => lastN > ack.upto)
      suspicion.accepted()
      unmarked = [...unmarked, ...ack.results]
      safeUpto = Math.min(ack.safeUpto, ack.durableUpto)
      if (ack.results.some(({ result }) => result === 'forked')) {
        await mark()
        return renew()
      }
      if (ack.results.some(({ n, result }) => result === 'refused' && n <= formsCameUpto)) return tryRefused() // PD4
      // A clock that was set back meanwhile says nothing.
      const tookMs = answered === undefined ? -1 : deps.now() - answered.sentAtMs
      const { upto, creditBytes } = ack
      await act(lane.handle({ type: 'acked', upto, creditBytes, ...(tookMs < 0 ? {} : { tookMs }) }), link)
      if (lane.state() !== 'waiting' || unmarked.length >= MARKED_TOGETHER) await mark()
      // PD10
      return isLeftBehind() ? 'unanswered' : 'going'
    },
    onForms: () => {
      formsCameUpto = onTheWay.at(-1)?.lastN ?? 0
      return tryRefused()
    },
    // PD7. The session ends; the next one begins behind what was set aside.
    onRefused: async why => {
      const [batch] = onTheWay
      if (batch === undefined) return
      const { firstN, lastN } = batch
      if (suspicion.refused(firstN, lastN - firstN + 1) !== 'aside') return
      log.error(
        { n: firstN, fault: why.fault, detail: why.detail },
        'a submission that is never accepted was set aside',
      )
      const [row] = outbox.rows(firstN, firstN, 1)
      if (row !== undefined)
        await writeStates([{ n: firstN, instanceId: row.instanceId, state: 'refused', fault: why }])
    },
    onTurnedAway: link => {
      memory.forget()
      return act(lane.handle({ type: 'turnedAway' }), link)
    },
    onLinkDown: async () => {
      lane.handle({ type: 'linkDown' })
      if (unmarked.length > 0)
        await mark().catch((error: unknown) => log.warn({ error: String(error) }, 'what was acked is sent again'))
    },
    isIdle: () => lane.state() === 'idle' && lane.ackedUpto() >= outbox.lastN(),
    isLeftBehind,
  }
}

/** A payload that was let go after a backup still stands in its document. Up to the first that is in neither. */
async function withPayloads(
  { collections: { submissions }, outbox }: PushDriverDeps,
  rows: readonly QueuedSubmission[],
): Promise<readonly Submission[]> {
  const bare = rows.filter(row => row.submission === null).map(row => row.instanceId as string)
  const docs = bare.length === 0 ? [] : await submissions.storageInstance.findDocumentsById(bare, false)
  const byId = new Map(docs.map(doc => [doc.instanceId, (doc as SubmissionDoc).body.submission]))
  const lost = rows.findIndex(row => row.submission === null && !byId.has(row.instanceId))
  return rows.slice(0, lost === -1 ? undefined : lost).flatMap(({ n, instanceId, submission }) => {
    const sealed = submission ?? byId.get(instanceId)
    if (sealed === undefined) return []
    // What was finalised before there were attachments is stored without the word.
    return { ...sealed, attachments: (sealed as Partial<Submission>).attachments ?? [], storeId: outbox.storeId(), n }
  })
}
