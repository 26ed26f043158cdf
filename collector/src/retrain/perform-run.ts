/**
 * One attempt at a run, as the queue asks for it.
 *
 * Laws, in `retrain.test.ts`:
 *   U1 the snapshot is stored before anything is trained, so every later attempt has its rows
 *   U2 candidate, verdict, release and the run's end are one transaction
 *   U3 a champion that changed meanwhile means judging again, against the one in force
 *   U4 a run that is cancelled ends its process, leaves no candidate and no release, and stays
 *      cancelled, whenever that was said
 */
import { err, fault, ok, type Fault, type Result } from '@murram/ground'
import { canonicalBytes, sha256 } from '@murram/seal'
import { getBlob, putBlob } from '../blobs/blobs.ts'
import { inTransaction, type WriteDb } from '../db/handles.ts'
import type { HouseDeps } from '../main/room.ts'
import { giveBack, noteLook } from '../registry/looks-repo.ts'
import { refuseWithdrawn } from '../registry/refuse-withdrawn.ts'
import { findModel, lockModel, putCandidate, type ModelRow } from '../registry/registry-repo.ts'
import type { RolloutRoom } from '../rollout/rollout-room.ts'
import { endRun, sayLineage, type EndDeps } from './end-run.ts'
import type { HoldoutLook } from './holdout-look.ts'
import { ledgerOf } from './look-ledger.ts'
import { rowsWithdrawn } from './rows-withdrawn.ts'
import type { FrozenRows, RunDone } from './run-messages.ts'
import { runInProcess, type ProcessLimits, type StartProcess } from './run-process.ts'
import { beginAttempt, changeOpenRun, findRun, putSnapshot, type RunRow } from './run-repo.ts'
import { championOf, pagesOf, snapshotOrderOf } from './run-order.ts'
import type { RunRecord } from './run-record.ts'

export interface PerformDeps extends EndDeps {
  readonly house: HouseDeps
  readonly rollout: Pick<RolloutRoom, 'releaseIn' | 'announce'>
  readonly startProcess: StartProcess
  readonly limits: ProcessLimits
}

/** A cancelled run is no failure: nobody tries it again. */
class RunCancelled extends Error {}

/** How often a run that is going on looks whether somebody, at whichever collector, has cancelled it. */
const LOOK_EVERY_MS = 500

export async function performRun(
  deps: PerformDeps,
  runId: string,
  { last, signal }: { readonly last: boolean; readonly signal: AbortSignal },
): Promise<RunRow | undefined> {
  const { write, now, log } = deps.house
  const run = await beginAttempt(write, runId, now())
  if (run === undefined) return undefined // an attempt before this one finished it, or a person cancelled it
  tell(deps, run, 'running')
  const cancelled = watchForCancel(deps, run)
  try {
    await inTransaction(write, async tx => sayLineage(tx, deps.house, run, 'START'))
    const done = await attempt(deps, run, AbortSignal.any([signal, cancelled.signal]))
    if (!done.ok) await fail(deps, run, done.error)
    tell(deps, run, done.ok ? 'finished' : 'failed')
  } catch (cause) {
    if ((await findRun(write, runId))?.state === 'cancelled') return run // who cancelled it has told
    log.error({ runId, attempt: run.attempts, reason: String(cause) }, 'a run broke off')
    if (last) {
      await fail(deps, run, { message: String(cause) })
      tell(deps, run, 'failed')
    }
    throw cause
  } finally {
    cancelled.stop()
  }
  return run
}

/** On the database and not in this process's memory: another collector may have been asked. */
function watchForCancel({ house: { read, log } }: PerformDeps, { runId }: RunRow) {
  const cancelled = new AbortController()
  const look = async () => {
    const now = await findRun(read, runId)
    if (now?.state === 'cancelled') cancelled.abort(new RunCancelled(`run ${runId} was cancelled`))
  }
  const timer = setInterval(() => {
    look().catch((cause: unknown) => log.warn({ runId, reason: String(cause) }, 'was this run cancelled? not known'))
  }, LOOK_EVERY_MS)
  return { signal: cancelled.signal, stop: () => clearInterval(timer) }
}

const tell = ({ house }: PerformDeps, { runId, modelName }: RunRow, state: string) =>
  house.live.publish({ kind: 'run', runId, modelName, state })

const fail = (deps: PerformDeps, { runId }: RunRow, reason: unknown) =>
  inTransaction(deps.house.write, async tx => endRun(tx, deps, runId, { state: 'failed', step: 'failed', reason }))

/** What is said of a run that goes on; one that was cancelled says nothing any more. */
async function changeOrStop(db: WriteDb, runId: string, change: Parameters<typeof changeOpenRun>[2]): Promise<RunRow> {
  const changed = await changeOpenRun(db, runId, change)
  if (changed === undefined) throw new RunCancelled(`run ${runId} is over`)
  return changed
}

