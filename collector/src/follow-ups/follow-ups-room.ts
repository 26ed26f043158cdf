/**
 * The room of follow-ups: whom to visit again to learn how it was, and whether it was done.
 *
 *   plan (a person, or each day) → chances for ever, visits → tasks on laptops → outcome → done
 *
 * Not here: what an outcome is (outcomes), and what a weight does (retrain).
 */
import { err, fault, ok, type InstanceId } from '@murram/ground'
import { reasonOf, inTransaction } from '../db/handles.ts'
import { inTurn } from '../db/advisory-lock.ts'
import type { HouseDeps, Room } from '../main/room.ts'
import { findModel, listModels } from '../registry/registry-repo.ts'
import { startDailyPlan, type DailyPlan } from './daily-plan.ts'
import {
  endFollowUps,
  findFollowUps,
  hasSent,
  listFollowUps,
  selectionOf,
  settleFollowUps,
  type Selected,
} from './follow-up-repo.ts'
import { createPlanner, type PlanFollowUps } from './plan-follow-ups.ts'
import { followUpRoutes, type FollowUpDoor } from './routes.ts'
import { tellTasks, tellTasksToLaptop } from './told-tasks.ts'

export interface FollowUpsRoom extends Room, FollowUpDoor {
  /**
   * How each of these came to be chosen, where it was; who is not in it was not. Ask before their outcomes
   * are stored: what nobody has looked at yet is drawn now.
   */
  readonly selectionOf: (instanceIds: readonly InstanceId[]) => Promise<ReadonlyMap<InstanceId, Selected>>
  /** Those whose outcome is here, or whose visit was made, are done. */
  readonly settle: () => Promise<void>
}

/** Interviews come by the thousand, and a task may wait so long for its end. */
const SETTLE_AFTER_MS = 2_000

export function createFollowUpsRoom(house: HouseDeps): FollowUpsRoom {
  const { read, write, now, log, keys, feed, live, recovering, databaseUrl } = house
  const changed = (): void => {
    feed.ring()
    live.publish({ kind: 'follow-ups' })
  }
  const planner = createPlanner({
    read,
    write,
    now,
    salt: keys.projectId,
    modelOf: modelName => findModel(read, modelName),
    tell: (tx, followUpIds) => tellTasks({ feed }, tx, followUpIds),
  })
  const plan: PlanFollowUps = async request => {
    if (request.dryRun) return planner.plan(request)
    if (recovering.isOpen()) return err(fault('house.recovering'))
    const planned = await inTurn(write, 'follow-ups', () => planner.plan(request))
    if (planned.ok) changed()
    return planned
  }
  const planAll = async (): Promise<void> => {
    for (const { modelName, recipe } of await listModels(read)) {
      if (recipe.followUps === undefined) continue
      const planned = await plan({ modelName, dryRun: false })
      if (planned.ok) log.info({ modelName, ...planned.value }, 'follow-ups were planned')
      else log.warn({ modelName, reason: planned.error }, 'follow-ups were not planned')
    }
  }

  const settle = async (): Promise<void> => {
    const done = await inTransaction(write, async tx => {
      const ids = await settleFollowUps(tx, now())
      await tellTasks({ feed }, tx, ids)
      return ids
    })
    if (done.length > 0) changed()
  }
  let timer: NodeJS.Timeout | undefined
  let settling: Promise<void> = Promise.resolve()
  const settleSoon = (formIds: readonly string[]): void => {
    timer ??= setTimeout(() => {
      timer = undefined
      settling = hasSent(read, formIds)
        .then(waits => (waits ? settle() : undefined))
        .catch((cause: unknown) => log.error({ reason: reasonOf(cause) }, 'follow-ups were not settled'))
    }, SETTLE_AFTER_MS)
    timer.unref()
  }

  let daily: DailyPlan | undefined
  const door: FollowUpDoor = {
    plan,
    list: query => listFollowUps(read, query),
    cancel: async (followUpId, reason) => {
      const cancelled = await inTransaction(write, async tx => {
        const ended = await endFollowUps(tx, { ids: [followUpId] }, { state: 'cancelled', atMs: now(), reason })
        await tellTasks({ feed }, tx, ended)
        return ended.length > 0
      })
      const [row] = await findFollowUps(write, [followUpId])
      if (row === undefined) return err(fault('http.not-found', `follow-up ${followUpId}`))
      if (!cancelled) return err(fault('follow-ups.over', row.state))
      changed()
      return ok(row)
    },
  }
  return {
    name: 'follow-ups',
    routes: followUpRoutes(door),
    ...door,
    selectionOf: async instanceIds => {
      if (instanceIds.length === 0) return new Map()
      if (!recovering.isOpen())
        for (const model of await listModels(read))
          if (model.recipe.followUps !== undefined)
            await inTurn(write, 'follow-ups', () => planner.draw(model, instanceIds))
      return selectionOf(write, instanceIds)
    },
    settle,
    start: async () => {
      daily = await startDailyPlan({ databaseUrl, log, plan: planAll })
    },
    close: async () => {
      clearTimeout(timer)
      await settling
      await daily?.close()
    },
    onWelcome: device => tellTasksToLaptop({ feed }, write, device),
    onArrivals: arrivals => settleSoon(arrivals.map(({ formId }) => formId)),
  }
}
