/**
 * One session from hello to the end of the link: events of the socket, the outbox and the
 * clock come through one mailbox and are handled one after the other.
 *
 * SE1 push and pull do not wait for each other
 * SE2 a link that says nothing is asked, and closed if it stays silent; the longer it proves itself
 *     the more seldom it is asked, from 15 s to 60 s
 * SE3 whatever ends a session, the lanes know it before the next one begins
 * SE4 a session that waits for an answer and gets nowhere is ended: the next one begins anew
 * SE5 an order of the centre is heard before anything else that is said
 * SE6 while work goes up, what the feed has new is read now and then, not at every hint: most
 *     of it is what this laptop has just sent
 *
 * Not here: when to connect again (`sync-loop.ts`).
 */
import type { Fault, Result } from '@murram/ground'
import { err, fault, ok } from '@murram/ground'
import { reportsKnownAt, type Ack, type DeviceReport, type Down, type Page, type Welcome } from '@murram/wire'
import type { OrdersRoom } from '../orders/orders.ts'
import type { UploadDriver } from '../attachments/upload-driver.ts'
import type { OutboxTable } from '../queue/outbox-table.ts'
import type { TrustStore } from '../trust/trust-store.ts'
import type { ModelSlots } from '../shelf/model-slots.ts'
import type { Downloads } from './downloads.ts'
import { shakeHands, type Agreed, type HandshakeDeps } from './handshake.ts'
import type { Link, LinkEvents, OpenLink } from './link.ts'
import { createMailbox } from './mailbox.ts'
import type { Provision } from './provision.ts'
import type { PullDriver } from './pull-driver.ts'
import type { PushDriver } from './push-driver.ts'
import { createSessionClock } from './session-clock.ts'
import type { SketchTeller } from './sketch-teller.ts'
import type { Timers } from './timers.ts'

export type SessionEvent =
  | { readonly type: 'message'; readonly message: Down }
  | { readonly type: 'closed'; readonly reason: string }
  | { readonly type: 'queued' }
  | { readonly type: 'poll' }
  | { readonly type: 'report'; readonly reports: readonly DeviceReport[] }
  /** Something beside the session went on; look again whether all is done. */
  | { readonly type: 'nudge' }
  /** The machine's networks changed: is this link still one? */
  | { readonly type: 'probe' }
  | { readonly type: 'stop' }

export interface SessionDeps extends HandshakeDeps {
  readonly timers: Timers
  /** Whether the epoch that a welcome speaks of may be believed; absent where a collector signs nothing. */
  readonly believe?: (welcome: Welcome) => Result<void, Fault>
  readonly openLink: OpenLink
  readonly outbox: OutboxTable
  readonly slots: Pick<ModelSlots, 'manifests'>
  readonly push: PushDriver
  readonly pull: PullDriver
  /** Files of what was acked; absent: none are kept here. */
  readonly uploads?: UploadDriver
  readonly downloads: Downloads
  readonly provision: Provision
  /** How answers are spread here; absent: nobody counts. */
  readonly teller?: SketchTeller
  /** The collector's clock: later than every stamp in the feed that this device is about to read. */
  readonly onServerTime: (serverTimeMs: number) => void
  readonly onLive: (agreed: Agreed) => void
  /** What the centre orders is obeyed there; absent where nobody orders anything. */
  readonly orders?: Pick<OrdersRoom, 'state' | 'hear' | 'sent'>
  /** Whose keys count, and what is in force; absent where nobody asks. */
  readonly trust?: Pick<TrustStore, 'current' | 'hear'>
  /** The collector acked something or sent a page. */
  readonly onProgress: () => void
  readonly onBytes: (up: number, down: number) => void
}

export interface SessionEnd {
  readonly welcomed: boolean
  readonly fault: Fault | null
  /** There is more to send than the lane knew: connect again at once. */
  readonly renewed: boolean
}

export interface Session {
  readonly put: (event: SessionEvent) => void
  readonly ended: Promise<SessionEnd>
}

