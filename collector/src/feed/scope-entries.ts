/**
 * To which scopes an entry of the feed belongs. An entity belongs to the one that its dataset's
 * scope property names; a conflict follows its entity; anything else is for all.
 *
 * SC1 an entity whose scope is blank belongs to the blank scope: devices that see everything see it
 * SC2 when an entity changes its scope, its conflicts change with it, though nobody touched them
 */
import { sql } from 'drizzle-orm'
import type { WriteDb } from '../db/handles.ts'
import type { FeedEntry } from './feed-entry.ts'

export type ScopeProperties = Readonly<Record<string, string>>

export interface ScopedEntry extends FeedEntry {
  readonly scopes: readonly string[] | null
}

interface EntityLike {
  readonly entityId: string
  readonly dataset: string
  readonly properties: Readonly<Record<string, string>>
}

const scopesOfEntity = (properties: ScopeProperties, { dataset, properties: said }: EntityLike) => {
  const property = properties[dataset]
  return property === undefined ? null : [(said[property] ?? '').trim()]
}

const isBody = (entry: FeedEntry, kind: FeedEntry['kind']): boolean => entry.kind === kind && entry.body !== null

/** Without scoped datasets it reads nothing. */
export async function scopeEntries(
  tx: WriteDb,
  properties: ScopeProperties,
  entries: readonly FeedEntry[],
): Promise<readonly ScopedEntry[]> {
  if (Object.keys(properties).length === 0) return entries.map(entry => ({ ...entry, scopes: null }))
  const scopes = new Map<string, readonly string[] | null>()
  for (const entry of entries)
    if (isBody(entry, 'entity')) scopes.set(entry.key, scopesOfEntity(properties, entry.body as EntityLike))
  const elsewhere = entries.flatMap(entry => {
    const { entityId } = (entry.body ?? {}) as { entityId?: string }
    return isBody(entry, 'conflict') && entityId !== undefined && !scopes.has(entityId) ? [entityId] : []
  })
  for (const { key, scopes: stored } of await storedScopes(tx, elsewhere)) scopes.set(key, stored)
  return entries.map(entry => {
    if (isBody(entry, 'entity')) return { ...entry, scopes: scopes.get(entry.key) ?? null }
    const about = isBody(entry, 'conflict') ? (entry.body as { entityId: string }).entityId : null
    return { ...entry, scopes: about === null ? null : (scopes.get(about) ?? null) }
  })
}

/** SC2. The conflicts that must be told again, given what is about to be stored. */
export async function conflictsThatMove(tx: WriteDb, entries: readonly ScopedEntry[]): Promise<readonly ScopedEntry[]> {
  const present = new Map(entries.flatMap(({ kind, key, scopes }) => (kind === 'entity' ? [[key, scopes]] : [])))
  const stored = await storedScopes(
    tx,
    [...present].flatMap(([key, scopes]) => (scopes === null ? [] : [key])),
  )
  const moved = stored.filter(({ key, scopes }) => scopes !== null && String(scopes) !== String(present.get(key)))
  if (moved.length === 0) return []
  const { rows } = await tx.execute<{ key: string; body: EntityLike; scope: FeedEntry['scope'] }>(sql`
    select f.key, f.body, f.scope from conflicts c join feed f on f.kind = 'conflict' and f.key = c.conflict_id
     where c.entity_id = any(${sql.param(moved.map(({ key }) => key))}::text[]) and f.body is not null`)
  const told = new Set(entries.flatMap(({ kind, key }) => (kind === 'conflict' ? [key] : [])))
  return rows.flatMap(({ key, body, scope }): readonly ScopedEntry[] =>
    told.has(key)
      ? []
      : [
          {
            kind: 'conflict',
            key,
            body,
            scopes: present.get(body.entityId) ?? null,
            ...(scope === undefined || scope === null ? {} : { scope }),
          },
        ],
  )
}

async function storedScopes(
  tx: WriteDb,
  keys: readonly string[],
): Promise<readonly { readonly key: string; readonly scopes: readonly string[] | null }[]> {
  if (keys.length === 0) return []
  const { rows } = await tx.execute<{ key: string; scopes: readonly string[] | null }>(
    sql`select key, scopes from feed where kind = 'entity' and key = any(${sql.param(keys)}::text[])`,
  )
  return rows
}
