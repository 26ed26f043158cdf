/**
 * What the champion has been worth since it was made: it is asked again about the interviews
 * whose outcomes came after the rows that it was made and judged on.
 *
 * Laws, in `gather-evidence.test.ts`:
 *   N1 an outcome that the champion was made or judged on says nothing here
 *   N2 only households that chance chose tell how good it is; all of them, weighed, tell a region's level
 *
 * Asked again and not taken from the devices: they may have scored with an older model.
 */
import { logLoss, pairedBootstrap, predict, rowLosses } from '@murram/learn'
import type { HouseDeps } from '../main/room.ts'
import { countOutcomesAfter } from '../outcomes/outcome-repo.ts'
import { weightOf } from '../outcomes/outcome-states.ts'
import type { ModelRow } from '../registry/registry-repo.ts'
import { championOf, pagesOf, snapshotOrderOf, type Champion } from './run-order.ts'
import { findRun } from './run-repo.ts'
import { answersByName, freezeRows, thawRows, type SnapshotOrder, type VerifiedVisit } from './snapshot.ts'
import type { AuditEvidence, RegionEvidence, TriggerFacts } from './weigh-triggers.ts'

export type Evidence = Pick<TriggerFacts, 'audit' | 'regions'>

export const nothingGathered: Evidence = { audit: null, regions: [] }

/** One interview that the champion had not seen: what it says, and what was found. */
export interface Asked {
  readonly household: string
  readonly isAudit: boolean
  readonly weight: number
  /** The answer to the question that tells the region; `''` where it was not given. */
  readonly region: string
  readonly said: number
  readonly code: number
}

export async function gatherEvidence(house: HouseDeps, model: ModelRow): Promise<Evidence> {
  const champion = await championOf(house, model)
  if (!champion.ok) return nothingGathered
  const order = await snapshotOrderOf(house, model, champion.value)
  if (!order.ok) return nothingGathered
  const { runId, metrics } = champion.value.candidate
  const afterSeq = runId === null ? 0 : ((await findRun(house.read, runId))?.uptoSeq ?? 0) // N1
  const { lastSeq: uptoSeq } = await countOutcomesAfter(house.read, model.formId, afterSeq)
  const question = model.recipe.triggers.calibration?.question ?? null
  const asked: Asked[] = []
  for await (const page of pagesOf(house, model, order.value, { afterSeq, uptoSeq })) {
    const visits = page.filter((one): one is VerifiedVisit => 'value' in one)
    asked.push(...ask(champion.value, order.value, visits, question))
  }
  return { audit: auditOf(asked, metrics['logLoss'] ?? null), regions: question === null ? [] : regionsOf(asked) }
}

function ask(
  { model }: Champion,
  order: SnapshotOrder,
  visits: readonly VerifiedVisit[],
  question: string | null,
): readonly Asked[] {
  if (visits.length === 0) return []
  const byId = new Map<string, VerifiedVisit>(visits.map(visit => [visit.instanceId, visit]))
  const frozen = freezeRows(order, visits)
  const { table, labels, groups } = thawRows(frozen)
  const said = predict(model, table)
  return frozen.rows.map(([instanceId], row) => {
    const { selection, probability, answers } = byId.get(instanceId)!
    return {
      household: groups[row]!,
      isAudit: selection === 'audit',
      weight: weightOf(probability),
      region: question === null ? '' : (answersByName(answers).get(question) ?? ''),
      said: said[row]!,
      code: labels.codes[row]!,
    }
  })
}

/** Draws times households: some tens of milliseconds, for the event loop has devices to answer. */
const WORK = 2_000_000
const drawsFor = (rows: number) => Math.min(2_000, Math.max(200, Math.floor(WORK / rows)))
/** The same outcomes say the same. */
const SEED = 1

export function auditOf(asked: readonly Asked[], atPromotion: number | null): AuditEvidence | null {
  const audit = asked.filter(({ isAudit }) => isAudit)
  if (audit.length === 0) return null
  const said = Float64Array.from(audit, one => one.said)
  const codes = Uint8Array.from(audit, one => one.code)
  const weights = Float64Array.from(audit, one => one.weight)
  const { lower } = pairedBootstrap({
    groups: audit.map(({ household }) => household),
    lossA: rowLosses(said, codes),
    lossB: new Float64Array(audit.length),
    weights,
    draws: drawsFor(audit.length),
    seed: SEED,
    level: 0.9, // two ends of 5 %: the lower one alone is the one-sided 95 %
  })
  return { outcomes: audit.length, logLoss: logLoss(said, codes, weights), lower, atPromotion }
}

export function regionsOf(asked: readonly Asked[]): readonly RegionEvidence[] {
  const byRegion = [...Map.groupBy(asked, ({ region }) => region)].filter(([region]) => region !== '')
  return byRegion.map(([region, rows]) => {
    const total = rows.reduce((sum, { weight }) => sum + weight, 0)
    const mean = (of: (one: Asked) => number) => rows.reduce((sum, one) => sum + one.weight * of(one), 0) / total
    const { lower, upper } = pairedBootstrap({
      groups: rows.map(({ household }) => household),
      lossA: rows.map(({ said }) => said),
      lossB: rows.map(({ code }) => code),
      weights: Float64Array.from(rows, ({ weight }) => weight),
      draws: drawsFor(rows.length),
      seed: SEED,
      level: 1 - 0.05 / byRegion.length,
    })
    return { region, outcomes: rows.length, said: mean(one => one.said), was: mean(one => one.code), lower, upper }
  })
}
