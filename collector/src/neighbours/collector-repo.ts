/** The SQL of the list of running collectors. All times are the database's: machines' clocks differ. */
import { sql } from 'drizzle-orm'
import { readReach, type Reach } from '../db/epoch.ts'
import type { WriteDb } from '../db/handles.ts'

const NOW_MS = sql`(extract(epoch from clock_timestamp()) * 1000)::bigint`
/** A collector that has said nothing for so long has died; if it has not, it comes back by its next beat. */
const GONE_AFTER_MS = 20_000

export interface Neighbour extends Record<string, unknown> {
  readonly processId: string
  readonly connected: readonly string[]
}

export interface Life extends Omit<Reach, 'outcomeSeq'> {
  readonly epoch: number
  readonly lineage: string
}

export interface Seen {
  readonly neighbours: readonly Neighbour[]
  /** As it stands in the database now. */
  readonly life: Life | undefined
}

export async function beat(
  write: WriteDb,
  me: {
    readonly processId: string
    readonly host: string
    readonly projectId: string
    readonly connected: readonly string[]
  },
): Promise<Seen> {
  const { processId, host, projectId } = me
  const connected = sql.param([...me.connected])
  await write.execute(sql`
    insert into collectors (process_id, host, started_at_ms, seen_at_ms, connected)
    values (${processId}, ${host}, ${NOW_MS}, ${NOW_MS}, ${connected}::text[])
    on conflict (process_id) do update set seen_at_ms = excluded.seen_at_ms, connected = excluded.connected`)
  const { rows } = await write.execute<Neighbour>(sql`
    select process_id as "processId", connected from collectors
     where process_id <> ${processId} and seen_at_ms > ${NOW_MS} - ${GONE_AFTER_MS}`)
  const found = await write.execute<{ epoch: number; lineage: string }>(sql`
    select epoch, lineage from projects where project_id = ${projectId}`)
  const [life] = found.rows
  const reach = await readReach(write, projectId)
  return { neighbours: rows, life: life === undefined ? undefined : { ...life, ...reach } }
}

/** Also those that died without a word: nobody else would clear them away. */
export async function leave(write: WriteDb, processId: string): Promise<void> {
  await write.execute(sql`
    delete from collectors where process_id = ${processId} or seen_at_ms < ${NOW_MS} - ${10 * GONE_AFTER_MS}`)
}

export async function say(write: WriteDb, channel: string, payload: string): Promise<void> {
  await write.execute(sql`select pg_notify(${channel}, ${payload})`)
}
