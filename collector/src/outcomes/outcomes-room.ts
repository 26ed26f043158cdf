/** The room of verified outcomes. */
import type { HouseDeps, Room } from '../main/room.ts'
import { createImportOutcomes, type ImportDeps, type ImportOutcomes } from './import-outcomes.ts'
import { listOutcomes } from './outcome-repo.ts'
import { outcomeRoutes } from './routes.ts'
import { visitsOf } from './visits-repo.ts'

export interface OutcomesRoom extends Room {
  readonly importOutcomes: ImportOutcomes
}

export interface OutcomesNeeds extends Pick<ImportDeps, 'classesOf' | 'afterImport'> {
  /** Nothing is planned where nobody says so. */
  readonly selectionOf?: ImportDeps['selectionOf']
}

export function createOutcomesRoom(house: HouseDeps, needs: OutcomesNeeds): OutcomesRoom {
  const { read, write, now, live } = house
  const store = createImportOutcomes({ read, write, now, visitsOf, selectionOf: async () => new Map(), ...needs })
  const importOutcomes: ImportOutcomes = async input => {
    const done = await store(input)
    if (done.ok && done.value.imported > 0) live.publish({ kind: 'outcomes', imported: done.value.imported })
    return done
  }
  return {
    name: 'outcomes',
    importOutcomes,
    routes: outcomeRoutes({ importOutcomes, list: page => listOutcomes(read, page) }),
  }
}
