/**
 * The room of runs: what starts one, and what is going on.
 *
 * Laws, in `retrain.test.ts`:
 *   V1 enough new outcomes start one run, however they came in and however often
 *   V2 outcomes that arrive during a run count for the next one
 *   V3 one run of a model at a time
 *   V4 none while the project recovers from a restore: what is there is not all
 *   V5 a run that a person cancelled has looked at its outcomes: the same ones start no other
 *
 * "At least 50 new outcomes" starts a run and promises nothing: only the gate promotes.
 * What starts one beside that, and what holds it, is weigh-triggers.ts.
 */
import { randomUUID } from 'node:crypto'
import { err, fault, ok, type Fault, type Result } from '@murram/ground'
import { Counter } from 'prom-client'
import { inTransaction, type ReadDb, type WriteDb } from '../db/handles.ts'
import type { HouseDeps, Room } from '../main/room.ts'
import { countOutcomesAfter } from '../outcomes/outcome-repo.ts'
import { onlyByHand } from '../registry/recipe.ts'
import { findModel, listModels, lockModel, modelOfForm, type ModelRow } from '../registry/registry-repo.ts'
import type { RolloutRoom } from '../rollout/rollout-room.ts'
import { cancelRun } from './cancel-run.ts'
import { gatherEvidence, nothingGathered, type Evidence } from './gather-evidence.ts'
import { logToMlflow, waitingForMlflow } from './log-to-mlflow.ts'
import { findMaking } from './making.ts'
import { performRun } from './perform-run.ts'
import { reportRoutes } from './report-routes.ts'
import { runRoutes, type RunDoor } from './routes.ts'
import { startRunProcess, type StartProcess } from './run-process.ts'
import { startRunQueue, type RunQueue } from './run-queue.ts'
import {
  findOpenRun,
  findRun,
  findSnapshot,
  lastAutomaticEnd,
  lastSeenOutcome,
  listLineage,
  listRuns,
  noteMlflow,
  openRun,
  type RunRow,
} from './run-repo.ts'
import { weighTriggers, type WeighedTrigger } from './weigh-triggers.ts'

export interface RetrainRoom extends Room, RunDoor {
  /** Starts a run of the form's model if there is enough that no run has seen. */
  consider(formId: string): Promise<RunRow | undefined>
  /** After a recipe was published: its schedule may be another one. */
  recipeChanged(): Promise<void>
}

export interface RetrainNeeds {
  readonly rollout: Pick<RolloutRoom, 'releaseIn' | 'announce'>
  /** Another process, for a test that kills it. */
  readonly startProcess?: StartProcess
  /** Between two attempts at a run. */
  readonly retrySeconds?: number
}

/** What a run may use unless the collector is told otherwise. */
const HEAP_MB = 2_048

/** Reading and scoring what came since is not done with each outcome that comes in. */
const GATHER_EVERY_MS = 10 * 60_000

