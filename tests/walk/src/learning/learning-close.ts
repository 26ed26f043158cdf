/** The end of the story: which release is in force where, what training again was worth, and whether it ended right. */
import type { ReleaseList } from '@murram/collector/api'
import { join } from 'node:path'
import { storedFile, storedInterviews } from '../database.ts'
import { compareMultisets, readLedgers } from '../ledger.ts'
import type { RunDetail, RunRow } from './centre-replies.ts'
import type { Centre, Rollout } from './centre.ts'
import { inWords, worthByWave, type FirstTrained, type WaveWorth } from './compare-models.ts'
import type { LearningStage } from './learning-stage.ts'
import type { Poison } from './lie-and-heal.ts'
import { releasesByOrders, settle, type Field } from './make-visits.ts'
import { MODEL_NAME } from './panel-form.ts'
import type { Decision } from './telling.ts'

export interface Check {
  readonly what: string
  readonly isRight: boolean
  readonly found: string
}

export interface LearningClosing {
  readonly right: boolean
  readonly checks: readonly Check[]
  readonly devices: readonly {
    readonly officer: string
    readonly ring: number
    readonly releaseId: string | null
    readonly expected: string | null
  }[]
  readonly champion: string | null
  readonly waves: readonly WaveWorth[]
  readonly visits: number
  readonly lost: number
  readonly duplicated: number
  readonly runs: { readonly promoted: number; readonly refused: number; readonly triggers: readonly string[] }
  readonly poison: Poison | null
  readonly decisions: readonly Decision[]
  readonly seconds: number
}

export interface ToClose {
  readonly stage: LearningStage
  readonly centre: Centre
  readonly field: Field
  readonly poison: Poison | null
  readonly startedAt: number
}

export async function closeStory({ stage, centre, field, poison, startedAt }: ToClose): Promise<LearningClosing> {
  const { central, laptops, panel, telling, folder, address } = stage
  const statuses = await settle(stage)
  const stored = await storedInterviews(address.databaseUrl)
  const { lost, duplicated } = compareMultisets(readLedgers(join(folder, 'ledgers')), stored)
  const { history } = await central.get<Rollout>(`/api/v1/models/${MODEL_NAME}/rollout`)
  const { releases } = await central.get<ReleaseList>('/api/v1/releases')
  const { runs } = await central.get<{ runs: readonly RunRow[] }>('/api/v1/runs?limit=500')
  const champion = (await centre.models()).models.find(({ modelName }) => modelName === MODEL_NAME)?.championId ?? null
  const orders = history.toReversed()
  const devices = laptops.map(({ officer, ring }, at) => ({
    officer,
    ring,
    releaseId: statuses[at]?.releaseId ?? null,
    expected: releasesByOrders(orders, ring).at(-1) ?? null,
    had: statuses[at]?.hadReleases ?? [],
    allowed: releasesByOrders(orders, ring),
  }))
  const refused = runs.filter(({ verdict }) => verdict === 'refused')
  // A candidate is named by its bytes: one that is what was in force already was released before it was refused.
  const isReleasedAfter = ({ candidateId, createdAtMs }: RunRow) =>
    releases.some(release => release.candidateId === candidateId && release.createdAtMs > createdAtMs) &&
    !releases.some(release => release.candidateId === candidateId && release.createdAtMs <= createdAtMs)
  const worth = worthByWave(panel, field.done, await firstTrained(stage, runs))

  const checks: readonly Check[] = [
    check(
      'every laptop is on the release that the registry says',
      devices,
      ({ releaseId, expected }) => releaseId !== null && releaseId === expected,
      ({ officer }) => officer,
    ),
    check(
      'no laptop ever had a release that was not for its ring',
      devices,
      ({ had, allowed }) => had.every(one => allowed.includes(one)),
      ({ officer }) => officer,
    ),
    check(
      'no refused candidate was ever released',
      refused,
      run => !isReleasedAfter(run),
      ({ runId }) => runId,
    ),
    check(
      'no spoilt candidate passed the gate',
      runs.filter(({ handicap }) => handicap !== null),
      ({ verdict }) => verdict === 'refused',
      ({ runId }) => runId,
    ),
    ...poisonChecks(poison, devices),
    {
      what: 'nothing is lost and nothing doubled',
      isRight: lost.length + duplicated.length === 0,
      found: `${stored.length} submissions in PostgreSQL, ${lost.length} lost, ${duplicated.length} doubled`,
    },
    { what: 'every visit could be finalised', isRight: field.setAside === 0, found: `${field.setAside} set aside` },
    ...newRegionCheck(worth),
  ]
  const closing: LearningClosing = {
    right: checks.every(({ isRight }) => isRight),
    checks,
    devices: devices.map(({ officer, ring, releaseId, expected }) => ({ officer, ring, releaseId, expected })),
    champion,
    waves: worth,
    visits: field.done.length,
    lost: lost.length,
    duplicated: duplicated.length,
    runs: {
      promoted: runs.filter(({ verdict }) => verdict === 'promote').length,
      refused: refused.length,
      triggers: [...new Set(runs.map(({ trigger }) => trigger))],
    },
    poison,
    decisions: telling.decisions,
    seconds: Math.round((Date.now() - startedAt) / 100) / 10,
  }
  show(stage, closing)
  return closing
}

