/**
 * Acts on what the pull lane decides: asks for pages, holds each against its checksum, and
 * writes rows and checkpoint as one.
 *
 * PU1 a page is written only where it goes on from what the mirror has, also where a file of the centre
 *     has been at it meanwhile
 */
import type { Checkpoint, CrashPoint } from '@murram/ground'
import { createPullLane, pageChecksum, type Page, type PullAction, type Welcome } from '@murram/wire'
import type { Log } from '../diagnostics/log.ts'
import type { Mirror } from '../store/mirror.ts'
import type { FoldNews } from '../queue/fold-news.ts'
import type { FirstSync } from './first-sync.ts'
import type { Link } from './link.ts'
import { systemTimers, type Timers } from './timers.ts'

export interface PullDriver {
  readonly onWelcome: (welcome: Welcome, link: Link) => Promise<void>
  readonly onHint: (feedNumber: number, link: Link) => Promise<void>
  readonly onPoll: (link: Link) => Promise<void>
  /** Number of rows that were written; `dropped`: page after page was of no use. */
  readonly onPage: (page: Page, link: Link) => Promise<number | 'dropped'>
  readonly onLinkDown: () => void
  /** Whether a snapshot has brought forms since this was asked last. */
  readonly tookForms: () => boolean
  /** How far this device has read. */
  readonly checkpoint: () => Promise<Checkpoint>
  readonly view: () => Promise<string>
  /** All that the collector spoke of is here. */
  readonly isIdle: () => boolean
}

export interface PullDriverDeps {
  readonly mirror: Mirror
  /** Pages wait for it; absent: pages alone. */
  readonly firstSync?: FirstSync
  /** Told of rows that say what became of this laptop's submissions. */
  readonly foldNews?: Pick<FoldNews, 'look'>
  readonly log: Log
  readonly crashPoint: CrashPoint
  readonly timers?: Timers
}

export async function createPullDriver(deps: PullDriverDeps): Promise<PullDriver> {
  const { mirror, firstSync, foldNews, log, crashPoint, timers = systemTimers } = deps
  let link: Link | null = null
  let askedAtMs = 0
  /** Of a session: what a snapshot brought before it was looked at by nobody. */
  let isFirstPage = true
  let lane = createPullLane({ checkpoint: await mirror.checkpoint() })

  /** Another view than the device has: all of it is asked for anew (mirror's M4). */
  const lookAnew = async (epoch: number, view: string | undefined): Promise<void> => {
    if (view === undefined || view === (await mirror.view())) return
    log.warn({ view }, 'this device is shown something else than before')
    await mirror.restart({ epoch, number: 0 }, view)
    lane = createPullLane({ checkpoint: { epoch, number: 0 } })
  }

  /** @returns `false`: the page does not go on from what is here (PU1). */
  const write = async (action: Extract<PullAction, { do: 'apply' | 'reset' }>, page: Page | null): Promise<boolean> => {
    try {
      if (action.do === 'reset') await mirror.restart(action.to)
      else if (page !== null) {
        const { epoch, from } = page
        // A file of the centre may have begun the mirror anew, or brought it further.
        const goesOn = (here: Checkpoint): boolean => here.epoch === epoch && here.number >= from
        if (await mirror.applyPage(page.rows, action.to, !page.more, goesOn)) return true
        lane.handle({ type: 'failed' })
        return false
      }
      return true
    } catch (error) {
      // A full disk, say: the session ends, and the next one must not wait for this write.
      lane.handle({ type: 'failed' })
      throw error
    }
  }

  const act = async (actions: readonly PullAction[], link: Link, page: Page | null = null): Promise<void> => {
    for (let todo = [...actions]; todo.length > 0;) {
      const action = todo.shift()
      if (action === undefined) return
      if (action.do === 'pull') {
        askedAtMs = timers.elapsedMs()
        link.send({ type: 'pull', from: action.from, maxBytes: action.maxBytes })
      } else if (action.do === 'drop') {
        log.warn({}, 'pages of no use: the link is closed')
        link.drop()
      } else {
        if (!(await write(action, page))) return link.drop()
        crashPoint('agent.page-applied')
        todo = [...todo, ...lane.handle({ type: 'applied', checkpoint: action.to })]
      }
    }
  }

  return {
    onWelcome: async (welcome, up) => {
      const { epoch, feedNumber, more } = welcome
      link = up
      isFirstPage = true
      await lookAnew(epoch, more?.view)
      const here = await mirror.checkpoint()
      const { epoch: inEpoch, number } = lane.checkpoint()
      if (here.epoch !== inEpoch || here.number !== number) lane = createPullLane({ checkpoint: here })
      const byPages = async (): Promise<void> => {
        lane = createPullLane({ checkpoint: await mirror.checkpoint() })
        if (link === null) return
        const first = lane.handle({ type: 'welcomed', epoch, feedNumber })
        // Hints went by meanwhile; and only a page that ends takes away what was not told again.
        await act(first.length > 0 ? first : lane.handle({ type: 'poll' }), link)
      }
      if ((await firstSync?.onWelcome(welcome, up, byPages)) === true) return
      await act(lane.handle({ type: 'welcomed', epoch, feedNumber }), up)
    },
    onHint: (feedNumber, link) => act(lane.handle({ type: 'hint', feedNumber }), link),
    onPoll: link => act(lane.handle({ type: 'poll' }), link),
    onPage: async (page, link) => {
      if ((await firstSync?.onPage(page, link)) === true) return 0
      crashPoint('agent.page-received')
      const intact = pageChecksum(page.rows) === page.checksum
      if (!intact)
        log.warn({ from: page.from, to: page.to, fault: 'sync.checksum' }, 'a page does not have its checksum')
      const { epoch, from, to, more } = page
      const tookMs = timers.elapsedMs() - askedAtMs
      const actions = lane.handle({ type: 'page', epoch, from, to, more, intact, tookMs })
      await act(actions, link, page)
      if (isFirstPage || page.rows.some(({ kind }) => kind === 'submission')) await foldNews?.look()
      isFirstPage = false
      if (actions.some(action => action.do === 'drop')) return 'dropped'
      return actions.some(action => action.do === 'apply') ? page.rows.length : 0
    },
    onLinkDown: () => {
      link = null
      firstSync?.onLinkDown()
      lane.handle({ type: 'linkDown' })
    },
    tookForms: () => firstSync?.tookForms() === true,
    checkpoint: mirror.checkpoint,
    view: mirror.view,
    isIdle: () => lane.state() === 'idle' && firstSync?.isBusy() !== true,
  }
}
