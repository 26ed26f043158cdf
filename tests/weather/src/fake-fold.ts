/**
 * What submissions do to the entities of the fake database: the real fold on rows in maps, and
 * the feed rows that the collector's fold gives for them. `differential.test.ts` holds it to the
 * collector's own.
 */
import { canonicalIds, effectiveStamp, foldEntity, type EntityWrite, type Stamp, type Submission } from '@murram/fold'
import { fault, millis, EntityIdSchema, type DeviceId, type EntityId, type InstanceId } from '@murram/ground'
import { ALIAS_FORM, readAlias, readSettlement, SETTLEMENT_FORM } from '@murram/collector/weather'
import type { BrokenRule } from './broken-rules.ts'
import { appendFeed, type Entry } from './fake-feed.ts'
import { correctionsOf, inboxKey, type FakeState, type StoredRow } from './fake-state.ts'

/** What people at the centre decide is a submission of the collector's own device. */
export const CENTRE = 'c'.repeat(32) as DeviceId

/** What is stored and not folded now, as the collector's `set-aside.ts` has it. */
export function asideOf(state: FakeState, submission: Submission): Pick<StoredRow, 'state' | 'reason'> | null {
  const { formId, deviceId, deprecatedId, answers } = submission
  if (deviceId === CENTRE) return null
  if (formId === ALIAS_FORM) return held('only the central team joins households')
  if (formId === SETTLEMENT_FORM) {
    const { entityId, settles } = readSettlement(submission)
    const canonicalOf = canonicalIds(aliasesNow(state))
    const wrote = [...state.writes].some(
      ([id, writes]) =>
        canonicalOf(id) === canonicalOf(entityId) &&
        writes.some(
          w => w.kind !== 'settlement' && w.deviceId === deviceId && Object.hasOwn(w.set, settles?.property ?? ''),
        ),
    )
    return wrote ? null : held(`it never wrote ${settles?.property}`)
  }
  const awaits = [
    ...(deprecatedId === null || state.byInstance.has(deprecatedId) ? [] : [deprecatedId]),
    ...(answers['meta/entity@update'] === '1' && !state.writes.has(answers['meta/entity@id'] as EntityId)
      ? [answers['meta/entity@id'] ?? '']
      : []),
  ]
  return awaits.length === 0 ? null : { state: 'waiting', reason: fault('fold.waiting', awaits.join(', ')) }
}

const held = (why: string): Pick<StoredRow, 'state' | 'reason'> => ({
  state: 'held',
  reason: fault('fold.not-author', why),
})

/** Adds what the submission says; throws where it cannot be folded, and has then changed nothing. */
export function foldInto(state: FakeState, submission: Submission, arrivalMs: number, broken: BrokenRule | null): void {
  if (submission.formId === ALIAS_FORM) {
    const part = readAlias(submission)
    const joined = joinedNow(state, part.alias, part.of)
    state.aliases.set(submission.instanceId, { ...part, stamp: submission.stamp })
    return refold(state, joined)
  }
  const said = toWrite(state, submission, arrivalMs)
  const write =
    said !== null && broken === 'folds in the order of arrival' ? { ...said, effective: stampOf(arrivalMs) } : said
  const touched = new Set<EntityId>(entitiesOf(state, submission.deprecatedId))
  if (write !== null) {
    state.writes.set(write.entityId, [...(state.writes.get(write.entityId) ?? []), write])
    touched.add(write.entityId)
  }
  for (const entityId of placeCorrections(state, submission.instanceId)) touched.add(entityId)
  refold(state, [...touched])
  if (submission.deprecatedId !== null) tellReturns(state, [submission.deprecatedId])
}

/** A reviewer sends it back: it is out of force, and its officer is asked. */
export function sendBack(state: FakeState, row: StoredRow, atMs: number): void {
  const { submission } = row
  const returned: StoredRow = { ...row, state: 'returned' }
  state.byInstance.set(submission.instanceId, returned)
  state.inbox.set(inboxKey(submission.storeId, submission.n), returned)
  state.returnedAtMs.set(submission.instanceId, atMs)
  refold(state, [...entitiesOf(state, submission.instanceId), ...entitiesOf(state, submission.deprecatedId)])
  tellReturns(state, [submission.instanceId, ...(submission.deprecatedId === null ? [] : [submission.deprecatedId])])
}

