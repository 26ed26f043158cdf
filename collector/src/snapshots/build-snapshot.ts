/**
 * Writes the present state of a view into files: rows are read in the order of their numbers, a
 * few thousand at a time, and each block is stored before the next one is read.
 *
 * B1 every row of the view that has not changed since stands in one block; what changed while
 *    the blocks were written has a later number, and a reader pulls from `number` on
 * B2 what is for some devices by name is in no block
 * B3 forms, releases and decisions come before entities: they are few, and nothing works
 *    without them
 * B4 memory holds one block, however many rows there are
 *
 * Not here: when to build, and for whom (`snapshots.ts`).
 */
import { encodeBlock, encodeManifest, MAX_BLOCK_BODY_BYTES, MAX_BLOCK_ROWS, type FeedRow } from '@murram/wire'
import { sql, type SQL } from 'drizzle-orm'
import { putBlob, type StoredBlob } from '../blobs/blobs.ts'
import type { ReadDb, WriteDb } from '../db/handles.ts'
import { readFeedNumber } from '../feed/read-page.ts'
import { seenIn, type View } from '../feed/view.ts'
import { viewSnapshots } from './tables.ts'

export type ViewSnapshot = typeof viewSnapshots.$inferSelect

export interface BuildDeps {
  readonly read: ReadDb
  readonly write: WriteDb
  readonly projectId: string
  readonly epoch: number
  readonly now: () => number
}

const READ_ROWS = 1_000

export async function buildSnapshot(
  { read, write, projectId, epoch, now }: BuildDeps,
  view: View,
): Promise<ViewSnapshot> {
  const number = await readFeedNumber(read, projectId)
  const blocks: (StoredBlob & { readonly rows: number })[] = []
  let pending: FeedRow[] = []
  let pendingBytes = 0
  const flush = async () => {
    if (pending.length === 0) return
    blocks.push({ ...(await putBlob(write, encodeBlock(pending), now())), rows: pending.length })
    pending = []
    pendingBytes = 0
  }
  for (const kinds of [sql`kind <> 'entity'`, sql`kind = 'entity'`]) {
    for await (const { row, sizeBytes } of readRows(read, sql`${kinds} and ${seenIn(view)}`, number)) {
      if (pending.length >= MAX_BLOCK_ROWS || pendingBytes + sizeBytes > MAX_BLOCK_BODY_BYTES) await flush()
      pending.push(row)
      pendingBytes += sizeBytes
    }
    await flush()
  }
  const rows = blocks.reduce((sum, block) => sum + block.rows, 0)
  const manifest = await putBlob(write, encodeManifest({ epoch, number, view: view.name, rows, blocks }), now())
  const built: ViewSnapshot = {
    view: view.name,
    epoch,
    number,
    manifestSha256: manifest.sha256,
    manifestBytes: manifest.sizeBytes,
    files: [manifest.sha256, ...blocks.map(block => block.sha256)],
    rows,
    sizeBytes: blocks.reduce((sum, block) => sum + block.sizeBytes, manifest.sizeBytes),
    builtAtMs: now(),
  }
  await write
    .insert(viewSnapshots)
    .values(built)
    .onConflictDoUpdate({
      target: [viewSnapshots.view, viewSnapshots.epoch, viewSnapshots.number],
      set: built,
    })
  return built
}

interface Found extends Record<string, unknown> {
  readonly number: string
  readonly kind: FeedRow['kind']
  readonly key: string
  readonly body: unknown
  readonly size_bytes: number
}

async function* readRows(read: ReadDb, which: SQL, upto: number) {
  for (let after = 0; ;) {
    const { rows } = await read.execute<Found>(sql`
      select number, kind, key, body, octet_length(body::text) as size_bytes from feed
       where number > ${after} and number <= ${upto} and body is not null and scope is null and kind <> 'rollout' and ${which}
       order by number limit ${READ_ROWS}`)
    for (const { number, kind, key, body, size_bytes: sizeBytes } of rows)
      yield { row: { number: Number(number), kind, key, body } satisfies FeedRow, sizeBytes }
    const last = rows.at(-1)
    if (last === undefined || rows.length < READ_ROWS) return
    after = Number(last.number)
  }
}
