/**
 * The one thing of a schedule that is not real: PostgreSQL, as maps in memory. Inbox, marks and
 * feed of a batch are written at once at its commit, or not at all; whoever writes waits for
 * whoever wrote before. What an arrival is (`sortArrivals`) and what folding means are real.
 */
import {
  err,
  fault,
  ok,
  type DeviceId,
  type EntityId,
  type Fault,
  type FormId,
  type InstanceId,
  type StoreId,
} from '@murram/ground'
import { submissionDigest, type Submission } from '@murram/fold'
import { ALIAS_FORM, SETTLEMENT_FORM, sortArrivals, type KnownRow } from '@murram/collector/weather'
import { randomUUID } from 'node:crypto'
import { newSalt, toBase64Url, verifyDocument } from '@murram/seal'
import { DEVICE_CERTIFICATE_PURPOSE, type AckResult, type FeedRow, type Hello } from '@murram/wire'
import type { BrokenRule } from './broken-rules.ts'
import type { Asked, Batch, CollectorBase, Step } from './collector-base.ts'
import { createFakeFiles, noteFiles } from './fake-files.ts'
import { appendFeed, divideFeed, readPage, toldOf } from './fake-feed.ts'
import { createFakeSnapshots } from './fake-snapshots.ts'
import { createFakeSticks } from './fake-sticks.ts'
import { aliasesNow, asideOf, CENTRE, foldInto, sendBack, stampOf, tellReturns, untoldReturns } from './fake-fold.ts'
import {
  copyFakeState,
  createFakeState,
  inboxKey,
  noMarks,
  type FakeState,
  type StoredRow,
  type StoreMarks,
} from './fake-state.ts'

export interface FakeDatabase extends CollectorBase {
  readonly state: () => FakeState
  /** A verified backup: from now on what is in it is safe. */
  readonly backUp: () => FakeState
  /** What the centre does with two households: joins them, or parts them again. */
  readonly join: (alias: EntityId, of: EntityId) => void
  /** A reviewer sends it back, where it is applied. */
  readonly sendBack: (instanceId: InstanceId) => void
  /** What the device may see: the households of these scopes, or all. */
  readonly keepTo: (deviceId: DeviceId, scopes: readonly string[] | null) => Promise<void>
  readonly divide: (property: string | null) => Promise<void>
  /** Rows of the feed that are for all and large; `null`: one goes. */
  readonly pad: (rows: readonly (readonly [name: string, text: string | null])[]) => Promise<void>
  /** What stands in the feed for it, forms apart. */
  readonly seenBy: (deviceId: DeviceId) => readonly FeedRow[]
  /** An older backup, as the next epoch. What was revoked stays so: the journal says it. */
  readonly restore: (backup: FakeState) => void
}

export interface FakeDatabaseDeps {
  readonly rootPublicKey: string
  readonly now: () => number
  readonly broken: BrokenRule | null
  readonly record: (asked: Asked) => void
}

