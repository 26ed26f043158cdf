/**
 * The four rooms of models, plugged into one another as one room of the house:
 *
 *   outcomes → retrain → registry → rollout → the devices, whose next interviews bring outcomes
 */
import { apiRouter } from '../http/api-router.ts'
import { createOutcomesRoom } from '../outcomes/outcomes-room.ts'
import { createRegistryRoom } from '../registry/registry-room.ts'
import { createRetrainRoom, type RetrainNeeds } from '../retrain/retrain-room.ts'
import { createRolloutRoom } from '../rollout/rollout-room.ts'
import type { HouseDeps, Room } from './room.ts'

export const openModelRooms =
  (replaced: Pick<RetrainNeeds, 'startThread'> = {}) =>
  (house: HouseDeps): Room => {
    const rollout = createRolloutRoom(house)
    const registry = createRegistryRoom(house, rollout)
    const retrain = createRetrainRoom(house, { rollout, ...replaced })
    const outcomes = createOutcomesRoom(house, {
      classesOf: registry.classesOf,
      modelForms: registry.modelForms,
      afterImport: async formIds => {
        for (const formId of formIds) await retrain.consider(formId)
      },
    })
    // In the order in which they start: outcomes that are read at the start may set a run going.
    const rooms: readonly Room[] = [retrain, registry, rollout, outcomes]
    const routes = apiRouter()
    for (const room of rooms) if (room.routes !== undefined) routes.route('/', room.routes)
    return {
      name: 'models',
      routes,
      start: async () => {
        for (const room of rooms) await room.start?.()
      },
      close: async () => {
        for (const room of rooms.toReversed()) await room.close?.()
      },
      onReports: async (deviceId, reports) => {
        for (const room of rooms) await room.onReports?.(deviceId, reports)
      },
    }
  }
