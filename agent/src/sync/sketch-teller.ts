/**
 * When a session tells how answers are spread: once it is open, and now and then while it lasts.
 * A report is not answered; but messages are read in order, so the pong of a ping that was sent
 * behind it says that the collector has stored it.
 *
 * ST1 what no pong followed is told again by the next session
 * ST2 a collector of an older version is told nothing
 */
import { PROTOCOL_WITH_SKETCHES } from '@murram/wire'
import type { SketchReport, Sketches } from '../sketches/sketches.ts'
import type { Link } from './link.ts'

export interface SketchTeller {
  readonly onWelcome: (epoch: number, link: Link) => void
  readonly onPoll: (link: Link) => void
  readonly onPong: (link: Link) => void
  /** Every ping of the session goes by here, so that pongs can be told apart. */
  readonly ping: (link: Link) => void
  readonly isIdle: () => boolean
}

/** About 1 kB each. */
const AT_ONCE = 20
const BETWEEN_MS = 15 * 60_000

export function createSketchTeller(
  sketches: Pick<Sketches, 'untold' | 'told' | 'onWelcome'> | undefined,
  elapsedMs: () => number,
): SketchTeller {
  let [pings, pongs, toldAtMs] = [0, 0, -Infinity]
  let waiting: { readonly ping: number; readonly reports: readonly SketchReport[] } | null = null

  const ping = (link: Link): void => {
    pings += 1
    link.send({ type: 'ping' })
  }
  const tell = (link: Link): void => {
    if (sketches === undefined || waiting !== null || link.protocol < PROTOCOL_WITH_SKETCHES) return
    toldAtMs = elapsedMs()
    const reports = sketches.untold(AT_ONCE)
    if (reports.length === 0) return
    link.send({ type: 'report', reports: [...reports] })
    ping(link)
    waiting = { ping: pings, reports }
  }

  return {
    ping,
    onWelcome: (epoch, link) => {
      sketches?.onWelcome(epoch, link.protocol >= PROTOCOL_WITH_SKETCHES)
      tell(link)
    },
    onPoll: link => {
      if (elapsedMs() - toldAtMs >= BETWEEN_MS) tell(link)
    },
    onPong: link => {
      pongs += 1
      if (waiting === null || pongs < waiting.ping) return
      const { reports } = waiting
      waiting = null
      sketches?.told(reports)
      if (reports.length === AT_ONCE) tell(link)
    },
    isIdle: () => waiting === null,
  }
}