export function createFakeDatabase({ rootPublicKey, now, broken, record }: FakeDatabaseDeps): FakeDatabase {
  let state = createFakeState()
  let highestEpoch = 1
  const revoked = new Set<DeviceId>()
  const listeners = new Set<() => void>()
  let turn: Promise<unknown> = Promise.resolve()
  const alone = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = turn.then(work)
    turn = mine.catch(() => {})
    return mine
  }
  const ring = (): void => {
    for (const listener of listeners) listener()
  }

  const admit = async ({ deviceId, certificate }: Hello) => {
    const verified = verifyDocument(rootPublicKey, DEVICE_CERTIFICATE_PURPOSE, certificate)
    if (!verified.ok) return verified
    if (verified.value.deviceId !== deviceId) return err(fault('sync.bad-signature', 'of another device'))
    if (revoked.has(deviceId)) return err(fault('sync.device-revoked', deviceId))
    return ok({ deviceId, publicKey: verified.value.publicKey, view: viewNow(deviceId), state: 'active' as const })
  }

  const snapshots = createFakeSnapshots({ state: () => state, alone, broken })
  const viewNow = (deviceId: DeviceId): string => snapshots.viewOf(deviceId).name

  const ingest = async (batch: Batch, step: Step) => {
    await step('received')
    const [first] = batch.submissions
    if (first === undefined || !isKnownForm(state, first)) {
      const refused = { ...refuseAll(batch), ...marksOf(batch.storeId) }
      record({ do: 'ingest', batch, arrivalMs: now(), ...refused })
      return refused
    }
    if (broken === 'acks before the commit') {
      const promised = store(copyFakeState(state), batch)
      alone(async () => {
        await step('promised')
        store(state, batch)
      }).catch(() => {})
      return promised
    }
    const done = await alone(async () => {
      await step('transaction begun')
      // The draft is what the transaction sees; it becomes the state at the commit.
      const draft = copyFakeState(state)
      await step('inbox written')
      const stored = store(draft, batch)
      await step('folded')
      state = draft
      record({ do: 'ingest', batch, arrivalMs: now(), ...stored })
      return stored
    })
    await step('committed')
    ring()
    return done
  }

  const store = (into: FakeState, batch: Batch) => {
    const { storeId, submissions } = batch
    const arrivalMs = now()
    const { answered, rows } = sortArrivals(submissions, knownIn(into, submissions, broken))
    const results: AckResult[] = [...answered]
    for (const row of rows) {
      const { n, instanceId } = row.submission
      const stored = keep(into, { ...row, arrivalMs }, broken)
      if (stored.state !== 'again') noteFiles(into, row.submission, arrivalMs)
      if (stored.reason !== null) results.push({ n, instanceId, result: 'held', fault: stored.reason })
      else results.push({ n, instanceId, result: stored.state === 'again' ? 'duplicate' : 'applied' })
    }
    return { results: results.sort((a, b) => a.n - b.n), ...raise(into, storeId) }
  }

  const marksOf = (storeId: StoreId) => state.marks.get(storeId) ?? noMarks

  return {
    state: () => state,
    epoch: () => state.epoch,
    admit,
    meet: async ({ deviceId, certificate }) => {
      state.officers.set(deviceId, certificate.body.officer)
      if (untoldReturns(state, deviceId).length === 0) return
      await alone(async () => tellReturns(state, untoldReturns(state, deviceId)))
      ring()
    },
    marks: async storeId => marksOf(storeId),
    feedNumber: async () => state.feedNumber,
    page: async ({ deviceId, view }, from, maxBytes, namedUpto) =>
      view === viewNow(deviceId) ? readPage(state, { deviceId, from, maxBytes, namedUpto }, broken) : null,
    ingest,
    files: createFakeFiles({ state: () => state, alone, now, broken }),
    snapshots,
    sticks: createFakeSticks({ state: () => state, alone, broken }),
    storeVoid: ({ deviceId, storeId, entry }) =>
      alone(async () => {
        const { n, instanceId, digest, reason } = entry
        const key = inboxKey(storeId, n)
        const before = state.inbox.get(key)
        const submission = { ...NOTHING, deviceId, storeId, n, instanceId, digest }
        if (before === undefined)
          state.inbox.set(key, { submission, state: 'void', reason, body: '', arrivalMs: now() })
        const marks = raise(state, storeId)
        const known = before ?? { state: 'void', submission }
        const result = known.submission.digest !== digest ? 'forked' : known.state === 'void' ? 'refused' : 'duplicate'
        return { ...marks, results: [{ n, instanceId, result, ...(result === 'refused' ? { fault: reason } : {}) }] }
      }),
    publishForm: version =>
      alone(async () => {
        record({ do: 'publish', version })
        state.forms.add(`household ${version}`)
        appendFeed(state, [{ kind: 'form', key: `household ${version}`, body: { version } }])
        ring()
      }),
    join: (alias, of) =>
      void alone(async () => {
        const standing = aliasesNow(state).find(one => one.alias === alias)
        const undone = standing !== undefined
        const said = { alias, of: standing?.of ?? of, undone }
        const n = state.inbox.size + 1
        const content = {
          instanceId: `uuid:${randomUUID()}` as InstanceId,
          formId: ALIAS_FORM,
          version: '1',
          answers: { alias, of: said.of, undone: undone ? 'yes' : '' },
          audit: null,
          assessment: null,
          attachments: [],
          deviceId: CENTRE,
          storeId: `centre-${n}` as StoreId,
          n,
          stamp: stampOf(now()),
          base: {},
          deprecatedId: null,
          salt: toBase64Url(newSalt()),
        }
        const submission = { ...content, digest: submissionDigest(content) }
        keep(state, { submission, state: 'applied', reason: null, body: '', arrivalMs: now() }, broken)
        record({ do: 'join', ...said, atMs: now() })
        ring()
      }),
    sendBack: instanceId =>
      void alone(async () => {
        const row = state.byInstance.get(instanceId)
        if (row?.state !== 'applied') return
        record({ do: 'return', instanceId, atMs: now() })
        sendBack(state, row, now())
        ring()
      }),
    keepTo: (deviceId, scopes) =>
      alone(async () => {
        record({ do: 'keep to', deviceId, scopes })
        if (scopes === null) state.deviceScopes.delete(deviceId)
        else state.deviceScopes.set(deviceId, scopes)
      }),
    divide: property =>
      alone(async () => {
        record({ do: 'divide', property })
        divideFeed(state, property)
      }),
    pad: rows =>
      alone(async () => {
        const entries = rows.map(([name, text]) => ({
          kind: 'form' as const,
          key: `${PADDING} ${name}`,
          body: padding(name, text),
        }))
        appendFeed(state, entries)
        ring()
      }),
    seenBy: deviceId =>
      [...state.feed.values()].flatMap(row => {
        const told = toldOf(state, deviceId, row)
        const isForm = row.kind === 'form' && !row.key.startsWith(PADDING)
        return told === undefined || told.body === null || isForm ? [] : [told]
      }),
    revoke: async deviceId => void revoked.add(deviceId),
    onRing: listener => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    inbox: async () =>
      [...state.inbox.values()].map(({ submission, state: at }) => {
        const { storeId, n, instanceId, digest } = submission
        return { storeId, n, instanceId, digest, state: at }
      }),
    feed: async () => [...state.feed.values()],
    backUp: () => {
      const backup = copyFakeState(state)
      void alone(async () => {
        // Only what is still the life that was backed up.
        if (state.epoch !== backup.epoch) return
        for (const [storeId, { durableUpto }] of backup.marks) {
          const marks = state.marks.get(storeId) ?? noMarks
          state.marks.set(storeId, { ...marks, safeUpto: Math.max(marks.safeUpto, durableUpto) })
        }
      })
      return backup
    },
    restore: backup => {
      highestEpoch = Math.max(highestEpoch, state.epoch) + 1
      // What the published forms are is written down outside the database as well.
      const { forms } = state
      state = { ...copyFakeState(backup), epoch: highestEpoch, forms }
    },
  }
}

