/**
 * For tests: an agent, a collector and the weather between them, in memory and without time.
 * A seed decides what happens next: an interview, a frame that arrives or arrives twice, a cut,
 * a restart of either side, a page that is damaged or cannot be written, a collector that comes
 * back as an older copy of itself. Then the sky clears, and what must be true is looked at.
 *
 * Both sides have a disk, which survives, and a memory, which does not. A commit is one step, so
 * that a cut or a restart can fall on either side of it.
 */
import type { Checkpoint } from '@murram/ground'
import { createPullLane, type PullAction, type PullLane } from './pull-lane.ts'
import { createPushLane, type PushAction, type PushLane } from './push-lane.ts'

type UpFrame =
  | { readonly type: 'hello' }
  | { readonly type: 'push'; readonly firstN: number; readonly contents: readonly string[] }
  | { readonly type: 'pull'; readonly from: Checkpoint; readonly maxBytes: number }
type DownFrame =
  | { readonly type: 'welcome'; readonly durableUpto: number; readonly epoch: number; readonly feedNumber: number }
  | { readonly type: 'ack'; readonly upto: number }
  | { readonly type: 'hint'; readonly feedNumber: number }
  | {
      readonly type: 'page'
      readonly epoch: number
      readonly from: number
      readonly rows: readonly string[]
      readonly more: boolean
      readonly intact: boolean
    }

interface CollectorDisk {
  epoch: number
  /** By n - 1. */
  submissions: string[]
  /** By number - 1. */
  feed: string[]
}
interface AgentDisk {
  outbox: string[]
  mirror: string[]
  checkpoint: Checkpoint
}

export interface Weather {
  /** What must never happen, as it happened. */
  readonly broken: readonly string[]
  readonly collector: CollectorDisk
  readonly agent: AgentDisk
  readonly ackedUpto: number
  readonly counts: { cuts: number; restarts: number; restores: number; repeated: number; frames: number }
}

const FRAME_OVERHEAD_BYTES = 200
const SUBMISSION_BYTES = 150
const ROWS_A_PAGE = 3
const CREDIT_BYTES = 40_000

