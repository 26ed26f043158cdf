/**
 * What officers are told of the visits they are to make: a row of the feed while one is open, a
 * tombstone afterwards.
 *
 * TT1 every laptop of the officer is told, also one that is enrolled or comes back later, and one
 *     whose agent could not read of tasks before
 * TT2 an officer is told that a visit matters and never what a model said: who knows the score
 *     sees it in the household
 */
import { isKindKnownAt, protocolOfAgent, type TaskBody } from '@murram/wire'
import { sql } from 'drizzle-orm'
import { inTransaction, type WriteDb } from '../db/handles.ts'
import type { Feed, FeedEntry } from '../feed/feed.ts'
import type { Welcomed } from '../main/room.ts'
import { findFollowUps, type ListedFollowUp } from './follow-up-repo.ts'

interface TellDeps {
  readonly feed: Pick<Feed, 'append' | 'ring'>
}

/** Inside the transaction that changed them. */
export async function tellTasks({ feed }: TellDeps, tx: WriteDb, followUpIds: readonly string[]): Promise<void> {
  if (followUpIds.length === 0) return
  const found = await findFollowUps(tx, followUpIds)
  const told = await toldAmong(tx, followUpIds)
  const entries = found.flatMap(({ devices, ...row }): FeedEntry[] => {
    const key = row.followUpId
    if (row.state === 'sent') return [{ kind: 'task', key, body: bodyOf(row), scope: devices }]
    return told.has(key) ? [{ kind: 'task', key, body: null }] : []
  })
  if (entries.length > 0) await feed.append(tx, entries)
}

const WHY: Readonly<Record<ListedFollowUp['selection'], string>> = {
  audit: 'Chosen by lot, as some of all households are, so that we know how things went for everybody.',
  decision: 'It matters to know how this household is doing now.',
}

const bodyOf = (row: ListedFollowUp): TaskBody => ({
  taskId: row.followUpId,
  kind: 'follow-up',
  formId: row.formId as TaskBody['formId'],
  entityId: row.entityId as TaskBody['entityId'],
  label: row.label,
  dueFromMs: row.dueFromMs,
  dueToMs: row.dueToMs,
  why: WHY[row.selection],
})

async function toldAmong(tx: WriteDb, keys: readonly string[]): Promise<ReadonlySet<string>> {
  const { rows } = await tx.execute<{ key: string }>(
    sql`select key from feed where kind = 'task' and body is not null and key = any(${sql.param(keys)}::text[])`,
  )
  return new Set(rows.map(({ key }) => key))
}

/** TT1. A build that knows no tasks has read on behind them. */
export async function tellTasksToLaptop(
  deps: TellDeps,
  write: WriteDb,
  { deviceId, agentVersion, versionBefore }: Welcomed,
): Promise<void> {
  const isNewlyRead =
    versionBefore !== null &&
    !isKindKnownAt(protocolOfAgent(versionBefore), 'task') &&
    isKindKnownAt(protocolOfAgent(agentVersion), 'task')
  const { rows } = await write.execute<{ id: string }>(sql`
    select f.key as id from feed f join follow_ups u on u.follow_up_id = f.key
      join devices mine on mine.device_id = ${deviceId} and mine.state = 'active' and mine.officer = u.officer
     where f.kind = 'task' and f.body is not null and (${isNewlyRead} or not ${deviceId} = any(f.scope))`)
  if (rows.length === 0) return
  await inTransaction(write, tx =>
    tellTasks(
      deps,
      tx,
      rows.map(({ id }) => id),
    ),
  )
  deps.feed.ring()
}
