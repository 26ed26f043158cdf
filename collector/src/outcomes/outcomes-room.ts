/**
 * The room of verified outcomes: how they come in (files and programs, follow-up forms, a
 * reviewer), what people say of them afterwards, and what stands.
 */
import type { HouseDeps, Room } from '../main/room.ts'
import { judgeAgreement } from './batch-agreement.ts'
import { createChanging } from './change-outcome.ts'
import { createImportOutcomes, type ImportDeps, type ImportOutcomes } from './import-outcomes.ts'
import {
  agreementBeside,
  eventsOf,
  findImport,
  importFigures,
  listImports,
  type OutcomeImport,
} from './imports-repo.ts'
import { interviewOutcomes } from './interview-outcomes.ts'
import { listOutcomes } from './list-outcomes.ts'
import { lookInTurns } from './look-in-turns.ts'
import { readFollowUps } from './read-follow-ups.ts'
import { createReviewOutcome } from './review-outcome.ts'
import { apiRouter } from '../http/api-router.ts'
import { changeRoutes } from './change-routes.ts'
import { outcomeRoutes } from './routes.ts'
import { visitsOf } from './visits-repo.ts'

export interface OutcomesRoom extends Room {
  readonly importOutcomes: ImportOutcomes
}

export interface OutcomesNeeds extends Pick<ImportDeps, 'classesOf' | 'afterImport'> {
  /** Forms that a model reads. */
  readonly modelForms: () => Promise<readonly string[]>
  /** Nothing is planned where nobody says so. */
  readonly selectionOf?: ImportDeps['selectionOf']
}

export function createOutcomesRoom(
  house: HouseDeps,
  { modelForms, selectionOf = async () => new Map(), ...needs }: OutcomesNeeds,
): OutcomesRoom {
  const { read, write, now, live, log, feed } = house
  const tell = (imported: number) => live.publish({ kind: 'outcomes', imported })
  const { classesOf, afterImport } = needs
  const afterChange = async (formIds: readonly string[]) => {
    tell(0)
    await afterImport(formIds)
  }
  const deps: ImportDeps = { read, write, now, visitsOf, selectionOf, classesOf, afterImport }
  const store = createImportOutcomes(deps)
  const importOutcomes: ImportOutcomes = async (input, batch) => {
    const done = await store(input, batch)
    if (done.ok && done.value.imported > 0) tell(done.value.imported)
    return done
  }
  const changing = createChanging({ read, write, now, afterChange })
  const turns = lookInTurns({
    look: async () => {
      const changed = await readFollowUps({ house, classesOf, selectionOf, modelForms })
      if (changed === 'elsewhere') return 'elsewhere'
      if (changed.length > 0) await afterChange(changed)
      return 'done'
    },
    onError: error => log.error({ error: String(error) }, 'outcomes of follow-ups could not be read'),
  })
  let stopListening = () => {}

  const figuresOf = async (batches: readonly OutcomeImport[]) => {
    const figures = await importFigures(
      read,
      batches.map(({ importId }) => importId),
    )
    return Promise.all(
      batches.map(async batch => {
        const { seen, said, agreement } = figures.get(batch.importId)!
        const judged = judgeAgreement(agreement, await agreementBeside(read, batch.importId))
        return { ...batch, scored: agreement.scored, seen, said, ...judged }
      }),
    )
  }
  const routes = apiRouter()
  routes.route(
    '/',
    changeRoutes({
      ...changing,
      imports: async limit => figuresOf(await listImports(read, limit)),
      findImport: async importId => {
        const batch = await findImport(read, importId)
        if (batch === undefined) return undefined
        const [one] = await figuresOf([batch])
        return { ...one!, history: await eventsOf(read, { importId }) }
      },
      findOutcome: async outcomeId => {
        const [outcome] = (await listOutcomes(read, { outcomeId, limit: 1, after: 0 })).outcomes
        return outcome && { ...outcome, history: await eventsOf(read, { outcomeId }) }
      },
      ofInterview: instanceId => interviewOutcomes(deps, instanceId),
      reviewOutcome: createReviewOutcome({ ...deps, afterImport: afterChange }),
    }),
  )
  routes.route('/', outcomeRoutes({ importOutcomes, list: page => listOutcomes(read, page) }))
  return {
    name: 'outcomes',
    importOutcomes,
    routes,
    start: async () => {
      stopListening = feed.onRing(turns.soon)
      turns.soon() // L4
    },
    close: async () => {
      stopListening()
      await turns.close()
    },
  }
}
