/**
 * The feed of the fake database: who is told of a row, and what is told of one that has moved to
 * where its reader may not look. As the collector's `feed.ts`, `scope-entries.ts` and `read-page.ts`
 * have it.
 */
import type { DeviceId } from '@murram/ground'
import { pageChecksum, type FeedKind, type FeedRow, type Page } from '@murram/wire'
import type { BrokenRule } from './broken-rules.ts'
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

export const meet = (one: readonly string[], other: readonly string[]): boolean =>
  one.some(scope => other.includes(scope))

/** What the device is told of the row now; `undefined`: nothing. */
export function toldOf(state: FakeState, deviceId: DeviceId, row: StoredFeedRow): FeedRow | undefined {
  const { number, kind, key, body, scope, scopes, leftScopes } = row
  if (scope !== null && !scope.includes(deviceId)) return undefined
  const mine = state.deviceScopes.get(deviceId)
  if (mine === undefined || scopes === null || meet(scopes, mine)) return { number, kind, key, body }
  return meet(leftScopes, mine) ? { number, kind, key, body: null } : undefined
}

export interface PageAsked {
  readonly deviceId: DeviceId
  readonly from: { readonly epoch: number; readonly number: number }
  readonly maxBytes: number
  /** Only what no snapshot holds, up to this number. */
  readonly namedUpto?: number | undefined
}

export function readPage(state: FakeState, asked: PageAsked, broken: BrokenRule | null): Page {
  const { deviceId, maxBytes, namedUpto } = asked
  const isHere = asked.from.epoch === state.epoch || broken === 'knows no epochs'
  const from = isHere ? asked.from.number : 0
  const mine = state.deviceScopes.get(deviceId)
  const isNamed = ({ number, scope, body, leftScopes }: StoredFeedRow, upto: number): boolean => {
    const isRemoved = from > 0 && (body === null || (mine !== undefined && meet(leftScopes, mine)))
    if (broken === 'tells nothing by name beside a snapshot') return isRemoved && number <= upto
    return (isRemoved || scope?.includes(deviceId) === true) && number <= upto
  }
  const found = [...state.feed.values()]
    .filter(row => row.number > from && (namedUpto === undefined || isNamed(row, namedUpto)))
    .flatMap(row => toldOf(state, deviceId, row) ?? [])
    .sort((a, b) => a.number - b.number)
  const taken: FeedRow[] = []
  let sizeBytes = 0
  for (const { number, kind, key, body } of found) {
    sizeBytes += JSON.stringify(body).length + key.length + 20
    if (taken.length > 0 && sizeBytes > maxBytes) break
    taken.push({ number, kind, key, body })
  }
  const isCut = taken.length < found.length
  const last = Math.min(state.feedNumber, namedUpto ?? Number.POSITIVE_INFINITY)
  const to = isCut ? (taken.at(-1)?.number ?? from) : Math.max(last, from)
  const rows = broken === 'leaves out a row' && taken.length > 2 ? taken.toSpliced(1, 1) : taken
  return { type: 'page', epoch: state.epoch, from, to, rows, checksum: pageChecksum(rows), more: to < last }
}
