/**
 * Verified outcomes beside what officers had been told of the same interviews. It reads what
 * ingest, fold and outcomes keep, and writes none of it.
 */
import type { FormId, InstanceId } from '@murram/ground'
import { sql } from 'drizzle-orm'
import type { ReadDb } from '../db/handles.ts'
import type { FormShelf } from '../forms/form-shelf.ts'
import { seenOutcomes, type SeenOutcome } from '../outcomes/outcome-repo.ts'
import { standingOf, weightOf } from '../outcomes/outcome-states.ts'
import type { Recipe } from '../registry/recipe.ts'
import { interviewsInForce } from '../retrain/training-rows-repo.ts'
import type { VerifiedScore } from './measure-outcomes.ts'

export interface VerifiedInterview {
  readonly instanceId: InstanceId
  readonly seq: number
  readonly value: string
  readonly observedAtMs: number
  readonly isAudit: boolean
  /** As many households as it was drawn to stand for. */
  readonly weight: number
}

const PAGE = 1_000
const EVERY_SEQ = Number.MAX_SAFE_INTEGER

/** One outcome an interview: the one that stands. */
export async function verifiedInterviews(db: ReadDb, { form, outcome }: Recipe): Promise<readonly VerifiedInterview[]> {
  const byInterview = Map.groupBy(await seenOutcomes(db, form, EVERY_SEQ), ({ instanceId }) => instanceId)
  const asked = [...byInterview.keys()]
  const verified: VerifiedInterview[] = []
  for (let at = 0; at < asked.length; at += PAGE)
    for (const { askedFor, surveyedAtMs } of await interviewsInForce(db, asked.slice(at, at + PAGE))) {
      const standing = standingOf<SeenOutcome>(byInterview.get(askedFor) ?? [], surveyedAtMs, outcome.horizon)
      if (standing.state !== 'verified') continue
      const { instanceId, seq, value, observedAtMs, selection, probability } = standing.outcome
      verified.push({
        instanceId,
        seq,
        value,
        observedAtMs,
        isAudit: selection === 'audit',
        weight: weightOf(probability),
      })
    }
  return verified
}

interface ScoreRow extends Record<string, unknown> {
  readonly instance_id: InstanceId
  readonly household: string
  readonly release_id: string | null
  readonly probability: number | null
  readonly region: string | null
}

/** @param championReleases Releases of the candidate in force; those of the same model before it count as well. */
export async function verifiedScores(
  { read, forms }: { readonly read: ReadDb; readonly forms: FormShelf },
  recipe: Recipe,
  interviews: readonly VerifiedInterview[],
  releases: { readonly ofChampion: ReadonlySet<string>; readonly ofModel: ReadonlySet<string> },
): Promise<readonly VerifiedScore[]> {
  const refs = await regionRefs(forms, recipe)
  const scores: VerifiedScore[] = []
  for (let at = 0; at < interviews.length; at += PAGE) {
    const page = new Map(interviews.slice(at, at + PAGE).map(one => [one.instanceId, one]))
    const { rows } = await read.execute<ScoreRow>(sql`
      select s.instance_id, coalesce(e.canonical_id, w.entity_id, s.instance_id) as household,
             body -> 'assessment' ->> 'releaseId' as release_id, (body -> 'assessment' ->> 'probability')::float8 as probability,
             (select value from json_each_text(body -> 'answers') where key = any(${sql.param(refs)}::text[]) limit 1) as region
      from submissions s
      left join entity_writes w on w.instance_id = s.instance_id and w.place = 0
      left join entities e on e.entity_id = w.entity_id
      where s.instance_id = any(${sql.param([...page.keys()])}::text[])
        and json_typeof(body -> 'assessment') = 'object'`)
    for (const { instance_id: id, household, release_id: releaseId, probability, region } of rows) {
      const verified = page.get(id)
      if (verified === undefined || releaseId === null || probability === null || !releases.ofModel.has(releaseId))
        continue
      const { value, seq, observedAtMs, isAudit, weight } = verified
      scores.push({
        household,
        said: probability,
        code: Number(value === recipe.outcome.positive),
        region: region ?? '',
        seq,
        observedAtMs,
        isAudit,
        weight,
        byChampion: releases.ofChampion.has(releaseId),
      })
    }
  }
  return scores
}

/** Where the region stands in each version of the form. */
async function regionRefs(forms: FormShelf, { form: formId, region }: Recipe): Promise<readonly string[]> {
  if (region === undefined) return []
  const refs = new Set<string>()
  for (const version of await forms.versions(formId as FormId)) {
    const form = await forms.find(formId as FormId, version)
    if (!form.ok) continue
    for (const { name, path, repeat } of form.value.questions) if (name === region && repeat === null) refs.add(path)
  }
  return [...refs]
}

/** A household whose outcome was another one than a season ago. */
const SEASON_MS = 90 * 86_400_000

export async function churnOf(
  db: ReadDb,
  interviews: readonly VerifiedInterview[],
): Promise<{ readonly twice: number; readonly changed: number }> {
  const { rows } = await db.execute<{ readonly twice: string; readonly changed: string }>(sql`
    with seen as (
      select coalesce(e.canonical_id, w.entity_id) as household, o.value, o.at_ms
      from unnest(
        ${sql.param(interviews.map(({ instanceId }) => instanceId))}::text[],
        ${sql.param(interviews.map(({ value }) => value))}::text[],
        ${sql.param(interviews.map(({ observedAtMs }) => observedAtMs))}::bigint[]
      ) as o (instance_id, value, at_ms)
      join entity_writes w on w.instance_id = o.instance_id and w.place = 0
      left join entities e on e.entity_id = w.entity_id
    ), paired as (
      select value, lag(value) over household as before, at_ms - lag(at_ms) over household as gap_ms
      from seen window household as (partition by household order by at_ms)
    )
    select count(*) as twice, count(*) filter (where value <> before) as changed
    from paired where before is not null and gap_ms >= ${SEASON_MS}`)
  return { twice: Number(rows[0]?.twice ?? 0), changed: Number(rows[0]?.changed ?? 0) }
}
