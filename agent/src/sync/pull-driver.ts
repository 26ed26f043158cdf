/**
 * Acts on what the pull lane decides: asks for pages, holds each against its checksum, and
 * writes rows and checkpoint as one.
 */
import type { CrashPoint } from '@murram/ground'
import { createPullLane, pageChecksum, type Page, type PullAction, type Welcome } from '@murram/wire'
import type { Log } from '../diagnostics/log.ts'
import type { Mirror } from '../store/mirror.ts'
import type { Link } from './link.ts'

export interface PullDriver {
  readonly onWelcome: (welcome: Welcome, link: Link) => Promise<void>
  readonly onHint: (feedNumber: number, link: Link) => Promise<void>
  readonly onPoll: (link: Link) => Promise<void>
  /** Number of rows that were written; `dropped`: page after page was of no use. */
  readonly onPage: (page: Page, link: Link) => Promise<number | 'dropped'>
  readonly onLinkDown: () => void
  /** All that the collector spoke of is here. */
  readonly isIdle: () => boolean
}

export interface PullDriverDeps {
  readonly mirror: Mirror
  readonly log: Log
  readonly crashPoint: CrashPoint
}

export async function createPullDriver({ mirror, log, crashPoint }: PullDriverDeps): Promise<PullDriver> {
  let lane = createPullLane({ checkpoint: await mirror.checkpoint() })

  /** Another view than the device has: all of it is asked for anew (mirror's M4). */
  const lookAnew = async (epoch: number, view: string | undefined): Promise<void> => {
    if (view === undefined || view === (await mirror.view())) return
    log.warn({ view }, 'this device is shown something else than before')
    await mirror.restart({ epoch, number: 0 }, view)
    lane = createPullLane({ checkpoint: { epoch, number: 0 } })
  }

  const act = async (actions: readonly PullAction[], link: Link, page: Page | null = null): Promise<void> => {
    for (let todo = [...actions]; todo.length > 0;) {
      const action = todo.shift()
      if (action === undefined) return
      if (action.do === 'pull') link.send({ type: 'pull', from: action.from, maxBytes: action.maxBytes })
      else if (action.do === 'drop') {
        log.warn({}, 'pages of no use: the link is closed')
        link.drop()
      } else {
        if (action.do === 'reset') await mirror.restart(action.to)
        else if (page !== null) await mirror.applyPage(page.rows, action.to, !page.more)
        crashPoint('agent.page-applied')
        todo = [...todo, ...lane.handle({ type: 'applied', checkpoint: action.to })]
      }
    }
  }

  return {
    onWelcome: async ({ epoch, feedNumber, more }, link) => {
      await lookAnew(epoch, more?.view)
      await act(lane.handle({ type: 'welcomed', epoch, feedNumber }), link)
    },
    onHint: (feedNumber, link) => act(lane.handle({ type: 'hint', feedNumber }), link),
    onPoll: link => act(lane.handle({ type: 'poll' }), link),
    onPage: async (page, link) => {
      crashPoint('agent.page-received')
      const intact = pageChecksum(page.rows) === page.checksum
      if (!intact)
        log.warn({ from: page.from, to: page.to, fault: 'sync.checksum' }, 'a page does not have its checksum')
      const { epoch, from, to, more } = page
      const actions = lane.handle({ type: 'page', epoch, from, to, more, intact })
      await act(actions, link, page)
      if (actions.some(action => action.do === 'drop')) return 'dropped'
      return actions.some(action => action.do === 'apply') ? page.rows.length : 0
    },
    onLinkDown: () => void lane.handle({ type: 'linkDown' }),
    isIdle: () => lane.state() === 'idle',
  }
}
