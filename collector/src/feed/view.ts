/**
 * What a group of devices may see of the feed, by a name that changes when it changes. A device
 * whose view has another name than the one that its mirror was filled under reads from nought.
 */
import { canonicalBytes, sha256 } from '@murram/seal'
import { sql, type SQL } from 'drizzle-orm'
import type { ReadDb } from '../db/handles.ts'
import type { ScopeProperties } from './scope-entries.ts'

export interface View {
  readonly name: string
  /** Names of scopes; `null`: everything. */
  readonly scopes: readonly string[] | null
}

export const WHOLE_VIEW: View = { name: '', scopes: null }

/**
 * The name also says how datasets are divided, and the how many-eth division it is: an answer that was
 * no scope may be one now, and what moved before it is not remembered.
 */
export const viewOf = (scopes: readonly string[] | null, properties: ScopeProperties, divisions: number): View =>
  scopes === null
    ? WHOLE_VIEW
    : { name: sha256(canonicalBytes([scopes.toSorted(), properties, divisions])).slice(0, 24), scopes }

/** A condition on rows of the feed that are not for devices by name. */
export const seenIn = ({ scopes }: View): SQL =>
  scopes === null ? sql`true` : sql`(scopes is null or scopes && ${sql.param(scopes)}::text[])`

/** @param deviceId Of one device; absent: of all that may read. */
export async function readViews(db: ReadDb, projectId: string, deviceId?: string): Promise<readonly View[]> {
  const { rows } = await db.execute<{
    scopes: readonly string[] | null
    properties: ScopeProperties
    divisions: number
  }>(sql`
    select distinct on (d.scopes) d.scopes, p.scope_properties as properties, p.divisions from devices d, projects p
     where p.project_id = ${projectId} and d.state = 'active'
       and ${deviceId === undefined ? sql`true` : sql`d.device_id = ${deviceId}`}`)
  return rows.map(({ scopes, properties, divisions }) => viewOf(scopes, properties, divisions))
}
