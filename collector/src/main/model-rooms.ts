/**
 * The five rooms of models, plugged into one another as one room of the house:
 *
 *   outcomes → retrain → registry → rollout → the devices, whose next interviews bring outcomes
 *                                 watching ◄── what devices count, and what outcomes say of it
 */
import { apiRouter } from '../http/api-router.ts'
import { createOutcomesRoom } from '../outcomes/outcomes-room.ts'
import { createRegistryRoom } from '../registry/registry-room.ts'
import { createRetrainRoom, type RetrainNeeds } from '../retrain/retrain-room.ts'
import { createRolloutRoom } from '../rollout/rollout-room.ts'
import { createWatchingRoom, type WatchingNeeds } from '../watching/watching-room.ts'
import type { HouseDeps, Room } from './room.ts'

export const openModelRooms =
  (replaced: Pick<RetrainNeeds, 'startProcess'> & WatchingNeeds = {}) =>
  (house: HouseDeps): Room => {
    const rollout = createRolloutRoom(house)
    const retrain = createRetrainRoom(house, { rollout, ...replaced })
    const registry = createRegistryRoom(house, { ...rollout, afterPublish: retrain.recipeChanged })
    const outcomes = createOutcomesRoom(house, {
      classesOf: registry.classesOf,
      afterImport: async formIds => {
        for (const formId of formIds) await retrain.consider(formId)
      },
    })
    const watching = createWatchingRoom(house, replaced)
    const rooms: readonly Room[] = [outcomes, retrain, registry, rollout, watching]
    const routes = apiRouter()
    for (const room of rooms) if (room.routes !== undefined) routes.route('/', room.routes)
    return {
      name: 'models',
      routes,
      start: async () => {
        for (const room of rooms) await room.start?.()
      },
      close: async () => {
        for (const room of rooms) await room.close?.()
      },
      onReports: async (deviceId, reports) => {
        for (const room of rooms) await room.onReports?.(deviceId, reports)
      },
    }
  }