const CONNECT_MS = 15_000
const ANSWER_MS = 20_000
const READ_WHILE_PUSHING_MS = 3_000
/** @param untilIdle Ends the session once nothing waits in either direction. */
export function startSession(deps: SessionDeps, url: URL, untilIdle: boolean): Session {
  const mailbox = createMailbox<SessionEvent>(deps.timers)
  const { elapsedMs } = deps.timers
  const connecting = new AbortController()
  let acked = false
  let hinted: number | null = null
  let isUpToDate = false
  let readAtMs = elapsedMs()
  const put = (event: SessionEvent): void => {
    if (event.type === 'stop') connecting.abort()
    mailbox.put(event)
  }
  return { put, ended: run() }

  async function run(): Promise<SessionEnd> {
    const events: LinkEvents = {
      onMessage: message => mailbox.put({ type: 'message', message }),
      onClosed: reason => mailbox.put({ type: 'closed', reason }),
    }
    const opened = await deps.openLink(url, CONNECT_MS, events, connecting.signal)
    if (!opened.ok) return { welcomed: false, fault: opened.error, renewed: false }
    let link: Link = { ...opened.value, protocol: 0 }
    try {
      const facts = {
        storeId: deps.outbox.storeId(),
        lastN: deps.outbox.lastN(),
        checkpoint: await deps.pull.checkpoint(),
        view: await deps.pull.view(),
        rootVersion: deps.trust?.current().version ?? 0,
      }
      const agreed = await shakeHands(deps, facts, link, nextMessage)
      if (!agreed.ok) return { welcomed: false, fault: agreed.error, renewed: false }
      const { welcome, protocol } = agreed.value
      // Before anything that a key must vouch for.
      if (welcome.more?.trust !== undefined) deps.trust?.hear(welcome.more.trust)
      const believed = deps.believe?.(welcome)
      if (believed?.ok === false) return { welcomed: false, fault: believed.error, renewed: false }
      link = { ...link, protocol }
      if ((await deps.push.onWelcome(welcome, link)) === 'renewed')
        return { welcomed: true, fault: null, renewed: true }
      deps.onServerTime(welcome.serverTimeMs)
      await deps.pull.onWelcome(welcome, link)
      deps.uploads?.onWelcome(welcome, link)
      await deps.downloads.onLinkUp(link)
      deps.onLive(agreed.value)
      link.send(toReport([...(await deps.provision.reports()), status()].slice(-100), link))
      deps.teller?.onWelcome(welcome.epoch, link, untilIdle)
      lookForWork()
      const ended = await live(link)
      if (ended.ok) await link.close()
      return ended.ok
        ? { welcomed: true, fault: null, renewed: ended.value === 'renewed' }
        : { welcomed: true, fault: ended.error, renewed: false }
    } finally {
      // SE3
      await deps.push.onLinkDown()
      deps.pull.onLinkDown()
      deps.uploads?.onLinkDown()
      deps.downloads.onLinkDown()
      const { up, down } = link.bytes()
      deps.onBytes(up, down)
      link.drop()
    }
  }

  async function nextMessage(): Promise<Down | null> {
    const deadline = elapsedMs() + ANSWER_MS
    for (;;) {
      const event = await mailbox.next(Math.max(0, deadline - elapsedMs()))
      if (event === null || event.type === 'closed' || event.type === 'stop') return null
      // The feed may grow while hands are shaken.
      if (event.type !== 'message' || event.message.type === 'hint') continue
      if (event.message.type !== 'order') return event.message
      // SE5: a stolen device is told nothing but this.
      const ended = await obey(event.message)
      if (ended !== null) return { type: 'refused', fault: ended.error }
    }
  }

  async function live(link: Link): Promise<Result<'done' | 'renewed', Fault>> {
    acked = false
    const clock = createSessionClock(elapsedMs)
    for (;;) {
      if (isSent() && (await deps.orders?.sent()) === 'gone') return err(fault('device.purged'))
      deps.uploads?.look(link, deps.push.isIdle())
      deps.teller?.look(link, !deps.push.isIdle())
      if (untilIdle && isDone()) {
        if (!acked) return ok('done')
        // What was pushed last has changed the feed, perhaps after the last page.
        acked = false
        await deps.pull.onPoll(link)
      }
      const event = await mailbox.next(clock.waitMs())
      if (event?.type === 'message') clock.heard(event.message)
      if (event?.type === 'probe') clock.doubt()
      const ended = event === null ? null : await handle(event, link)
      if (ended !== null) return ended
      if (deps.push.isLeftBehind()) return ok('renewed')
      const due = clock.due({ isWaiting: !deps.push.isIdle() || !deps.pull.isIdle() })
      if (due === 'silent') return err(fault('sync.unreachable', 'the link is silent')) // SE2
      if (due === 'stalled') return err(fault('sync.unreachable', 'no answer came')) // SE4
      if (due === 'ping') ping(link)
      if (due === 'poll') await deps.pull.onPoll(link)
    }
  }

  /** SE5 */
  async function obey({ order }: Extract<Down, { type: 'order' }>): Promise<{ ok: false; error: Fault } | null> {
    const state = await deps.orders?.hear(order)
    return state?.ok === true && state.value === 'gone' ? { ok: false, error: fault('device.purged') } : null
  }

  /** Whatever was finished here has been acked. */
  function isSent(): boolean {
    return deps.orders?.state() === 'leaving' && deps.push.isIdle() && isEverythingUp()
  }

  function isDone(): boolean {
    return deps.push.isIdle() && deps.pull.isIdle() && isEverythingUp() && deps.provision.isIdle() && isTold()
  }

  function isEverythingUp(): boolean {
    return deps.uploads?.isIdle() ?? true
  }

  function isTold(): boolean {
    return deps.teller?.isIdle() ?? true
  }

  function ping(link: Link): void {
    link.send({ type: 'ping' })
    deps.teller?.onPing()
  }

  function lookForWork(): void {
    void deps.provision.run().finally(() => mailbox.put({ type: 'nudge' }))
  }

  function toReport(reports: readonly DeviceReport[], { protocol }: Link) {
    return { type: 'report' as const, reports: reportsKnownAt(protocol, reports) }
  }

  function status(): DeviceReport {
    const counters = deps.slots.manifests().map(manifest => manifest.counter)
    const { waiting } = deps.outbox.counts()
    return { kind: 'status', queued: waiting, modelCounter: Math.max(0, ...counters), atMs: deps.now() }
  }

  async function handle(event: SessionEvent, link: Link): Promise<Result<'done' | 'renewed', Fault> | null> {
    if (event.type === 'closed') return err(fault('sync.unreachable', event.reason))
    if (event.type === 'stop') return ok('done')
    if (event.type === 'message') return onMessage(event.message, link)
    if (event.type === 'queued') await deps.push.onQueued(link)
    else if (event.type === 'poll') await deps.pull.onPoll(link)
    else if (event.type === 'report') link.send(toReport([...event.reports, status()], link))
    return null
  }

  async function onMessage(message: Down, link: Link): Promise<Result<'renewed', Fault> | null> {
    switch (message.type) {
      case 'ack':
        acked = true
        deps.onProgress()
        return onAck(message, link)
      case 'page':
        return onPage(message, link)
      case 'chunk':
        await deps.downloads.onChunk(message)
        return null
      case 'patch':
        await deps.downloads.onPatch(message)
        return null
      case 'have':
        deps.onProgress()
        deps.uploads?.onHave(message, link)
        return null
      case 'hint':
        hinted = message.feedNumber
        await readFeed(link)
        return null
      case 'refused':
        return onRefused(message.fault, link)
      case 'order':
        return obey(message)
      case 'trust':
        deps.trust?.hear(message.trust)
        lookForWork()
        return null
      case 'pong':
        deps.teller?.onPong()
        return null
      case 'pause':
        return null
      default:
        return err(fault('wire.unexpected', message.type))
    }
  }

  async function onAck(ack: Ack, link: Link): Promise<Result<'renewed', Fault> | null> {
    const done = await deps.push.onAck(ack, link)
    if (done === 'renewed') return ok('renewed')
    if (done === 'unanswered')
      return err(fault('sync.checksum', `acks up to ${ack.upto} do not name all that was sent`))
    await readFeed(link)
    return null
  }

  /** SE6 */
  async function readFeed(link: Link): Promise<void> {
    if (hinted === null || (!deps.push.isIdle() && elapsedMs() - readAtMs < READ_WHILE_PUSHING_MS)) return
    const feedNumber = hinted
    hinted = null
    readAtMs = elapsedMs()
    await deps.pull.onHint(feedNumber, link)
  }

  async function onPage(page: Page, link: Link): Promise<Result<'renewed', Fault> | null> {
    const applied = await deps.pull.onPage(page, link)
    if (applied === 'dropped') return err(fault('sync.checksum', `feed rows after ${page.from}`))
    deps.onProgress()
    // What is missing shows when all is here, also where nothing was new.
    const isFirstEnd = !isUpToDate && deps.pull.isIdle()
    isUpToDate ||= isFirstEnd
    if (applied === 0 && !isFirstEnd) return null
    lookForWork()
    const hasForms = page.rows.some(({ kind }) => kind === 'form') || deps.pull.tookForms()
    return hasForms && (await deps.push.onForms()) === 'renewed' ? ok('renewed') : null
  }

  async function onRefused(why: Fault, link: Link): Promise<Result<'renewed', Fault> | null> {
    if (why.fault === 'wire.frame-too-large') {
      await deps.push.onTurnedAway(link)
      return null
    }
    if (why.fault === 'http.not-found' || why.fault === 'form.not-found') {
      deps.downloads.onRefused(why)
      return null
    }
    // The batch, or something in it, and not the session: it would be refused for ever.
    if (why.fault === 'sync.digest-mismatch' || why.fault === 'wire.malformed') await deps.push.onRefused(why)
    return err(why)
  }
}