async function attempt(deps: PerformDeps, run: RunRow, signal: AbortSignal): Promise<Result<void, Fault>> {
  const { read, write, log, keys } = deps.house
  const model = await findModel(read, run.modelName)
  if (model === undefined) return err(fault('http.not-found', `model ${run.modelName}`))
  const champion = await championOf(deps.house, model)
  if (!champion.ok) return champion
  const frozenAs = await snapshotOrderOf(deps.house, model, champion.value)
  if (!frozenAs.ok) return frozenAs

  const stored = run.snapshot === null ? undefined : await getBlob(read, run.snapshot)
  const done = await runInProcess(
    deps.startProcess,
    {
      order: {
        runId: run.runId,
        recipe: model.recipe,
        card: model.card,
        snapshot: frozenAs.value,
        champion: champion.value.model,
        isFromPrior: champion.value.candidate.kind === 'prior',
        looks: await ledgerOf(read, run, deps.house.now()),
        holdoutSalt: keys.projectId,
        handicap: run.handicap,
      },
      limits: deps.limits,
      rows: stored === undefined ? { pages: pagesOf(deps.house, model, frozenAs.value, run) } : { snapshot: stored },
      onFrozen: rows => keepSnapshot(deps, run, rows),
      onProgress: async (progress, step) => {
        await changeOrStop(write, run.runId, { progress, step })
      },
      onLook: look => keepLook(deps, run, look),
      onLine: line => log.warn({ runId: run.runId, line }, 'the process of a run wrote'),
    },
    signal,
  )
  if (!done.ok) return done
  await conclude(deps, run, model, done.value)
  return ok(undefined)
}

async function keepSnapshot({ house }: PerformDeps, run: RunRow, frozen: FrozenRows): Promise<void> {
  const { write, now } = house
  const { bytes, rows, positives, leftOut } = frozen
  await inTransaction(write, async tx => {
    const { sha256: digest } = await putBlob(tx, bytes, now())
    await putSnapshot(tx, { digest, modelName: run.modelName, rows, positives, leftOut, frozenAtMs: now() })
    const frozenRun = await changeOrStop(tx, run.runId, {
      snapshot: digest,
      progress: 0.1,
      step: `${rows} rows are frozen`,
    })
    await sayLineage(tx, house, frozenRun, 'RUNNING')
  })
}

/** U5 */
const keepLook = ({ house: { write, now } }: PerformDeps, { runId, modelName }: RunRow, look: HoldoutLook) =>
  inTransaction(write, tx => noteLook(tx, { ...look, runId, modelName, isPromoted: false, atMs: now() }))

async function conclude(deps: PerformDeps, run: RunRow, judged: ModelRow, done: RunDone): Promise<void> {
  const { house, rollout } = deps
  const { write, now } = house
  const { candidate, files, rows } = done
  const { formId, recipe } = judged
  const released = await inTransaction(write, async tx => {
    const model = await lockModel(tx, run.modelName)
    if (model === undefined || model.championId !== judged.championId) throw new Error('the champion changed meanwhile')
    const isChampion = model.championId === candidate.candidateId
    const ofRun = { formId, horizon: recipe.outcome.horizon, uptoSeq: run.uptoSeq, rows }
    const report = refuseWithdrawn(done.report, await rowsWithdrawn(tx, ofRun)) // U6
    if (report.verdict === 'promote') await giveBack(tx, run.runId)
    if (!isChampion) {
      for (const bytes of files.values()) await putBlob(tx, bytes, now())
      await putCandidate(tx, candidate, report, now())
    }
    const release =
      report.verdict === 'promote' && !isChampion
        ? await rollout.releaseIn(tx, { candidate, recipe: model.recipe, reason: 'promotion', note: null })
        : null
    const ended = await endRun(tx, deps, run.runId, {
      state: 'finished',
      progress: 1,
      report,
      verdict: report.verdict,
      candidateId: candidate.candidateId,
      releaseId: release?.releaseId ?? null,
      record: recordOf(judged.recipe, run, done),
      step: isChampion ? 'the same model as the one in force' : report.summary,
    })
    if (ended === undefined) throw new RunCancelled(`run ${run.runId} is over`) // and nothing of this is kept
    return release
  })
  if (released !== null) rollout.announce(released)
}

const recordOf = (recipe: ModelRow['recipe'], { handicap }: RunRow, { candidate, training }: RunDone): RunRecord => ({
  ...training,
  recipeDigest: sha256(canonicalBytes(recipe)),
  handicap,
  metrics: candidate.metrics,
  artefacts: candidate.files.map(({ name, sha256: hash, sizeBytes }) => ({ name, sha256: hash, sizeBytes })),
})
