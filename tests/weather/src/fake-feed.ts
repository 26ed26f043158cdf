/**
 * The feed of the fake database: who is told of a row, and what is told of one that has moved to
 * where its reader may not look. As the collector's `feed.ts`, `scope-entries.ts` and `read-page.ts`
 * have it.
 */
import type { DeviceId } from '@murram/ground'
import type { FeedKind, FeedRow } from '@murram/wire'
import type { FakeState, StoredFeedRow } from './fake-state.ts'

export interface Entry {
  readonly kind: FeedKind
  readonly key: string
  readonly body: unknown
  readonly scope?: readonly DeviceId[]
}

interface Scoped extends Entry {
  readonly scopes: readonly string[] | null
}

export function appendFeed(state: FakeState, entries: readonly Entry[]): void {
  const lastPlaces = new Map(entries.map(({ kind, key }, i) => [`${kind}:${key}`, i]))
  const latest = entries.filter(({ kind, key }, i) => lastPlaces.get(`${kind}:${key}`) === i)
  const scoped = latest.map((entry): Scoped => ({ ...entry, scopes: scopesOf(state, latest, entry) }))
  const moved = conflictsThatMove(state, scoped)
  for (const entry of [...scoped, ...moved]) put(state, entry)
}

function put(state: FakeState, { kind, key, body, scope, scopes }: Scoped): void {
  state.feedNumber += 1
  const before = state.feed.get(`${kind}:${key}`)
  const isGone = body === null
  const left = [...(before?.leftScopes ?? []), ...(before?.scopes ?? [])]
  const keepsLeft = before === undefined || before.scopes === null || isGone
  state.feed.set(`${kind}:${key}`, {
    number: state.feedNumber,
    kind,
    key,
    body,
    scope: isGone ? (before?.scope ?? null) : toldTo(before?.scope, scope),
    leftScopes: keepsLeft ? (before?.leftScopes ?? []) : [...new Set(left)].filter(one => !scopes?.includes(one)),
    scopes: isGone ? (before?.scopes ?? null) : scopes,
  })
}

/** Whoever was told of a row is told what becomes of it. */
const toldTo = (
  before: readonly DeviceId[] | null | undefined,
  scope: readonly DeviceId[] | undefined,
): readonly DeviceId[] | null => (scope === undefined ? null : [...new Set([...(before ?? []), ...scope])])

const entityOf = (body: unknown): string | undefined => (body as { readonly entityId?: string } | null)?.entityId

function scopesOf(state: FakeState, batch: readonly Entry[], { kind, body }: Entry): readonly string[] | null {
  if (state.scopeProperty === null || body === null) return null
  if (kind === 'entity') return scopesOfEntity(state.scopeProperty, body)
  if (kind !== 'conflict') return null
  const entityId = entityOf(body)
  const beside = batch.find(other => other.kind === 'entity' && other.key === entityId && other.body !== null)
  return beside === undefined
    ? (state.feed.get(`entity:${entityId}`)?.scopes ?? null)
    : scopesOfEntity(state.scopeProperty, beside.body)
}

const scopesOfEntity = (property: string, body: unknown): readonly string[] => [
  ((body as { readonly properties: Readonly<Record<string, string>> }).properties[property] ?? '').trim(),
]

function conflictsThatMove(state: FakeState, entries: readonly Scoped[]): readonly Scoped[] {
  const told = new Set(entries.flatMap(({ kind, key }) => (kind === 'conflict' ? [key] : [])))
  return entries.flatMap(({ kind, key, scopes }) => {
    const stored = state.feed.get(`entity:${key}`)?.scopes ?? null
    if (kind !== 'entity' || scopes === null || stored === null || String(stored) === String(scopes)) return []
    return [...state.conflicts].flatMap(([conflictId, { entityId }]): readonly Scoped[] => {
      const row = state.feed.get(`conflict:${conflictId}`)
      if (entityId !== key || told.has(conflictId) || row === undefined || row.body === null) return []
      const { body, scope } = row
      return [{ kind: 'conflict', key: conflictId, body, scopes, ...(scope === null ? {} : { scope }) }]
    })
  })
}

/** Divides the households by an answer, or no more. Numbers stay: whoever is kept to a part reads from nought. */
export function divideFeed(state: FakeState, property: string | null): void {
  if (state.scopeProperty === property) return
  state.scopeProperty = property
  state.divisions += 1
  for (const [id, row] of state.feed)
    if (row.kind === 'entity' && row.body !== null)
      state.feed.set(id, {
        ...row,
        leftScopes: [],
        scopes: property === null ? null : scopesOfEntity(property, row.body),
      })
  for (const [id, row] of state.feed) {
    const about = row.kind === 'conflict' ? state.feed.get(`entity:${entityOf(row.body)}`) : undefined
    if (about !== undefined && about.body !== null) state.feed.set(id, { ...row, leftScopes: [], scopes: about.scopes })
  }
}

const meet = (one: readonly string[], other: readonly string[]): boolean => one.some(scope => other.includes(scope))

/** What the device is told of the row now; `undefined`: nothing. */
export function toldOf(state: FakeState, deviceId: DeviceId, row: StoredFeedRow): FeedRow | undefined {
  const { number, kind, key, body, scope, scopes, leftScopes } = row
  if (scope !== null && !scope.includes(deviceId)) return undefined
  const mine = state.deviceScopes.get(deviceId)
  if (mine === undefined || scopes === null || meet(scopes, mine)) return { number, kind, key, body }
  return meet(leftScopes, mine) ? { number, kind, key, body: null } : undefined
}
