/**
 * When it is told how answers are spread: behind all work that waits, a little at a time, and
 * seldom. A report is not answered; but messages are read in order, so the pong of a ping that
 * was sent behind it says that the collector has stored it.
 *
 * ST1 what no pong followed is told again by the next session
 * ST2 a collector of an older version is told nothing
 * ST3 no interview waits for it, and a link that is cut every few seconds still carries it, bit by bit
 * ST4 links that come and go do not make it more frequent; a person who asks for a sync gets all of it
 */
import { PROTOCOL_WITH_SKETCHES } from '@murram/wire'
import type { SketchReport, Sketches } from '../sketches/sketches.ts'
import type { Link } from './link.ts'

/** One for the whole life of an agent. */
export interface SketchTeller {
  readonly onWelcome: (epoch: number, link: Link, isAsked: boolean) => void
  /** Called whenever something went on. */
  readonly look: (link: Link, isWorkWaiting: boolean) => void
  /** The session pinged: so that pongs can be told apart. */
  readonly onPing: () => void
  readonly onPong: () => void
  readonly isIdle: () => boolean
}

/** About 1 kB each: half a second on the slowest of links. */
const AT_ONCE = 2
const BETWEEN_MS = 15 * 60_000
/** Where there was nothing to tell. */
const LOOK_AGAIN_MS = 60_000

export function createSketchTeller(
  sketches: Pick<Sketches, 'untold' | 'told' | 'onWelcome'>,
  elapsedMs: () => number,
): SketchTeller {
  let [pings, pongs, dueAtMs] = [0, 0, -Infinity]
  let hasTold = false
  /** Whether all that there was has been told, since it was due. */
  let isTelling = false
  let isHeard = false
  let waiting: { readonly ping: number; readonly reports: readonly SketchReport[] } | null = null

  return {
    onWelcome: (epoch, link, isAsked) => {
      ;[pings, pongs, waiting] = [0, 0, null]
      isHeard = link.protocol >= PROTOCOL_WITH_SKETCHES
      const isAnew = sketches.onWelcome(epoch, isHeard)
      isTelling ||= isAsked || isAnew // ST4
    },
    look: (link, isWorkWaiting) => {
      if (!isHeard || waiting !== null) return
      isTelling ||= elapsedMs() >= dueAtMs
      if (!isTelling || isWorkWaiting) return // ST3
      const reports = sketches.untold(AT_ONCE)
      if (reports.length === 0) {
        dueAtMs = elapsedMs() + (hasTold ? BETWEEN_MS : LOOK_AGAIN_MS)
        ;[isTelling, hasTold] = [false, false]
        return
      }
      link.send({ type: 'report', reports: [...reports] })
      link.send({ type: 'ping' })
      pings += 1
      waiting = { ping: pings, reports }
    },
    onPing: () => {
      pings += 1
    },
    onPong: () => {
      pongs += 1
      if (waiting === null || pongs < waiting.ping) return
      sketches.told(waiting.reports)
      hasTold = true
      waiting = null
    },
    isIdle: () => !isHeard || (waiting === null && !isTelling),
  }
}
