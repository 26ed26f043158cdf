/**
 * Households that may be one: found in the background, shown side by side, decided by a person.
 *
 * Accepting is an alias, dismissing says that they are two: both are submissions of the collector's
 * own device, kept and undone like any other decision.
 */
import type { OpenAPIHono } from '@hono/zod-openapi'
import { err, fault, ok } from '@murram/ground'
import type { Decisions } from '../fold/decisions.ts'
import type { DuplicateList } from '../http/api-types.ts'
import type { HouseDeps } from '../main/room.ts'
import * as repo from './duplicate-repo.ts'
import { USUAL_RULES } from './duplicate-rules.ts'
import { lookForDuplicates } from './look.ts'
import { duplicateRoutes, type DuplicatesDoor } from './routes.ts'

export interface DuplicatesRoom {
  readonly routes: OpenAPIHono
  readonly start: () => void
  readonly close: () => Promise<void>
}

export interface DuplicatesRoomDeps {
  readonly house: Pick<HouseDeps, 'read' | 'write' | 'now' | 'log' | 'feed' | 'live'>
  readonly projectId: string
  readonly epoch: number
  readonly decisions: Pick<Decisions, 'join' | 'tellApart'>
  readonly find: (entityIds: readonly string[]) => Promise<readonly DuplicateList['pairs'][number]['low'][]>
}

/** A laptop that sends a month's work is looked at once it has sent it, and not while it does. */
const QUIET_MS = 3_000
const AT_LATEST_MS = 30_000

export function createDuplicatesRoom({ house, projectId, epoch, decisions, find }: DuplicatesRoomDeps): DuplicatesRoom {
  const { read, write, now, log, feed, live } = house
  const look = async () => {
    const looked = await lookForDuplicates({ read, write, projectId, epoch, now })
    if (looked !== 'elsewhere' && looked > 0) live.publish({ kind: 'review' })
    return looked
  }
  let working: Promise<unknown> = Promise.resolve()
  let timer: NodeJS.Timeout | undefined
  let firstRingMs = 0
  const lookNow = () => {
    timer = undefined
    working = working
      .then(look)
      .catch((error: unknown) => log.error({ error: String(error) }, 'duplicates could not be looked for'))
  }
  const lookSoon = () => {
    const atMs = performance.now()
    if (timer === undefined) firstRingMs = atMs
    clearTimeout(timer)
    timer = setTimeout(lookNow, Math.max(0, Math.min(QUIET_MS, firstRingMs + AT_LATEST_MS - atMs)))
    timer.unref()
  }
  let stopListening = () => {}

  const door: DuplicatesDoor = {
    look,
    list: async query => {
      const { pairs, total } = await repo.listPairs(read, query)
      const found = await find([...new Set(pairs.flatMap(({ low, high }) => [low, high]))])
      const byId = new Map(found.map(entity => [entity.entityId, entity]))
      return {
        total,
        pairs: pairs.flatMap(({ low, high, ...pair }) => {
          const [one, other] = [byId.get(low), byId.get(high)]
          return one === undefined || other === undefined ? [] : [{ ...pair, low: one, high: other }]
        }),
      }
    },
    accept: (keep, alias) => decisions.join(alias, keep),
    decide: async (a, b, state) => {
      const [low, high] = a < b ? [a, b] : [b, a]
      const before = await repo.stateOfPair(read, { low, high })
      if (before === undefined) return err(fault('http.not-found', `no such pair: ${a}, ${b}`))
      if (before === state) return ok(null)
      const decided = await decisions.tellApart(low, high, state === 'open')
      live.publish({ kind: 'review' })
      return decided
    },
    rulesOf: async dataset => (await repo.readRules(read)).get(dataset) ?? USUAL_RULES,
    putRules: async (dataset, rules) => {
      await repo.putRules(write, dataset, rules, now())
      await repo.putMark(write, projectId, { epoch, number: 0 })
      lookSoon()
    },
  }
  return {
    routes: duplicateRoutes(door),
    start: () => {
      stopListening = feed.onRing(lookSoon)
      lookSoon()
    },
    close: async () => {
      stopListening()
      clearTimeout(timer)
      await working
    },
  }
}
