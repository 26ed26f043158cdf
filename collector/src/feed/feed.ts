/**
 * The change feed: what devices pull. Any room appends to it inside its own transaction and
 * rings the bell after commit.
 *
 * Laws, in `feed.test.ts`:
 *   N1 numbers are dense and become visible in order: the project's row is locked from the
 *      moment they are handed out until commit
 *   N2 a key stands in the feed once, under the number of its latest change
 *   N3 a bell that is missed costs time, never a row: the poll is the truth
 *   N4 a row that no page could carry is not written: it would end every reader's feed
 */
import { sql } from 'drizzle-orm'
import { inTransaction, type WriteDb } from '../db/handles.ts'
import type { FeedEntry } from './feed-entry.ts'
import { conflictsThatMove, scopeEntries, type ScopedEntry, type ScopeProperties } from './scope-entries.ts'

export type { FeedEntry } from './feed-entry.ts'

/** Of a row's body as JSON; a page is a frame and holds at least one row. */
export const MAX_ROW_BYTES = 600_000
const MOST_BYTES_A_CHARACTER = 3

export interface Feed {
  /** Inside the caller's transaction; then `ring()` once it has committed. */
  readonly append: (tx: WriteDb, entries: readonly FeedEntry[]) => Promise<void>
  /** A transaction of its own, and the bell. */
  readonly publish: (entries: readonly FeedEntry[]) => Promise<void>
  readonly ring: () => void
  /** @returns How to stop listening. */
  readonly onRing: (listener: () => void) => () => void
}

export function createFeed({ write, projectId }: { readonly write: WriteDb; readonly projectId: string }): Feed {
  const listeners = new Set<() => void>()
  const ring = () => {
    for (const listener of listeners) listener()
  }
  const append = (tx: WriteDb, entries: readonly FeedEntry[]) => appendFeed(tx, projectId, entries)
  return {
    append,
    ring,
    publish: async entries => {
      await inTransaction(write, tx => append(tx, entries))
      ring()
    },
    onRing: listener => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

/** Two statements, however many entries, where nothing is divided into scopes. Of entries with one key the last one counts. */
async function appendFeed(tx: WriteDb, projectId: string, entries: readonly FeedEntry[]): Promise<void> {
  const lastPlaces = new Map(entries.map(({ kind, key }, i) => [`${kind}:${key}`, i]))
  const latest = entries.filter(({ kind, key }, i) => lastPlaces.get(`${kind}:${key}`) === i)
  if (latest.length === 0) return
  const { last, properties } = await takeNumbers(tx, projectId, latest.length)
  const scoped = await scopeEntries(tx, properties, latest)
  await putEntries(tx, scoped, last)
  const moved = await conflictsThatMove(tx, scoped)
  if (moved.length > 0) await putEntries(tx, moved, (await takeNumbers(tx, projectId, moved.length)).last)
}

/** N4 */
function assertFits(entries: readonly FeedEntry[]): void {
  for (const { kind, key, body } of entries) {
    const sizeBytes = Buffer.byteLength(JSON.stringify(body) ?? '')
    if (sizeBytes > MAX_ROW_BYTES)
      throw new Error(`the ${kind} ${key} would have ${sizeBytes} bytes, more than a page carries`)
  }
}

async function takeNumbers(
  tx: WriteDb,
  projectId: string,
  count: number,
): Promise<{ readonly last: number; readonly properties: ScopeProperties }> {
  const { rows } = await tx.execute<{ last: string; properties: ScopeProperties }>(
    sql`update projects set feed_number = feed_number + ${count} where project_id = ${projectId}
        returning feed_number as last, scope_properties as properties`,
  )
  return { last: Number(rows[0]?.last), properties: rows[0]?.properties ?? {} }
}

/** A tombstone stays with those who were told the row; what leaves a scope is remembered to have been in it. */
async function putEntries(tx: WriteDb, entries: readonly ScopedEntry[], last: number): Promise<void> {
  const first = last - entries.length + 1
  const changes = entries.map((entry, i) => ({ ...entry, number: first + i }))
  const text = JSON.stringify(changes)
  if (text.length > MAX_ROW_BYTES / MOST_BYTES_A_CHARACTER) assertFits(entries)
  await tx.execute(sql`
    insert into feed (kind, key, number, body, scope, scopes)
    select kind, key, number, body, scope, scopes
      from json_to_recordset(${text}::json)
        as entry (kind text, key text, number bigint, body json, scope text[], scopes text[])
    on conflict (kind, key) do update set number = excluded.number, body = excluded.body,
      scope = case when excluded.body is null then feed.scope
                   when feed.scope is null or excluded.scope is null then excluded.scope
                   else array(select distinct d from unnest(feed.scope || excluded.scope) d) end,
      left_scopes = case when feed.scopes is null or excluded.body is null then feed.left_scopes else array(
        select distinct s from unnest(coalesce(feed.left_scopes, '{}') || feed.scopes) s
         where not s = any(coalesce(excluded.scopes, '{}'))) end,
      scopes = case when excluded.body is null then feed.scopes else excluded.scopes end`)
}