function check<T>(what: string, all: readonly T[], isRight: (one: T) => boolean, name: (one: T) => string): Check {
  const wrong = all.filter(one => !isRight(one))
  const found = wrong.length === 0 ? `all of ${all.length}` : `not: ${wrong.map(name).join(', ')}`
  return { what, isRight: wrong.length === 0, found }
}

function poisonChecks(
  poison: Poison | null,
  devices: readonly { readonly had: readonly string[]; readonly releaseId: string | null }[],
): readonly Check[] {
  if (poison === null) return []
  const { wasFlagged, run, healing, interviews } = poison
  return [
    {
      what: 'the file that lied was named at its import, or refused at the gate',
      isRight: wasFlagged || run?.verdict !== 'promoted',
      found: `${wasFlagged ? 'it looked odd' : 'it did not look odd'}; ${run === null ? 'no run began' : `what learnt ${run.asItLied} of its ${interviews} lies is ${run.verdict}`}`,
    },
    {
      what: 'no release in force has learnt from outcomes that were withdrawn',
      isRight: run?.releaseId == null || devices.every(({ releaseId }) => releaseId !== run.releaseId),
      found: run?.releaseId ?? 'none ever was released',
    },
    {
      what: 'what was put right is learnt as it was, and judged',
      isRight: healing !== null && healing.asItWas > 0 && healing.asItLied === 0,
      found:
        healing === null
          ? 'no run'
          : `${healing.asItWas} of ${interviews} as they were, ${healing.asItLied} as the file lied; ${healing.verdict}${healing.verdict === 'refused' ? `: ${healing.why}` : ''}`,
    },
  ]
}

/** In the last wave the scores in the new region are nearer to the truth than those of a model that never learnt from it. */
function newRegionCheck(waves: readonly WaveWorth[]): readonly Check[] {
  const last = waves.at(-1)?.inNewRegion
  if (last === null || last === undefined || last.never === null) return []
  const [never, now] = [inWords(last.never)[1], inWords(last.retrained)[1]]
  return [
    {
      what: 'in the new region the scores are nearer to the truth than those of a model that was never retrained',
      isRight: Math.abs(last.retrained.offBy) < Math.abs(last.never.offBy),
      found: `off by ${now}, never retrained ${never}`,
    },
  ]
}

async function firstTrained(
  { central, address }: LearningStage,
  runs: readonly RunRow[],
): Promise<FirstTrained | null> {
  const first = runs.findLast(({ verdict }) => verdict === 'promote')
  if (first === undefined || first.releaseId === null) return null
  const { record } = await central.get<RunDetail>(`/api/v1/runs/${first.runId}`)
  const file = record?.artefacts.find(({ name }) => name === 'trees.json')
  return file === undefined
    ? null
    : { releaseId: first.releaseId, file: await storedFile(address.databaseUrl, file.sha256) }
}

function show({ telling, panel }: LearningStage, closing: LearningClosing): void {
  telling.table([
    ['laptop', 'ring', 'release in force', 'as the registry says'],
    ...closing.devices.map(({ officer, ring, releaseId, expected }) => [
      officer,
      ring === 0 ? '0 (staff)' : String(ring),
      releaseId ?? 'none',
      releaseId === expected ? 'yes' : `no: ${expected ?? 'none'}`,
    ]),
  ])
  telling.line('')
  telling.table([
    [
      'wave',
      'visits',
      'AUC: never',
      'retrained',
      'off by: never',
      'retrained',
      ...(panel.newcomer === null ? [] : [`in the ${panel.newcomer.region}: never`, 'retrained']),
    ],
    ...closing.waves.map(({ wave, visits, never, retrained, inNewRegion }) => {
      const [neverAuc, neverOff] = inWords(never)
      const [nowAuc, nowOff] = inWords(retrained)
      const there = inNewRegion === null ? ['', ''] : [inWords(inNewRegion.never)[1], inWords(inNewRegion.retrained)[1]]
      return [wave, String(visits), neverAuc, nowAuc, neverOff, nowOff, ...(panel.newcomer === null ? [] : there)]
    }),
  ])
  telling.line('')
  for (const { what, isRight, found } of closing.checks) telling.line(`${isRight ? '✓' : '✗'} ${what}: ${found}`)
  const { runs, visits, seconds } = closing
  telling.line(
    `${closing.right ? 'It ended right' : 'It did not end right'}: ${visits} visits, ${runs.promoted} candidates promoted, ${runs.refused} refused, ${seconds} s.`,
  )
}
