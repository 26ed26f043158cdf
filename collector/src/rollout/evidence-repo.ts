/**
 * What devices showed of a release, counted from what they sent. It reads what ingest, enrolment and
 * outcomes stored, by name, and writes none of it.
 *
 * Each look is over the newest interviews alone, so that its cost has a bound however long a release
 * stays in a ring.
 */
import type { InstanceId } from '@murram/ground'
import { stampMillis, type Stamp } from '@murram/fold'
import { ringOf } from '@murram/score'
import { sql } from 'drizzle-orm'
import type { ReadDb } from '../db/handles.ts'
import { seenOutcomes } from '../outcomes/outcome-repo.ts'
import { standingOf, type Horizon } from '../outcomes/outcome-states.ts'
import type { GateReport } from '../registry/gate-report.ts'
import { idOf } from '../registry/line-ids.ts'
import type { RingEvidence } from './advance-policy.ts'
import { activeDevices, type OrderRow } from './order-repo.ts'
import { reportsOf } from './release-repo.ts'
import { judgeShadow, type JudgedPair } from './shadow-verdict.ts'

const MOST_INTERVIEWS = 20_000

/** What the model itself does wrong. A cut link, a full disk or a missing form say nothing of it. */
const OF_THE_MODEL: ReadonlySet<string> = new Set([
  'bundle.malformed',
  'bundle.load-failed',
  'bundle.vectors-failed',
  'score.not-finite',
  'score.thread-ended',
])

export interface EvidenceQuery {
  readonly order: OrderRow
  readonly formId: string
  readonly positive: string
  readonly horizon: Horizon | undefined
  readonly promisedFlips: number | null
  /** The ring that was open before; -1 for none. */
  readonly ringBefore: number
  /** What all have: a device that is further behind would change more of its decisions than was promised. */
  readonly against: string | null
}

export async function evidenceOf(db: ReadDb, query: EvidenceQuery): Promise<RingEvidence> {
  const { order, formId, positive, horizon, promisedFlips, ringBefore, against } = query
  const { releaseId } = order
  const active = await activeDevices(db)
  const isNew = (ring: number): boolean => ring > ringBefore && ring <= order.openRing
  const inRing = new Set(active.filter(deviceId => isNew(ringOf(order.signed.body, deviceId))))
  const reports = await reportsOf(db, releaseId)
  const counted = await countScores(db, { formId, releaseId, against, fromSeq: order.fromSeq })
  const verdict = judgeShadow(await judgedPairs(db, { formId, releaseId, positive, horizon }))
  const failures = reports.flatMap(({ deviceId, state, fault }) => {
    const why = nameOf(fault)
    const isModel = state === 'rolled-back' || (state === 'refused' && OF_THE_MODEL.has(why))
    return isModel ? [{ deviceId, why }] : []
  })
  return {
    devices: inRing.size,
    installed: reports.filter(({ state }) => state === 'installed').length,
    scores: counted.scores,
    unscored: counted.unscored,
    scoredDevices: counted.devices.filter(deviceId => inRing.has(deviceId)).length,
    failures,
    pairs: counted.pairs,
    flips: counted.flips,
    promisedFlips,
    judged: verdict.verdict,
  }
}

const nameOf = (fault: unknown): string =>
  typeof fault === 'object' && fault !== null && 'fault' in fault ? String(fault.fault) : 'unknown'

async function countScores(
  db: ReadDb,
  {
    formId,
    releaseId,
    against,
    fromSeq,
  }: {
    readonly formId: string
    readonly releaseId: string
    readonly against: string | null
    readonly fromSeq: number
  },
): Promise<{ scores: number; devices: readonly string[]; pairs: number; flips: number; unscored: number }> {
  const isPair = sql`(a -> 'shadow' ->> 'releaseId' = ${releaseId} and a ->> 'releaseId' = ${against}::text)`
  const { rows } = await db.execute<{
    scores: number
    devices: readonly string[] | null
    pairs: number
    flips: number
    unscored: number
  }>(
    sql`
    with recent as (
      select device_id, body -> 'assessment' as a from submissions
       where form_id = ${formId} and seq > ${fromSeq} and state = 'applied' order by seq desc limit ${MOST_INTERVIEWS}
    ), has as (
      select device_id from device_models one where release_id = ${releaseId} and state <> 'refused'
         and exists (select 1 from device_models other
                      where other.device_id = one.device_id and other.release_id <> one.release_id and other.state <> 'refused')
    )
    select count(*) filter (where a ->> 'releaseId' = ${releaseId})::int as scores,
           count(*) filter (where a ->> 'releaseId' is null and device_id in (select device_id from has))::int as unscored,
           array_agg(distinct device_id) filter (where a ->> 'releaseId' = ${releaseId}) as devices,
           count(*) filter (where ${isPair})::int as pairs,
           count(*) filter (where ${isPair} and a -> 'shadow' ->> 'label' <> a ->> 'label')::int as flips
      from recent`,
  )
  const { scores = 0, devices = null, pairs = 0, flips = 0, unscored = 0 } = rows[0] ?? {}
  return { scores, devices: devices ?? [], pairs, flips, unscored }
}

/** Interviews with a verified outcome that this one scored in shadow: both probabilities of what came true. */
export async function judgedPairs(
  db: ReadDb,
  { formId, releaseId, positive, horizon }: PairsQuery,
): Promise<readonly JudgedPair[]> {
  const seen = Map.groupBy(await seenOutcomes(db, formId, Number.MAX_SAFE_INTEGER), ({ instanceId }) => instanceId)
  if (seen.size === 0) return []
  const { rows } = await db.execute<ShadowRow>(sql`
    select instance_id as "instanceId", stamp, received_at_ms as "receivedAtMs",
           (body -> 'assessment' ->> 'probability')::float8 as champion,
           (body -> 'assessment' -> 'shadow' ->> 'probability')::float8 as shadow
      from submissions
     where instance_id = any(${sql.param([...seen.keys()])}::text[]) and state = 'applied'
       and body -> 'assessment' -> 'shadow' ->> 'releaseId' = ${releaseId}
     limit ${MOST_INTERVIEWS}`)
  return rows.flatMap(({ instanceId, stamp, receivedAtMs, champion, shadow }) => {
    const standing = standingOf(seen.get(instanceId)!, Math.min(stampMillis(stamp), Number(receivedAtMs)), horizon)
    return standing.state !== 'verified' || champion === null || shadow === null
      ? []
      : [{ isPositive: standing.outcome.value === positive, champion, shadow }]
  })
}

interface PairsQuery {
  readonly formId: string
  readonly releaseId: string
  readonly positive: string
  readonly horizon: Horizon | undefined
}

interface ShadowRow extends Record<string, unknown> {
  readonly instanceId: InstanceId
  readonly stamp: Stamp
  readonly receivedAtMs: string
  readonly champion: number | null
  readonly shadow: number | null
}

/** The share of changed decisions that a gate's report names. */
export const promisedOf = (report: Pick<GateReport, 'lines'> | null): number | null =>
  report?.lines.find(line => idOf(line) === 'flips')?.value ?? null
