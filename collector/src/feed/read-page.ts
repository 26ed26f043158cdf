/**
 * One page of the feed for one device: what changed after its checkpoint, as far as it may
 * read it, cut by bytes. A checkpoint of another epoch is worth nothing: it starts at nought.
 *
 * What it may read is asked with the rows, so that no page is of scopes that were taken away. A row
 * that left its scopes comes as a tombstone.
 */
import type { Checkpoint, DeviceId } from '@murram/ground'
import { pageChecksum, type FeedRow, type Page } from '@murram/wire'
import { sql } from 'drizzle-orm'
import type { ReadDb } from '../db/handles.ts'
import { MAX_ROW_BYTES } from './feed.ts'
import type { ScopeProperties } from './scope-entries.ts'
import { viewOf } from './view.ts'

/** A page is a frame; rows are small, and the reader asks again. */
const MAX_ROWS = 2_000

export interface PageRequest {
  readonly projectId: string
  readonly epoch: number
  readonly deviceId: DeviceId
  readonly from: Checkpoint
  readonly maxBytes: number
  /**
   * Only what no snapshot holds, up to this number: rows for this device by name, rollouts (a snapshot
   * is read by devices that do not know them) and, for a reader that has something already, what was
   * removed since.
   */
  readonly namedUpto?: number | undefined
}

interface FoundRow extends Record<string, unknown> {
  readonly last: string
  readonly reader_scopes: readonly string[] | null
  readonly properties: ScopeProperties
  readonly divisions: number
  readonly number: string | null
  readonly kind: FeedRow['kind']
  readonly key: string
  readonly body: unknown
  readonly size_bytes: number
}

export const readPage = async (db: ReadDb, request: PageRequest): Promise<Page> => (await readPageAs(db, request)).page

/** With the name of the view under which it was read: another one may be in force than when the reader came. */
export async function readPageAs(
  db: ReadDb,
  request: PageRequest,
): Promise<{ readonly page: Page; readonly view: string }> {
  const { projectId, epoch, deviceId, namedUpto } = request
  const maxBytes = Math.min(request.maxBytes, MAX_ROW_BYTES)
  const from = request.from.epoch === epoch ? request.from.number : 0
  const mine = sql`${deviceId} = any(scope)`
  const isShown = sql`(scope is null or ${mine})`
  const removed = from === 0 ? sql`false` : sql`(body is null or feed.left_scopes && reader.scopes) and ${isShown}`
  const which =
    namedUpto === undefined ? isShown : sql`(${mine} or kind = 'rollout' or (${removed})) and number <= ${namedUpto}`
  const seen = sql`(reader.scopes is null or feed.scopes is null or feed.scopes && reader.scopes)`
  // One statement, so that the rows and the number they reach to are of one moment.
  const { rows } = await db.execute<FoundRow>(sql`
    select project.feed_number as last, reader.scopes as reader_scopes, project.scope_properties as properties,
           project.divisions, change.* from projects project
      left join devices reader on reader.device_id = ${deviceId}
      left join lateral (
        select number, kind, key, case when ${seen} then body end as body,
               coalesce(octet_length(body::text), 0) + octet_length(key) + 20 as size_bytes
          from feed where number > ${from} and ${which} and (${seen} or feed.left_scopes && reader.scopes)
         order by number limit ${MAX_ROWS}
      ) change on true
     where project.project_id = ${projectId} order by change.number`)
  const found = rows.filter(({ number }) => number !== null)
  const taken = found.slice(0, countThatFit(found, maxBytes))
  const feedNumber = Math.min(Number(rows[0]?.last ?? 0), namedUpto ?? Infinity)
  const isCut = taken.length < found.length || found.length === MAX_ROWS
  const to = isCut ? Number(taken.at(-1)?.number) : Math.max(feedNumber, from)
  const page = taken.map(({ number, kind, key, body }): FeedRow => ({ number: Number(number), kind, key, body }))
  const { reader_scopes: scopes = null, properties = {}, divisions = 0 } = rows[0] ?? {}
  return {
    page: { type: 'page', epoch, from, to, rows: page, checksum: pageChecksum(page), more: to < feedNumber },
    view: viewOf(scopes, properties, divisions).name,
  }
}

/** At least one, so that a reader with a small window gets on. */
function countThatFit(rows: readonly FoundRow[], maxBytes: number): number {
  let sizeBytes = 0
  const overflow = rows.findIndex(row => (sizeBytes += row.size_bytes) > maxBytes)
  return overflow === -1 ? rows.length : Math.max(1, overflow)
}

export async function readFeedNumber(db: ReadDb, projectId: string): Promise<number> {
  const { rows } = await db.execute<{ last: string }>(
    sql`select feed_number as last from projects where project_id = ${projectId}`,
  )
  return Number(rows[0]?.last ?? 0)
}
