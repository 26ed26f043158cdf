/**
 * A file of outcomes that says the opposite of what was seen, and what becomes of it:
 *
 *   odd at its import ─► a run learns it, and is judged ─► withdrawn ─► the file put right ─► a run on nothing
 *   that is fresh may stake nothing ─► outcomes that nobody has looked at yet ─► a run on what is true is judged
 *
 * What a run learnt is read from its frozen rows, as PostgreSQL holds them, and not from what it says of itself.
 */
import { storedFile } from '../database.ts'
import type { Batch, RunDetail } from './centre-replies.ts'
import { short, type Centre } from './centre.ts'
import { importFile } from './import-file.ts'
import type { LearningStage } from './learning-stage.ts'
import type { DoneVisit } from './make-visits.ts'
import { MODEL_NAME } from './panel-form.ts'

/** Of the interviews that the file was about: how many a run learnt as they were, and how many as it said. */
export interface Learnt {
  readonly asItWas: number
  readonly asItLied: number
}

export interface JudgedRun extends Learnt {
  readonly runId: string
  readonly verdict: 'refused' | 'promoted'
  readonly releaseId: string | null
  readonly why: string
}

export interface Poison {
  readonly importId: string
  readonly interviews: number
  readonly wasFlagged: boolean
  /** That began while the lie stood; `null` where the file started none. */
  readonly run: JudgedRun | null
  /** The first one after it that was judged on outcomes that nobody had looked at before. */
  readonly healing: JudgedRun | null
}

interface Lied {
  readonly rows: readonly DoneVisit[]
  readonly observedMs: number
}

/** Somebody mixed up the columns: every value of the file says the opposite. */
export async function lieAndMend(
  stage: LearningStage,
  centre: Centre,
  { rows, observedMs }: Lied,
  nextDay: () => Promise<void>,
): Promise<Poison> {
  const { panel, central, telling } = stage
  const [no, yes] = panel.outcome.classes
  const lies = rows.map(visit => ({ ...visit, outcome: visit.outcome === yes ? no : yes }))
  const about = { observedMs, verifier: 'district office' }
  await nextDay()
  const batch: Batch = await importFile(stage, { name: 'district-office.csv', by: 'Okello' }, lies, about)
  const run = await lastJudged(stage, rows, await centre.followRuns())
  await centre.look()
  await nextDay()
  const reason = `district-office.csv: the columns of ${yes} and ${no} were mixed up, the office confirms it`
  telling.decide('withdrawal', 'Nakato withdraws the whole batch', reason)
  await central.post(`/api/v1/outcomes/imports/${batch.importId}/withdraw`, { reason, by: 'Nakato' })
  await centre.followRuns()
  if (run?.verdict === 'promoted') await rollBack(stage, centre)
  await nextDay()
  await importFile(stage, { name: 'district-office-corrected.csv', by: 'Okello' }, rows, about)
  await centre.followRuns()
  return { importId: batch.importId, interviews: rows.length, wasFlagged: batch.isOdd, run, healing: null }
}

/** @param runs What began when outcomes came in that nobody had looked at. */
export async function tellHealing(
  stage: LearningStage,
  poison: Poison,
  rows: readonly DoneVisit[],
  runs: readonly RunDetail[],
): Promise<Poison> {
  const healing = await lastJudged(stage, rows, runs)
  if (healing !== null) {
    const { runId, verdict, asItWas, asItLied, why } = healing
    stage.telling.decide(
      'healing',
      `run ${short(runId)} learnt ${asItWas} of the ${rows.length} interviews that the file had lied about, ${asItLied} of them as it lied; its candidate is ${verdict}`,
      why,
    )
  }
  return { ...poison, healing }
}

async function lastJudged(
  stage: LearningStage,
  rows: readonly DoneVisit[],
  runs: readonly RunDetail[],
): Promise<JudgedRun | null> {
  const run = runs.at(-1)
  if (run === undefined) return null
  const failed = (run.report?.lines ?? []).filter(({ verdict }) => verdict === 'failed').map(({ name }) => name)
  return {
    runId: run.runId,
    verdict: run.verdict === 'promote' ? 'promoted' : 'refused',
    releaseId: run.releaseId,
    why: failed.length === 0 ? (run.report?.summary ?? '') : `it failed at: ${failed.join(', ')}`,
    ...(await learntBy(stage, run, rows)),
  }
}

/** The head of a frozen row: interview, household, and the place of its outcome among the classes. */
type FrozenRow = readonly [instanceId: string, household: string, code: number]

async function learntBy(
  { address, panel }: LearningStage,
  { snapshot }: RunDetail,
  rows: readonly DoneVisit[],
): Promise<Learnt> {
  if (snapshot === null) return { asItWas: 0, asItLied: 0 }
  const bytes = await storedFile(address.databaseUrl, snapshot)
  const frozen = JSON.parse(new TextDecoder().decode(bytes)) as { readonly rows: readonly FrozenRow[] }
  const code = new Map(frozen.rows.map(([instanceId, , one]) => [instanceId, one]))
  const learnt = rows.flatMap(({ instanceId, outcome }) => {
    const said = code.get(instanceId)
    return said === undefined ? [] : [panel.outcome.classes[said] === outcome]
  })
  const asItWas = learnt.filter(Boolean).length
  return { asItWas, asItLied: learnt.length - asItWas }
}

/** Ring 0 alone had it: a ring opens by what devices show, and they have shown nothing yet. */
async function rollBack({ central, telling }: LearningStage, centre: Centre): Promise<void> {
  const reason = 'it learnt from outcomes that were withdrawn'
  telling.decide('rollback', 'Nakato takes the release back', reason)
  await central.post(`/api/v1/models/${MODEL_NAME}/rollback`, { note: reason, who: 'Nakato' })
  await centre.followRollout()
}