/** Over what is stored without a gap. */
function raise(state: FakeState, storeId: StoreId): StoreMarks {
  const marks = state.marks.get(storeId) ?? noMarks
  let { durableUpto } = marks
  while (state.inbox.has(inboxKey(storeId, durableUpto + 1))) durableUpto += 1
  const raised = { ...marks, durableUpto }
  state.marks.set(storeId, raised)
  return raised
}

/** Forms that are withdrawn: nobody fetches them, and everybody is told. */
const PADDING = 'withdrawn'
const padding = (name: string, title: string | null) =>
  title === null
    ? null
    : { formId: `${PADDING}-${name}`, version: '1', title, sha256: '0'.repeat(64), sizeBytes: 1, state: 'withdrawn' }

/** What is known of a number under which nothing comes. */
const NOTHING = {
  formId: '' as FormId,
  version: '',
  answers: {},
  audit: null,
  assessment: null,
  attachments: [],
  stamp: stampOf(0),
  base: {},
  deprecatedId: null,
  salt: '',
}

const isKnownForm = ({ forms }: FakeState, { formId, version }: Submission): boolean =>
  formId === SETTLEMENT_FORM || formId === ALIAS_FORM || forms.has(`${formId} ${version}`)

const refuseAll = ({ submissions }: Batch): { readonly results: readonly AckResult[] } => ({
  results: submissions.map(({ n, instanceId, formId, version }) => ({
    n,
    instanceId,
    result: 'refused',
    fault: fault('sync.unknown-form', `${formId} ${version}`),
  })),
})

function knownIn(state: FakeState, submissions: readonly Submission[], broken: BrokenRule | null): readonly KnownRow[] {
  const found = submissions.flatMap(({ storeId, n, instanceId, digest }) => {
    const byN = state.inbox.get(inboxKey(storeId, n))
    const isVoid = byN?.state === 'void' && byN.submission.digest === digest
    const rows = [isVoid ? undefined : byN, state.byInstance.get(instanceId)]
      .filter(row => row !== undefined)
      .map(toKnown)
    return broken === 'compares no digests' ? rows.map(row => ({ ...row, digest })) : rows
  })
  return found
}

const toKnown = ({ submission, state, reason }: StoredRow): KnownRow => {
  const { storeId, n, instanceId, digest } = submission
  return { storeId, n, instanceId, digest, state, reason }
}

/** Stores one row and folds it, unless it is to be set aside; one that cannot be folded is held, as under a savepoint. */
function keep(state: FakeState, row: StoredRow, broken: BrokenRule | null): StoredRow {
  const { submission } = row
  const put = (stored: StoredRow): StoredRow => {
    state.inbox.set(inboxKey(submission.storeId, submission.n), stored)
    const counted = state.byInstance.get(submission.instanceId)
    if (stored.state !== 'again' && (counted === undefined || isSamePlace(counted, stored)))
      state.byInstance.set(submission.instanceId, stored)
    return stored
  }
  if (row.state !== 'applied') return put(row)
  try {
    const aside = asideOf(state, submission)
    if (aside !== null) return put({ ...row, ...aside })
    put(row)
    foldInto(state, submission, row.arrivalMs, broken)
  } catch (cause) {
    const reason: Fault = fault('fold.held', cause instanceof Error ? cause.message : String(cause))
    return put({ ...row, state: 'held', reason })
  }
  release(state, broken)
  return row
}

const isSamePlace = (a: StoredRow, b: StoredRow): boolean =>
  a.submission.storeId === b.submission.storeId && a.submission.n === b.submission.n

/** What waited for something that is here now, and what waited for that; its device is told. */
function release(state: FakeState, broken: BrokenRule | null): void {
  for (const row of state.byInstance.values()) {
    if (!isAwaiting(row) || asideOf(state, row.submission) !== null) continue
    const { reason } = keep(state, { ...row, state: 'applied', reason: null }, broken)
    const { instanceId, deviceId } = row.submission
    if (broken !== 'tells nobody of what is folded late')
      appendFeed(state, [
        { kind: 'submission', key: instanceId, body: { instanceId, held: reason }, scope: [deviceId] },
      ])
    return
  }
}

const isAwaiting = ({ state, reason, submission: { formId } }: StoredRow): boolean =>
  state === 'waiting' || (formId === SETTLEMENT_FORM && state === 'held' && reason?.fault === 'fold.not-author')
