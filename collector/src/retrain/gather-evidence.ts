/**
 * What the champion has been worth since it was made: it is asked again about the interviews
 * whose outcomes came after the rows that it was made and judged on.
 *
 * N1 an outcome that the champion was made or judged on says nothing here
 *
 * Asked again and not taken from the devices, as watching does: whether a run is due is about the model, also
 * where laptops scored with an older one or had none. What officers were told is another sample and the same
 * reckoning (measure-evidence.ts).
 */
import { predict } from '@murram/learn'
import type { HouseDeps } from '../main/room.ts'
import { countOutcomesAfter } from '../outcomes/outcome-repo.ts'
import { weightOf } from '../outcomes/outcome-states.ts'
import type { ModelRow } from '../registry/registry-repo.ts'
import { championOf, pagesOf, snapshotOrderOf, type Champion } from './run-order.ts'
import { findRun } from './run-repo.ts'
import { answersByName, freezeRows, thawRows, type SnapshotOrder, type VerifiedVisit } from './snapshot.ts'
import { auditOf, regionsOf, type Asked } from './measure-evidence.ts'
import type { TriggerFacts } from './weigh-triggers.ts'

export type Evidence = Pick<TriggerFacts, 'audit' | 'regions'>

export const nothingGathered: Evidence = { audit: null, regions: [] }

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
  return {
    audit: auditOf(asked, metrics['logLoss'] ?? null),
    regions: regionsOf(
      asked.filter(({ region }) => region !== ''),
      model.recipe.triggers.calibration?.atLeast ?? 1,
    ),
  }
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
