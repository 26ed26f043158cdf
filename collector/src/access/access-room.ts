/** Who may ask besides people of the central team: programs, by API keys. */
import type { HouseDeps, Room } from '../main/room.ts'
import { createApiKeys, type ApiKeys } from './api-keys.ts'
import { apiKeyRoutes } from './routes.ts'

export function createAccessRoom(house: HouseDeps): Room & Pick<ApiKeys, 'admit'> {
  const keys = createApiKeys(house)
  return { name: 'access', routes: apiKeyRoutes(keys), admit: keys.admit }
}