export function createRetrainRoom(
  house: HouseDeps,
  { rollout, startProcess = startRunProcess, retrySeconds }: RetrainNeeds,
): RetrainRoom {
  const { read, write, now, log, keys, databaseUrl, demo, metrics, recovering } = house
  let queue: RunQueue | undefined
  const gatheredAtMs = new Map<string, number>()
  const finished = new Counter({
    name: 'murram_runs_total',
    help: 'Training runs, by what became of them.',
    labelNames: ['result'],
    registers: [metrics],
  })
  const inQueue = (): RunQueue => {
    if (queue === undefined) throw new Error('the room of runs has not started')
    return queue
  }

  type Wanted = Pick<RunRow, 'trigger' | 'because' | 'handicap' | 'uptoSeq'>
  const enqueue = async (tx: WriteDb, model: ModelRow, run: Wanted) => {
    const opened = await openRun(tx, { runId: randomUUID(), modelName: model.modelName, ...run, createdAtMs: now() })
    if (opened !== undefined) await inQueue().enqueue(tx, opened.runId)
    return opened
  }

  const weigh = async (db: ReadDb, model: ModelRow, evidence: Evidence, isDue: boolean) => {
    const seen = await lastSeenOutcome(db, model.modelName)
    const { fresh, lastSeq } = await countOutcomesAfter(db, model.formId, seen)
    const weighed = weighTriggers({
      ...evidence,
      fresh,
      isDue,
      triggers: model.recipe.triggers,
      nowMs: now(),
      recovering: recovering.isOpen(),
      openRun: (await findOpenRun(db, model.modelName))?.step ?? null,
      lastAutomaticEndMs: await lastAutomaticEnd(db, model.modelName),
    })
    return { weighed, lastSeq }
  }

  /** What the champion is worth by now, where that could start a run and was not asked just before. */
  const evidenceFor = async (model: ModelRow): Promise<Evidence> => {
    const { weighed } = await weigh(read, model, nothingGathered, false)
    const outcomes = weighed.find(({ trigger }) => trigger === 'outcomes')
    const isWorth = outcomes?.verdict === 'waits' && (outcomes.value ?? 0) >= model.recipe.triggers.freshAtLeast
    const last = gatheredAtMs.get(model.modelName)
    if (!isWorth || (last !== undefined && now() - last < GATHER_EVERY_MS)) return nothingGathered
    gatheredAtMs.set(model.modelName, now())
    return gatherEvidence(house, model)
  }

  const considerModel = async (model: ModelRow, isDue: boolean): Promise<RunRow | undefined> => {
    if (recovering.isOpen() || model.championId === null || onlyByHand(model.recipe) !== null) return undefined // V4
    const evidence = await evidenceFor(model)
    return inTransaction(write, async tx => {
      const locked = await lockModel(tx, model.modelName)
      if (locked === undefined || locked.championId !== model.championId) return undefined
      const { weighed, lastSeq } = await weigh(tx, locked, evidence, isDue)
      const starting = weighed.filter(({ verdict }) => verdict === 'starts')
      if (starting[0] === undefined) return undefined
      const because = starting.map(({ why }) => why).join('; ')
      return enqueue(tx, locked, { trigger: starting[0].trigger, because, handicap: null, uptoSeq: lastSeq })
    })
  }

  const consider = async (formId: string): Promise<RunRow | undefined> => {
    const model = await modelOfForm(read, formId)
    return model === undefined ? undefined : considerModel(model, false)
  }

  const { mlflow } = house
  const logElsewhere = async (tx: WriteDb, runId: string) => {
    if (mlflow === undefined) return
    await noteMlflow(tx, runId, waitingForMlflow(now()))
    await inQueue().enqueueLog(tx, runId)
  }
  const ends = { house, logElsewhere }
  const perform = async (runId: string, how: { readonly last: boolean; readonly signal: AbortSignal }) => {
    const limits = { heapMb: house.runHeapMb ?? HEAP_MB }
    const run = await performRun({ ...ends, house, rollout, startProcess, limits }, runId, how)
    if (run === undefined) return
    const ended = await findRun(read, runId)
    finished.inc({ result: ended?.verdict ?? (ended?.state === 'cancelled' ? 'cancelled' : 'failed') })
    if (ended?.reason !== null) log.warn({ runId, reason: ended?.reason }, 'a run failed')
    const model = await findModel(read, run.modelName)
    if (model !== undefined) await considerModel(model, false)
  }

  const considerAll = async () => {
    for (const model of await listModels(read)) await considerModel(model, false)
  }
  const keepSchedules = async () =>
    inQueue().keepSchedules(
      (await listModels(read)).map(({ modelName, recipe }) => ({ modelName, schedule: recipe.triggers.schedule })),
    )

  const door: RunDoor = {
    find: async runId => {
      const run = await findRun(read, runId)
      return run === undefined
        ? undefined
        : { run, snapshot: run.snapshot === null ? undefined : await findSnapshot(read, run.snapshot) }
    },
    list: limit => listRuns(read, limit),
    lineage: async runId => ((await findRun(read, runId)) === undefined ? undefined : listLineage(read, runId)),
    triggers: async (modelName): Promise<readonly WeighedTrigger[] | undefined> => {
      const model = await findModel(read, modelName)
      if (model === undefined) return undefined
      const byHand = onlyByHand(model.recipe)
      if (byHand === null) return (await weigh(read, model, await gatherEvidence(house, model), false)).weighed
      const { weighed } = await weigh(read, model, nothingGathered, false)
      return weighed.map(one => ({ ...one, verdict: 'off', why: byHand, nextAtMs: null }))
    },
    making: releaseId => findMaking(read, releaseId, keys.projectId),
    cancel: (runId, by) => cancelRun({ ...ends, house }, runId, by),
    startRun: async ({ modelName, handicap, who, why }): Promise<Result<RunRow, Fault>> => {
      if (handicap !== null && !demo)
        return err(fault('http.bad-request', 'handicap: a run is spoilt in the demo only'))
      if (recovering.isOpen()) return err(fault('house.recovering'))
      return inTransaction(write, async tx => {
        const model = await lockModel(tx, modelName)
        if (model === undefined) return err(fault('http.not-found', `model ${modelName}`))
        const byHand = onlyByHand(model.recipe)
        if (byHand !== null) return err(fault('recipe.invalid', byHand))
        const { lastSeq } = await countOutcomesAfter(tx, model.formId, 0)
        const because = `${who ?? 'somebody at the centre'} asked for it${why === null ? '' : `: ${why}`}`
        const opened = await enqueue(tx, model, { trigger: 'person', because, handicap, uptoSeq: lastSeq })
        return opened === undefined ? err(fault('run.in-progress', modelName)) : ok(opened)
      })
    },
  }

  return {
    name: 'retrain',
    routes: runRoutes(door).route('/', reportRoutes(read)),
    ...door,
    consider,
    recipeChanged: keepSchedules,
    start: async () => {
      const scheduled = async (modelName: string) => {
        const model = await findModel(read, modelName)
        if (model !== undefined) await considerModel(model, true)
      }
      queue = await startRunQueue({
        databaseUrl,
        log,
        recovering,
        perform,
        look: considerAll,
        retrySeconds,
        scheduled,
        ...(mlflow === undefined ? {} : { logRun: (runId, how) => logToMlflow(house, mlflow, runId, how) }),
      })
      await keepSchedules()
      // Outcomes whose import was the last thing before a crash.
      await considerAll()
      recovering.onClosed(() => {
        considerAll().catch((cause: unknown) => log.error({ reason: String(cause) }, 'no run was considered'))
      })
    },
    close: async () => queue?.close(),
  }
}
