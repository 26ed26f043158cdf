/**
 * The rooms of models, plugged into one another as one room of the house:
 *
 *   outcomes → retrain → registry → rollout → the devices, whose next interviews bring outcomes
 *      ▲                                         │    └──► watching: what they count, what outcomes say
 *      └──────────── follow-ups ◄────────────────┘
 *
 * and beside them predict, which asks the model in force for programs that show an API key (access).
 */
import { createAccessRoom } from '../access/access-room.ts'
import { apiRouter } from '../http/api-router.ts'
import { createFollowUpsRoom } from '../follow-ups/follow-ups-room.ts'
import { createOutcomesRoom } from '../outcomes/outcomes-room.ts'
import { createPredictRoom } from '../predict/predict-room.ts'
import { createRegistryRoom } from '../registry/registry-room.ts'
import { createRetrainRoom, type RetrainNeeds } from '../retrain/retrain-room.ts'
import { createRolloutRoom } from '../rollout/rollout-room.ts'
import { createWatchingRoom, type WatchingNeeds } from '../watching/watching-room.ts'
import type { HouseDeps, Room } from './room.ts'

export const openModelRooms =
  (replaced: Pick<RetrainNeeds, 'startProcess' | 'retrySeconds'> & WatchingNeeds = {}) =>
  (house: HouseDeps): Room => {
    const rollout = createRolloutRoom(house)
    const retrain = createRetrainRoom(house, { rollout, ...replaced })
    const registry = createRegistryRoom(house, { ...rollout, afterPublish: () => retrain.recipeChanged() })
    const followUps = createFollowUpsRoom(house)
    const outcomes = createOutcomesRoom(house, {
      classesOf: registry.classesOf,
      modelForms: registry.modelForms,
      selectionOf: followUps.selectionOf,
      afterImport: async formIds => {
        await followUps.settle()
        for (const formId of formIds) await retrain.consider(formId)
      },
    })
    const watching = createWatchingRoom(house, replaced)
    const access = createAccessRoom(house)
    const predict = createPredictRoom(house, access)
    // In the order in which they start: outcomes that are read at the start may set a run going.
    const rooms: readonly Room[] = [followUps, retrain, registry, rollout, watching, outcomes, access, predict]
    const routes = apiRouter()
    for (const room of rooms) if (room.routes !== undefined) routes.route('/', room.routes)
    return {
      name: 'models',
      routes,
      ...(predict.open === undefined ? {} : { open: predict.open }),
      start: async () => {
        for (const room of rooms) await room.start?.()
      },
      close: async () => {
        for (const room of rooms.toReversed()) await room.close?.()
      },
      onWelcome: async device => {
        for (const room of rooms) await room.onWelcome?.(device)
      },
      onArrivals: arrivals => {
        for (const room of rooms) room.onArrivals?.(arrivals)
      },
      onReports: async (deviceId, reports) => {
        for (const room of rooms) await room.onReports?.(deviceId, reports)
      },
    }
  }
