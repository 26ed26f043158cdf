/**
 * The room of runs: what starts one, and what is going on.
 *
 * Laws, in `retrain.test.ts`:
 *   V1 enough new outcomes start one run, however they came in and however often
 *   V2 outcomes that arrive during a run count for the next one
 *   V3 one run of a model at a time
 *   V4 none while the project recovers from a restore: what is there is not all
 *
 * "At least 50 new outcomes" starts a run and promises nothing: only the gate promotes.
 */
import { randomUUID } from 'node:crypto'
import { err, fault, ok, type Fault, type Result } from '@murram/ground'
import { Counter } from 'prom-client'
import { inTransaction, type WriteDb } from '../db/handles.ts'
import type { HouseDeps, Room } from '../main/room.ts'
import { countOutcomesAfter } from '../outcomes/outcome-repo.ts'
import { findModel, listModels, lockModel, modelOfForm, type ModelRow } from '../registry/registry-repo.ts'
import type { RolloutRoom } from '../rollout/rollout-room.ts'
import { findMaking } from './making.ts'
import { performRun } from './perform-run.ts'
import { reportRoutes } from './report-routes.ts'
import { runRoutes, type RunDoor } from './routes.ts'
import { startRunQueue, type RunQueue } from './run-queue.ts'
import { findRun, findSnapshot, lastSeenOutcome, listRuns, openRun, type RunRow } from './run-repo.ts'
import { startRunThread, type StartThread } from './run-thread.ts'

export interface RetrainRoom extends Room, RunDoor {
  /** Starts a run of the form's model if there is enough that no run has seen. */
  consider(formId: string): Promise<RunRow | undefined>
}

export interface RetrainNeeds {
  readonly rollout: Pick<RolloutRoom, 'releaseIn' | 'announce'>
  /** Another thread, for a test that kills it. */
  readonly startThread?: StartThread
}

export function createRetrainRoom(
  house: HouseDeps,
  { rollout, startThread = startRunThread }: RetrainNeeds,
): RetrainRoom {
  const { read, write, now, log, keys, databaseUrl, demo, metrics, recovering } = house
  let queue: RunQueue | undefined
  const finished = new Counter({
    name: 'murram_runs_total',
    help: 'Training runs, by what became of them.',
    labelNames: ['result'],
    registers: [metrics],
  })

  const enqueue = async (tx: WriteDb, model: ModelRow, run: Pick<RunRow, 'trigger' | 'handicap' | 'uptoSeq'>) => {
    if (queue === undefined) throw new Error('the room of runs has not started')
    const opened = await openRun(tx, { runId: randomUUID(), modelName: model.modelName, ...run, createdAtMs: now() })
    if (opened !== undefined) await queue.enqueue(tx, opened.runId)
    return opened
  }

  const consider = async (formId: string): Promise<RunRow | undefined> => {
    if (recovering.isOpen()) return undefined // V4
    const named = await modelOfForm(read, formId)
    if (named === undefined) return undefined
    return inTransaction(write, async tx => {
      const model = await lockModel(tx, named.modelName)
      if (model === undefined || model.championId === null) return undefined
      const seen = await lastSeenOutcome(tx, model.modelName)
      const { fresh, lastSeq } = await countOutcomesAfter(tx, formId, seen)
      if (fresh < model.recipe.triggers.newOutcomes) return undefined
      return enqueue(tx, model, { trigger: 'outcomes', handicap: null, uptoSeq: lastSeq })
    })
  }

  const perform = async (runId: string, how: { readonly last: boolean; readonly signal: AbortSignal }) => {
    const run = await performRun({ house, rollout, startThread }, runId, how)
    if (run === undefined) return
    const ended = await findRun(read, runId)
    finished.inc({ result: ended?.verdict ?? 'failed' })
    if (ended?.reason !== null) log.warn({ runId, reason: ended?.reason }, 'a run failed')
    const model = await findModel(read, run.modelName)
    if (model !== undefined) await consider(model.formId)
  }

  const considerAll = async () => {
    for (const { formId } of await listModels(read)) await consider(formId)
  }

  const door: RunDoor = {
    find: async runId => {
      const run = await findRun(read, runId)
      return run === undefined
        ? undefined
        : { run, snapshot: run.snapshot === null ? undefined : await findSnapshot(read, run.snapshot) }
    },
    list: limit => listRuns(read, limit),
    making: releaseId => findMaking(read, releaseId, keys.projectId),
    startRun: async ({ modelName, handicap }): Promise<Result<RunRow, Fault>> => {
      if (handicap !== null && !demo)
        return err(fault('http.bad-request', 'handicap: a run is spoilt in the demo only'))
      if (recovering.isOpen()) return err(fault('house.recovering'))
      return inTransaction(write, async tx => {
        const model = await lockModel(tx, modelName)
        if (model === undefined) return err(fault('http.not-found', `model ${modelName}`))
        const { lastSeq } = await countOutcomesAfter(tx, model.formId, 0)
        const opened = await enqueue(tx, model, { trigger: 'person', handicap, uptoSeq: lastSeq })
        return opened === undefined ? err(fault('run.in-progress', modelName)) : ok(opened)
      })
    },
  }

  return {
    name: 'retrain',
    routes: runRoutes(door).route('/', reportRoutes(read)),
    ...door,
    consider,
    start: async () => {
      queue = await startRunQueue({ databaseUrl, log, recovering, perform })
      // Outcomes whose import was the last thing before a crash.
      await considerAll()
      recovering.onClosed(() => {
        considerAll().catch((cause: unknown) => log.error({ reason: String(cause) }, 'no run was considered'))
      })
    },
    close: async () => queue?.close(),
  }
}