export function weatherOf(
  random: () => number,
  { steps, restores = true }: { readonly steps: number; readonly restores?: boolean },
): Weather {
  const broken: string[] = []
  const counts = { cuts: 0, restarts: 0, restores: 0, repeated: 0, frames: 0 }
  const collector: CollectorDisk = { epoch: 1, submissions: [], feed: [] }
  const agent: AgentDisk = { outbox: [], mirror: [], checkpoint: { epoch: 1, number: 0 } }
  let backup: CollectorDisk = structuredClone(collector)
  /** What either side gets through before the line breaks; without end once the sky is clear. */
  let budgetBytes = Number.POSITIVE_INFINITY
  let clear = false
  const chance = (share: number): boolean => !clear && random() < share
  const below = (limit: number): number => Math.floor(random() * limit)

  // Memory, lost at a restart.
  let push: PushLane = createPushLane()
  let pull: PullLane = createPullLane({ checkpoint: agent.checkpoint })
  let welcomed = false
  let todo: {
    readonly action: PushAction | PullAction
    readonly rows: readonly string[]
    /** The socket that was there when it was decided; nothing is ever sent on a later one. */
    readonly socket: number
  }[] = []

  let connected = false
  let socket = 0
  let upFrames: UpFrame[] = []
  let downFrames: DownFrame[] = []

  const send = (frame: UpFrame, sizeBytes: number): void => {
    if (!connected) return
    counts.frames += 1
    budgetBytes -= sizeBytes
    if (budgetBytes <= 0) cut()
    else upFrames.push(frame)
  }
  const answer = (frame: DownFrame): void => {
    if (connected) downFrames.push(frame)
  }
  const act = (actions: readonly (PushAction | PullAction)[], rows: readonly string[] = []): void => {
    for (const action of actions) todo.push({ action, rows, socket })
  }

  function cut(): void {
    if (!connected) return
    connected = false
    counts.cuts += 1
    upFrames = []
    downFrames = []
    welcomed = false
    act(push.handle({ type: 'linkDown' }))
    act(pull.handle({ type: 'linkDown' }))
  }

  function connect(): void {
    if (connected) return
    connected = true
    socket += 1
    budgetBytes = clear ? Number.POSITIVE_INFINITY : 600 + below(30_000)
    send({ type: 'hello' }, 1)
  }

  function restartAgent(): void {
    cut()
    counts.restarts += 1
    todo = []
    push = createPushLane()
    pull = createPullLane({ checkpoint: agent.checkpoint })
  }

  /** The newest backup is put back, as a new epoch. What was acked since then is gone here. */
  function restoreCollector(): void {
    cut()
    counts.restores += 1
    const epoch = collector.epoch + 1
    Object.assign(collector, structuredClone(backup), { epoch })
    backup = structuredClone(collector)
  }

  /** One thing the agent has decided and not done yet. */
  function doNext(): void {
    const next = todo.shift()
    if (next === undefined) return
    const { action, rows } = next
    const isOpen = connected && next.socket === socket
    switch (action.do) {
      case 'send': {
        const most = Math.max(1, Math.floor((action.maxBytes - FRAME_OVERHEAD_BYTES) / SUBMISSION_BYTES))
        const lastN = Math.min(action.lastN, action.firstN + below(most) + (clear ? most - 1 : 0))
        const contents = agent.outbox.slice(action.firstN - 1, lastN)
        const sizeBytes = FRAME_OVERHEAD_BYTES + contents.length * SUBMISSION_BYTES
        if (isOpen && !welcomed) broken.push('P1: sent before the welcome')
        if (isOpen) send({ type: 'push', firstN: action.firstN, contents }, sizeBytes)
        act(push.handle({ type: 'sent', session: action.session, lastN, sizeBytes }))
        break
      }
      case 'pull':
        if (isOpen && !welcomed) broken.push('L1: asked before the welcome')
        if (isOpen) send({ type: 'pull', from: action.from, maxBytes: action.maxBytes }, 50)
        break
      case 'apply':
      case 'reset':
        if (chance(0.1)) act(pull.handle({ type: 'failed' }))
        else {
          if (action.do === 'apply' && action.to.number !== agent.checkpoint.number + rows.length)
            broken.push('L2: a page was left out')
          agent.mirror = action.do === 'reset' ? [] : [...agent.mirror, ...rows]
          agent.checkpoint = action.to
          // The restart falls between the commit and the news of it.
          if (chance(0.05)) restartAgent()
          else act(pull.handle({ type: 'applied', checkpoint: action.to }))
        }
        break
      case 'drop':
        cut()
        break
      case 'setAside':
        broken.push('a submission of 150 bytes is too large')
    }
  }

  function deliverUp(): void {
    const frame = upFrames.shift()
    if (frame === undefined) return
    if (chance(0.1)) {
      counts.repeated += 1
      upFrames.unshift(frame)
    }
    if (frame.type === 'hello') {
      answer({
        type: 'welcome',
        durableUpto: collector.submissions.length,
        epoch: collector.epoch,
        feedNumber: collector.feed.length,
      })
    } else if (frame.type === 'pull') {
      if (frame.from.epoch !== collector.epoch) return
      const rows = collector.feed.slice(frame.from.number, frame.from.number + ROWS_A_PAGE)
      const more = frame.from.number + rows.length < collector.feed.length
      answer({ type: 'page', epoch: collector.epoch, from: frame.from.number, rows, more, intact: !chance(0.1) })
    } else store(frame)
  }

  function store({ firstN, contents }: Extract<UpFrame, { type: 'push' }>): void {
    const durableUpto = collector.submissions.length
    if (firstN > durableUpto + 1) broken.push(`P2: ${firstN} came after ${durableUpto}`)
    for (const [j, content] of contents.entries()) {
      const known = collector.submissions[firstN - 1 + j]
      if (known === undefined) collector.submissions.push(content)
      else if (known !== content) broken.push(`P2: ${firstN + j} came again with other content`)
    }
    if (chance(0.1)) collector.feed.push(`e${collector.epoch}-${collector.feed.length + 1}-${random()}`)
    // The collector dies after its commit and before its ack.
    if (chance(0.05)) cut()
    else answer({ type: 'ack', upto: collector.submissions.length })
  }

  function deliverDown(): void {
    const frame = downFrames.shift()
    if (frame === undefined) return
    if (chance(0.1)) {
      counts.repeated += 1
      downFrames.unshift(frame)
    }
    if (frame.type === 'welcome') {
      welcomed = true
      act(push.handle({ type: 'welcomed', durableUpto: frame.durableUpto, creditBytes: CREDIT_BYTES }))
      act(push.handle({ type: 'queued', lastN: agent.outbox.length }))
      act(pull.handle({ type: 'welcomed', epoch: frame.epoch, feedNumber: frame.feedNumber }))
    } else if (frame.type === 'ack') {
      act(push.handle({ type: 'acked', upto: frame.upto, creditBytes: CREDIT_BYTES }))
      if (push.ackedUpto() > collector.submissions.length) broken.push('P3: acked what is not there')
    } else if (frame.type === 'hint') act(pull.handle(frame))
    else {
      const { epoch, from, rows, more, intact } = frame
      act(pull.handle({ type: 'page', epoch, from, to: from + rows.length, more, intact }), rows)
    }
  }

  function poll(): void {
    act(pull.handle({ type: 'poll' }))
  }

  const events: readonly (readonly [weight: number, happen: () => void])[] = [
    [8, doNext],
    [6, deliverUp],
    [6, deliverDown],
    [3, connect],
    [1, cut],
    [
      3,
      () => {
        for (let i = below(12); i >= 0; i -= 1) agent.outbox.push(`visit ${agent.outbox.length + 1} ${random()}`)
        act(push.handle({ type: 'queued', lastN: agent.outbox.length }))
      },
    ],
    [
      1,
      () => {
        for (let i = below(8); i >= 0; i -= 1)
          collector.feed.push(`e${collector.epoch}-${collector.feed.length + 1}-${random()}`)
        answer({ type: 'hint', feedNumber: collector.feed.length })
      },
    ],
    [0.5, poll],
    [0.3, restartAgent],
    [0.3, cut],
    [0.3, () => (backup = structuredClone(collector))],
    [restores ? 0.1 : 0, restoreCollector],
  ]
  const total = events.reduce((sum, [weight]) => sum + weight, 0)
  for (let i = 0; i < steps; i += 1) {
    let dice = random() * total
    const event = events.find(([weight]) => (dice -= weight) < 0)
    event?.[1]()
  }

  // The sky clears. A first poll, as the session's clock would give it.
  clear = true
  cut()
  const most = 40 * (agent.outbox.length + collector.feed.length + 20)
  let rounds = 0
  for (let polls = 0; polls < 3 && rounds < most; rounds += 1) {
    connect()
    if (todo.length + upFrames.length + downFrames.length === 0) {
      polls += 1
      poll()
    }
    doNext()
    deliverUp()
    deliverDown()
  }
  if (rounds >= most) broken.push('P4: never came to rest')
  return { broken, collector, agent, ackedUpto: push.ackedUpto(), counts }
}
