/** All that is known of a model in the field, as figures. What they mean is weigh-figures.ts. */
import { isoWeek } from '@murram/score'
import type { ReadDb } from '../db/handles.ts'
import type { WatchFigures } from '../http/watch-api-types.ts'
import type { HouseDeps } from '../main/room.ts'
import { failedLines, type GateReport } from '../registry/gate-report.ts'
import { idOf, kindOf } from '../registry/line-ids.ts'
import { findCandidate, type ModelRow } from '../registry/registry-repo.ts'
import { findRun, listRuns } from '../retrain/run-repo.ts'
import { releasesOf, type ReleaseRow } from '../rollout/release-repo.ts'
import { measureDrift } from './measure-drift.ts'
import { hadByRun, limitsOf, measureCalibration, measurePerformance } from './measure-outcomes.ts'
import { sketchesOf } from './sketch-repo.ts'
import { churnOf, verifiedInterviews, verifiedScores, type VerifiedInterview } from './verified-scores.ts'

const DAY_MS = 86_400_000
/** What is now: eight weeks, for laptops are offline for weeks; what was before: half a year. */
const NOW_MS = 56 * DAY_MS
const BEFORE_MS = 182 * DAY_MS
const RUNS_READ = 200

export async function gatherFigures(
  { read, forms, now }: Pick<HouseDeps, 'read' | 'forms' | 'now'>,
  { modelName, recipe, championId }: ModelRow,
): Promise<WatchFigures> {
  const nowMs = now()
  const champion = championId === null ? undefined : await findCandidate(read, championId)
  const releases = await releasesOf(read, modelName)
  const own = releases.filter(({ candidateId }) => candidateId === championId)
  const sinceWeek = isoWeek(nowMs - NOW_MS)
  const weeks = { from: isoWeek(nowMs - BEFORE_MS), to: isoWeek(nowMs + 7 * DAY_MS) }
  const sketches =
    own.length === 0
      ? []
      : await sketchesOf(
          read,
          own.map(({ releaseId }) => releaseId),
          weeks,
        )
  const limits = limitsOf(recipe.triggers)
  const verified = await verifiedInterviews(read, recipe)
  const scores = await verifiedScores({ read, forms }, recipe, verified, {
    ofChampion: new Set(own.map(({ releaseId }) => releaseId)),
    ofModel: new Set(releases.map(({ releaseId }) => releaseId)),
  })
  return {
    championId,
    ...measureDrift(champion?.candidate ?? null, sketches, sinceWeek),
    calibration: measureCalibration(scores, limits),
    performance: measurePerformance(scores, champion?.candidate.metrics['logLoss'] ?? null, limits),
    labels: {
      ...(await ageOf(read, verified, champion?.candidate.runId ?? null, nowMs)),
      ...(await churnOf(read, verified)),
    },
    runs: (await runsSince(read, modelName, own)).map(({ uptoSeq, ...run }) => ({
      ...run,
      had: hadByRun(scores, uptoSeq),
    })),
  }
}

/** Of the outcomes that the champion's run looked at. */
async function ageOf(db: ReadDb, verified: readonly VerifiedInterview[], runId: string | null, nowMs: number) {
  const run = runId === null ? undefined : await findRun(db, runId)
  const ages = verified
    .filter(({ seq }) => run !== undefined && seq <= run.uptoSeq)
    .map(({ observedAtMs }) => (nowMs - observedAtMs) / DAY_MS)
    .sort((a, b) => a - b)
  return {
    learntFrom: ages.length,
    medianAgeDays: ages[Math.floor(ages.length / 2)] ?? null,
    olderThanAYear: ages.length === 0 ? null : ages.filter(age => age > 365).length / ages.length,
  }
}

/** Since the champion came into force; not the run that brought it. */
async function runsSince(db: ReadDb, modelName: string, own: readonly ReleaseRow[]) {
  const sinceMs = Math.min(...own.map(({ createdAtMs }) => createdAtMs))
  const brought = new Set(own.map(({ releaseId }) => releaseId))
  return (await listRuns(db, RUNS_READ)).flatMap(run => {
    const { runId, finishedAtMs, verdict, report, handicap, releaseId, uptoSeq } = run
    if (run.modelName !== modelName || verdict === null || finishedAtMs === null || finishedAtMs < sinceMs) return []
    if (releaseId !== null && brought.has(releaseId)) return []
    const gain = report?.lines.find(line => idOf(line) === 'gain-mean')?.value ?? null
    return [
      {
        runId,
        finishedAtMs,
        verdict,
        summary: report?.summary ?? '',
        gain,
        handicap: handicap !== null,
        judged: isJudged(report),
        uptoSeq,
      },
    ]
  })
}

/** A candidate that was refused for what there was to judge by may be as good as any. */
function isJudged(report: GateReport | null): boolean {
  const failed = report === null ? [] : failedLines(report).map(line => kindOf(idOf(line)))
  return !failed.includes('holdout') && !failed.includes('withdrawn-rows') && failed.some(kind => kind !== 'looks')
}
