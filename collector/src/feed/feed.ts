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
import { jsonList, numberList, textList } from '../db/text-list.ts'
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
  const moved = await conflictsThatMove(tx, scoped) // before what stands is replaced
  await putEntries(tx, scoped, last)
  if (moved.length > 0) await putEntries(tx, moved, (await takeNumbers(tx, projectId, moved.length)).last)
}

/** N4 */
function assertFits(body: string, of: string): void {
  if (body.length <= MAX_ROW_BYTES / MOST_BYTES_A_CHARACTER) return
  const sizeBytes = Buffer.byteLength(body)
  if (sizeBytes > MAX_ROW_BYTES) throw new Error(`the ${of} would have ${sizeBytes} bytes, more than a page carries`)
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
  const bodies = entries.map(({ body }) => (body === null ? null : JSON.stringify(body)))
  for (const [i, { kind, key }] of entries.entries()) assertFits(bodies[i] ?? '', `${kind} ${key}`)
  const names = (of: 'scope' | 'scopes') =>
    jsonList(entries.map(({ [of]: list }) => (list === undefined || list === null ? null : JSON.stringify(list))))
  await tx.execute(sql`
    insert into feed (kind, key, number, body, scope, scopes)
    select kind, key, number, body,
           case when scope is not null then array(select json_array_elements_text(scope)) end,
           case when scopes is not null then array(select json_array_elements_text(scopes)) end
      from unnest(
        ${textList(entries.map(({ kind }) => kind))},
        ${textList(entries.map(({ key }) => key))},
        ${numberList(entries.map((_, i) => first + i))},
        ${jsonList(bodies)},
        ${names('scope')},
        ${names('scopes')}
      ) as entry (kind, key, number, body, scope, scopes)
    on conflict (kind, key) do update set number = excluded.number, body = excluded.body,
      scope = case when excluded.body is null then feed.scope
                   when feed.scope is null or excluded.scope is null then excluded.scope
                   else array(select distinct d from unnest(feed.scope || excluded.scope) d) end,
      left_scopes = case when feed.scopes is null or excluded.body is null then feed.left_scopes else array(
        select distinct s from unnest(coalesce(feed.left_scopes, '{}') || feed.scopes) s
         where not s = any(coalesce(excluded.scopes, '{}'))) end,
      scopes = case when excluded.body is null then feed.scopes else excluded.scopes end`)
}
