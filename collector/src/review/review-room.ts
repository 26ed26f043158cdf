/**
 * What people and time do to submissions that are stored: reviews, held ones tried again,
 * waiting ones given up on. Plugged into the fold by `reconsider`.
 */
import type { OpenAPIHono } from '@hono/zod-openapi'
import type { FoldRoom } from '../fold/reconsider.ts'
import { createFoldAgain } from '../fold/fold-again.ts'
import type { OwnDevice } from '../fold/own-device.ts'
import type { HouseDeps } from '../main/room.ts'
import { createSweep, WAIT_FOR_PARENT_MS, type Sweep } from '../parents/sweep.ts'
import { createReviewing } from './decide-review.ts'
import { listReviews } from './review-repo.ts'
import { reviewRoutes } from './routes.ts'

export interface ReviewRoom extends Pick<Sweep, 'close'> {
  readonly routes: OpenAPIHono
  readonly start: () => void
  /** Held submissions may be of a form that was mended. */
  readonly onPublished: () => void
}

export interface ReviewRoomDeps {
  readonly house: Pick<HouseDeps, 'read' | 'write' | 'now' | 'log' | 'feed' | 'live' | 'recovering'> & {
    readonly waitForParentMs?: number
  }
  readonly folding: FoldRoom
  readonly device: OwnDevice
}

export function createReviewRoom({ house, folding, device }: ReviewRoomDeps): ReviewRoom {
  const { read, write, now, log, feed, live } = house
  const onChange = () => {
    feed.ring()
    live.publish({ kind: 'review' })
  }
  const { reconsider } = folding
  const foldAgain = createFoldAgain({ read, write, reconsider, onChange })
  const waitMs = house.waitForParentMs ?? WAIT_FOR_PARENT_MS
  const sweep = createSweep({ write, reconsider, now, log, waitMs, onChange, isPaused: house.recovering.isOpen })
  const reviewing = createReviewing({ read, device })

  let working: Promise<unknown> = Promise.resolve()
  const tryHeld = () => {
    working = foldAgain.all().then(
      ({ tried, folded }) => folded > 0 && log.info({ tried, folded }, 'held submissions were folded'),
      (error: unknown) => log.error({ error: String(error) }, 'held submissions could not be tried again'),
    )
  }
  const told =
    <T extends readonly unknown[], R>(act: (...given: T) => Promise<R>) =>
    async (...given: T) => {
      const done = await act(...given)
      onChange()
      return done
    }

  return {
    routes: reviewRoutes({
      review: told(reviewing.review),
      undo: told(reviewing.undo),
      foldAgain,
      reviews: about => listReviews(read, about),
    }),
    start: () => {
      tryHeld()
      sweep.start()
      house.recovering.onClosed(tryHeld)
    },
    onPublished: tryHeld,
    close: async () => {
      await sweep.close()
      await working
    },
  }
}
