/**
 * Which batches of outcomes there are, and how much a person at the centre said besides, written
 * down outside the database and outside the journal: where a restore finds no journal, it says at
 * least what is lost.
 *
 * Not here: outcomes that follow-ups bring. They come again with the interviews that say so.
 */
import { readFileSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'drizzle-orm'
import { z } from 'zod'
import type { ReadDb } from '../db/handles.ts'

const Count = z.int().nonnegative()
const NotedBatch = z.object({
  importId: z.string(),
  name: z.string(),
  by: z.string(),
  createdAtMs: z.number(),
  outcomes: Count,
})
const NotedOutcomes = z.object({
  /** The newest first. */
  batches: z.array(NotedBatch),
  /** Outcomes of reviewers. */
  reviews: Count,
  /** Doubts, withdrawals and restorations. */
  words: Count,
  /** At the households kept aside. */
  looks: Count,
})
export type NotedOutcomes = z.infer<typeof NotedOutcomes>

/** Of older batches nothing is noted. */
const MAX_BATCHES = 1_000

const fileOf = (dataDir: string) => join(dataDir, 'outcomes.json')

export async function outcomesNow(read: ReadDb): Promise<NotedOutcomes> {
  const { rows } = await read.execute<Record<string, unknown>>(sql`
    select (select count(*)::int from outcomes where source = 'review') as reviews,
           (select count(*)::int from outcome_events) as words,
           (select count(*)::int from holdout_looks) as looks,
           (select coalesce(json_agg(batch), '[]'::json) from (
              select import_id as "importId", name, by, created_at_ms as "createdAtMs",
                     (select count(*)::int from outcomes o where o.import_id = i.import_id) as outcomes
                from outcome_imports i order by created_at_ms desc, import_id limit ${MAX_BATCHES}) batch) as batches`)
  return NotedOutcomes.parse(rows[0])
}

export async function noteOutcomes(read: ReadDb, dataDir: string): Promise<void> {
  const file = fileOf(dataDir)
  await writeFile(`${file}.new`, JSON.stringify(await outcomesNow(read)), { mode: 0o600, flush: true })
  await rename(`${file}.new`, file)
}

/** `null` where nothing was noted, or where it cannot be read. */
export function readNotedOutcomes(dataDir: string): NotedOutcomes | null {
  try {
    return NotedOutcomes.parse(JSON.parse(readFileSync(fileOf(dataDir), 'utf8')))
  } catch {
    return null
  }
}

export interface LostOutcomes extends Omit<NotedOutcomes, 'batches'> {
  /** Of each that is not whole: how many of its outcomes are missing. */
  readonly batches: readonly NotedOutcomes['batches'][number][]
}

/** What was noted and is not there. */
export function lostOutcomes(noted: NotedOutcomes, now: NotedOutcomes): LostOutcomes {
  const here = new Map(now.batches.map(({ importId, outcomes }) => [importId, outcomes]))
  const less = (of: 'reviews' | 'words' | 'looks') => Math.max(0, noted[of] - now[of])
  return {
    batches: noted.batches.flatMap(batch => {
      const outcomes = batch.outcomes - (here.get(batch.importId) ?? 0)
      return outcomes > 0 || !here.has(batch.importId) ? [{ ...batch, outcomes }] : []
    }),
    reviews: less('reviews'),
    words: less('words'),
    looks: less('looks'),
  }
}