/** What is asked of its officer, and was asked before this laptop was there. */
export function untoldReturns(state: FakeState, deviceId: DeviceId): readonly InstanceId[] {
  const officer = state.officers.get(deviceId)
  return [...state.byInstance.values()].flatMap(({ submission }) => {
    if (state.officers.get(submission.deviceId) !== officer) return []
    const told = state.feed.get(`return:${submission.instanceId}`)
    return told === undefined || told.body === null || told.scope?.includes(deviceId) !== false
      ? []
      : [submission.instanceId]
  })
}

const laptopsOf = (state: FakeState, deviceId: DeviceId): readonly DeviceId[] => {
  const officer = state.officers.get(deviceId)
  const theirs = [...state.officers].flatMap(([other, name]) => (name === officer ? [other] : []))
  return [...new Set([deviceId, ...theirs])]
}

/** As the collector's `told-returns.ts` has it. */
export function tellReturns(state: FakeState, instanceIds: readonly InstanceId[]): void {
  for (const instanceId of instanceIds) {
    const row = state.byInstance.get(instanceId)
    const told = state.feed.get(`return:${instanceId}`)
    if (row === undefined || (row.state !== 'returned' && told === undefined)) continue
    const isAnswered = [...state.byInstance.values()].some(
      other => other.submission.deprecatedId === instanceId && ['applied', 'returned'].includes(other.state),
    )
    if (row.state === 'returned' && !isAnswered) {
      const { answers, formId, version, deviceId } = row.submission
      const about = { formId, version, label: answers['meta/entity/label'] ?? '' }
      const entityId = answers['meta/entity@id'] ?? null
      const comments = [{ path: null, text: 'look again' }]
      const atMs = state.returnedAtMs.get(instanceId) ?? 0
      const body = { instanceId, entityId, comments, atMs, about }
      appendFeed(state, [{ kind: 'return', key: instanceId, body, scope: laptopsOf(state, deviceId) }])
    } else if (told !== undefined && told.body !== null)
      appendFeed(state, [{ kind: 'return', key: instanceId, body: null }])
  }
}

/** Corrections that came before what they correct: they stand where that stands. */
function placeCorrections(state: FakeState, instanceId: InstanceId): readonly EntityId[] {
  const children = [...state.byInstance.values()].flatMap(({ submission }) =>
    submission.deprecatedId === instanceId ? [submission] : [],
  )
  return children.flatMap(child => {
    const place = placeOf(state, child.deprecatedId)
    const entities = entitiesOf(state, child.instanceId)
    for (const entityId of entities) {
      const writes = state.writes.get(entityId) ?? []
      state.writes.set(
        entityId,
        writes.map(write =>
          write.instanceId === child.instanceId && place !== undefined ? { ...write, effective: place } : write,
        ),
      )
    }
    return [...entities, ...placeCorrections(state, child.instanceId)]
  })
}

function toWrite(state: FakeState, submission: Submission, arrivalMs: number): EntityWrite | null {
  const { instanceId, deviceId, stamp, deprecatedId, answers, base } = submission
  const effective = placeOf(state, deprecatedId) ?? effectiveStamp(stamp, millis(arrivalMs))
  const author = { instanceId, deviceId, stamp, deprecatedId, effective }
  if (submission.formId === SETTLEMENT_FORM) return { ...author, ...readSettlement(submission) }
  const entityId = answers['meta/entity@id']
  if (entityId === undefined) return null
  const set = Object.fromEntries(
    ['name', 'roof', 'people'].flatMap(path => {
      const answer = answers[path]
      return answer === undefined ? [] : [[path, answer]]
    }),
  )
  return {
    ...author,
    entityId: EntityIdSchema.parse(entityId),
    dataset: 'households',
    set,
    saw: base,
    label: answers['meta/entity/label'] ?? null,
    kind: answers['meta/entity@create'] === '1' ? 'create' : 'update',
  }
}

export const stampOf = (atMs: number): Stamp =>
  `${Math.floor(atMs).toString(16).padStart(12, '0')}-0000-00000000` as Stamp

/** An edit stands where the first one of its chain stands. */
function placeOf(state: FakeState, deprecatedId: InstanceId | null): Stamp | undefined {
  let place: Stamp | undefined
  for (let at = deprecatedId; at !== null;) {
    const row = state.byInstance.get(at)
    if (row === undefined) break
    place = effectiveStamp(row.submission.stamp, millis(row.arrivalMs))
    at = row.submission.deprecatedId
  }
  return place
}

const entitiesOf = (state: FakeState, instanceId: InstanceId | null): readonly EntityId[] =>
  instanceId === null
    ? []
    : [...state.writes].flatMap(([entityId, writes]) =>
        writes.some(write => write.instanceId === instanceId) ? [entityId] : [],
      )

