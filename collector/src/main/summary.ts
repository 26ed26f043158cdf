/** The figures of the first page, in one statement. */
import { sql } from 'drizzle-orm'
import { countAttachments } from '../attachments/attachment-repo.ts'
import type { ReadDb } from '../db/handles.ts'
import type { Summary } from '../http/api-types.ts'

interface Counted extends Record<string, unknown> {
  readonly feed_number: string
  readonly total: number
  readonly held: number
  readonly last_ms: string | null
  readonly entities: number
  readonly open: number
  readonly settled: number
  readonly active: number
  readonly revoked: number
  readonly forms: number
  readonly safe: string
}

export async function summarise(
  read: ReadDb,
  house: Pick<Summary, 'projectId' | 'demo' | 'epoch'> & { readonly connected: number },
): Promise<Summary> {
  const { rows } = await read.execute<Counted>(sql`
    select p.feed_number, s.total, s.held, s.last_ms, c.open, c.settled, d.active, d.revoked,
           (select count(*)::int from entities where canonical_id = entity_id) as entities,
           (select count(*)::int from form_versions where state = 'published') as forms,
           (select coalesce(sum(safe_upto), 0) from stores) as safe
      from projects p,
           (select count(*)::int as total, count(*) filter (where state = 'held')::int as held, max(received_at_ms) as last_ms
              from submissions where state <> 'again') s,
           (select count(*) filter (where settled_by is null)::int as open, count(settled_by)::int as settled from conflicts) c,
           (select count(*) filter (where state = 'active')::int as active, count(*) filter (where state <> 'active')::int as revoked
              from devices) d
     where p.project_id = ${house.projectId}`)
  const [row] = rows
  if (row === undefined) throw new Error('a project without its row')
  const { projectId, demo, epoch, connected } = house
  const safeSubmissions = Number(row.safe)
  return {
    projectId,
    demo,
    epoch,
    feedNumber: Number(row.feed_number),
    submissions: {
      total: row.total,
      held: row.held,
      lastReceivedAtMs: row.last_ms === null ? null : Number(row.last_ms),
    },
    entities: row.entities,
    conflicts: { open: row.open, settled: row.settled },
    attachments: await countAttachments(read),
    devices: { active: row.active, revoked: row.revoked, connected },
    forms: row.forms,
    backup: {
      safeSubmissions,
      note:
        safeSubmissions === 0
          ? 'No backup was verified yet: devices keep everything they have sent.'
          : 'Devices may let go of what a verified backup contains.',
    },
  }
}