/** The latest word on each alias. */
export function aliasesNow(state: FakeState) {
  const latest = new Map<EntityId, { readonly id: InstanceId; readonly stamp: Stamp }>()
  for (const [id, { alias, stamp }] of state.aliases) {
    const before = latest.get(alias)
    if (before === undefined || stamp > before.stamp || (stamp === before.stamp && id > before.id))
      latest.set(alias, { id, stamp })
  }
  return [...latest.values()].flatMap(({ id }) => {
    const alias = state.aliases.get(id)
    return alias === undefined || alias.undone === true ? [] : [alias]
  })
}

function joinedNow(state: FakeState, alias: EntityId, of: EntityId): readonly EntityId[] {
  const before = aliasesNow(state)
  const canonicalOf = canonicalIds(before)
  const groups = new Set([alias, of].map(canonicalOf))
  return [alias, of, ...groups, ...before.flatMap(one => (groups.has(canonicalOf(one.alias)) ? [one.alias] : []))]
}

function refold(state: FakeState, touched: readonly EntityId[]): void {
  if (touched.length === 0) return
  const { entries, conflicts, members } = foldOf(state, touched)
  for (const [conflictId, { entityId }] of state.conflicts)
    if (members.has(entityId) && !conflicts.has(conflictId)) {
      state.conflicts.delete(conflictId)
      entries.push({ kind: 'conflict', key: conflictId, body: null })
    }
  for (const [conflictId, row] of conflicts) {
    if (state.conflicts.get(conflictId)?.text === row.text) continue
    state.conflicts.set(conflictId, row)
    entries.push(row.entry)
  }
  appendFeed(state, entries)
}

/** The entities that these belong to, as rows of the feed: a pure function of the live writes. */
export function foldOf(
  state: FakeState,
  touched: readonly EntityId[],
  inOrder: (writes: readonly EntityWrite[]) => readonly EntityWrite[] = writes => writes,
) {
  const aliases = aliasesNow(state)
  const canonicalOf = canonicalIds(aliases)
  const canonical = new Set(touched.map(canonicalOf))
  const members = new Set([
    ...touched,
    ...canonical,
    ...aliases.flatMap(({ alias }) => (canonical.has(canonicalOf(alias)) ? [alias] : [])),
  ])
  const writes = [...members]
    .flatMap(id => state.writes.get(id) ?? [])
    .filter(({ instanceId }) => state.byInstance.get(instanceId)?.state !== 'returned')
    .map(write => withReplaced(state, write))
  const entries: Entry[] = []
  const conflicts = new Map<string, { readonly entityId: EntityId; readonly text: string; readonly entry: Entry }>()
  for (const entityId of members) {
    const canonicalId = canonicalOf(entityId)
    const isCanonical = canonicalId === entityId
    const said = writes
      .filter(write => (isCanonical ? canonicalOf(write.entityId) : write.entityId) === entityId)
      .map(write => (write.entityId === entityId ? write : { ...write, entityId, part: write.entityId }))
    const folded = said.length === 0 ? null : foldEntity(inOrder(said))
    if (folded === null || folded.live.length === 0) {
      entries.push({ kind: 'entity', key: entityId, body: null })
      continue
    }
    const { dataset, label } = folded
    const properties = Object.fromEntries(Object.entries(folded.properties).map(([name, { answer }]) => [name, answer]))
    const open = folded.conflicts.filter(({ settledBy }) => settledBy === null)
    const conflicted = isCanonical ? [...new Set(open.map(({ property }) => property))] : []
    entries.push({
      kind: 'entity',
      key: entityId,
      body: { entityId, dataset, label, properties, conflicted, canonicalId },
    })
    if (!isCanonical) continue
    for (const { conflictId, property, stands, other, settledBy } of folded.conflicts) {
      const authors = said.filter(({ set }) => Object.hasOwn(set, property)).map(({ deviceId }) => deviceId)
      const forDevices = [...new Set(authors)].sort()
      const body = { conflictId, entityId, property, stands, other, settledBy, entityLabel: label, forDevices }
      const entry: Entry = { kind: 'conflict', key: conflictId, body, scope: forDevices }
      conflicts.set(conflictId, { entityId, text: JSON.stringify(body), entry })
    }
  }
  return { entries, conflicts, members }
}

const withReplaced = (state: FakeState, write: EntityWrite): EntityWrite => ({
  ...write,
  replaced: correctionsOf(state, write.instanceId).length > 0,
})
