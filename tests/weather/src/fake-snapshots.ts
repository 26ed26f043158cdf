/**
 * Snapshots at the fake database: what a view shows at a number, in blocks that are written one after
 * the other while others write. As the collector's `build-snapshot.ts`, `snapshots.ts` and
 * `snapshot-repo.ts` have it, with few rows a block.
 */
import { isTailLong, isWorthReading, viewOf } from '@murram/collector/weather'
import type { Checkpoint, DeviceId, Sha256 } from '@murram/ground'
import { sha256 } from '@murram/seal'
import { encodeBlock, encodeManifest, type FeedRow, type Welcome } from '@murram/wire'
import type { BrokenRule } from './broken-rules.ts'
import { meet } from './fake-feed.ts'
import type { FakeState, StoredFeedRow, StoredSnapshot } from './fake-state.ts'

type View = ReturnType<typeof viewOf>
type Offer = NonNullable<Welcome['more']>['snapshot']

/** A place at which the builder may die, or wait while others write. */
type Step = (place: string) => Promise<void>

export interface FakeSnapshots {
  /** What devices may see. */
  readonly views: () => readonly View[]
  readonly viewOf: (deviceId: DeviceId) => View
  /** Builds what is due for this view, unless somebody builds. */
  readonly refresh: (view: View, step: Step) => Promise<void>
  readonly offer: (view: View, checkpoint: Checkpoint) => Offer
  readonly mayFetch: (deviceId: DeviceId, hash: Sha256) => boolean
  readonly blob: (
    hash: Sha256,
    range: { readonly offset: number; readonly length: number },
  ) => { readonly bytes: Uint8Array; readonly totalBytes: number } | undefined
}

export interface FakeSnapshotsDeps {
  readonly state: () => FakeState
  /** A transaction: nobody writes beside it. */
  readonly alone: <T>(work: () => Promise<T>) => Promise<T>
  readonly broken: BrokenRule | null
}

const MIN_ROWS = 5
const READ_ROWS = 3
const BLOCK_ROWS = 4

export function createFakeSnapshots({ state, alone, broken }: FakeSnapshotsDeps): FakeSnapshots {
  let building = false

  const viewNow = (scopes: readonly string[] | null): View => {
    const { scopeProperty, divisions } = state()
    return viewOf(scopes, scopeProperty === null ? {} : { households: scopeProperty }, divisions)
  }
  const viewOfDevice = (deviceId: DeviceId): View => viewNow(state().deviceScopes.get(deviceId) ?? null)

  const newest = (view: View): StoredSnapshot | undefined =>
    state()
      .snapshots.filter(one => one.view === view.name && one.epoch === state().epoch)
      .sort((a, b) => b.number - a.number)[0]

  const isDue = (view: View): boolean => {
    const found = newest(view)
    return found === undefined ? state().feed.size >= MIN_ROWS : isTailLong(found, state().feedNumber, MIN_ROWS)
  }

  const keep = (bytes: Uint8Array) =>
    alone(async () => {
      const hash = sha256(bytes)
      state().blobs.set(hash, bytes)
      return { sha256: hash, sizeBytes: bytes.length }
    })

  const build = async (view: View, step: Step): Promise<void> => {
    const { epoch, feedNumber: number } = state()
    const blocks: { sha256: Sha256; sizeBytes: number; rows: number }[] = []
    let pending: FeedRow[] = []
    const flush = async (): Promise<void> => {
      if (pending.length === 0) return
      const kept = broken === 'leaves out a row of a snapshot' ? pending.slice(pending.length > 2 ? 1 : 0) : pending
      blocks.push({ ...(await keep(encodeBlock(kept))), rows: kept.length })
      pending = []
      await step('a block stored')
    }
    for (const isEntity of [false, true]) {
      for (let after = 0; ;) {
        await step('rows read')
        if (state().epoch !== epoch) return
        const found = readRows(state(), view, isEntity, after, number)
        for (const row of found) {
          if (pending.length >= BLOCK_ROWS) await flush()
          pending.push(row)
        }
        const last = found.at(-1)
        if (last === undefined || found.length < READ_ROWS) break
        after = last.number
      }
      await flush()
    }
    const rows = blocks.reduce((sum, block) => sum + block.rows, 0)
    const manifest = await keep(encodeManifest({ epoch, number, view: view.name, rows, blocks }))
    await step('a snapshot stored')
    if (state().epoch !== epoch) return
    const files = [manifest.sha256, ...blocks.map(block => block.sha256)]
    await alone(async () => {
      const others = state().snapshots.filter(
        one => one.view !== view.name || one.number !== number || one.epoch !== epoch,
      )
      state().snapshots = [...others, { view: view.name, epoch, number, rows, manifest, files }]
    })
    await alone(async () => dropOld(state(), view))
  }

  return {
    viewOf: viewOfDevice,
    views: () => [...new Set(state().officers.keys())].map(viewOfDevice).filter(isFirstOfItsName),
    refresh: async (view, step) => {
      if (building || !isDue(view)) return
      building = true
      try {
        await build(view, step)
      } finally {
        building = false
      }
    },
    offer: (view, checkpoint) => {
      const found = newest(view)
      if (found === undefined || !isWorthReading(found, checkpoint, state().epoch, MIN_ROWS)) return undefined
      return { ...found.manifest, number: found.number }
    },
    mayFetch: (deviceId, hash) => {
      const { name } = viewOfDevice(deviceId)
      return state().snapshots.some(({ view, files }) => view === name && files.includes(hash))
    },
    blob: (hash, { offset, length }) => {
      const bytes = state().blobs.get(hash)
      return bytes === undefined ? undefined : { bytes: bytes.slice(offset, offset + length), totalBytes: bytes.length }
    },
  }
}

const isFirstOfItsName = ({ name }: View, at: number, all: readonly View[]): boolean =>
  all.findIndex(other => other.name === name) === at

function readRows(state: FakeState, { scopes }: View, isEntity: boolean, after: number, upto: number): FeedRow[] {
  const isShown = ({ number, kind, body, scope, scopes: of }: StoredFeedRow): boolean =>
    number > after &&
    number <= upto &&
    body !== null &&
    scope === null &&
    (kind === 'entity') === isEntity &&
    (scopes === null || of === null || meet(of, scopes))
  return [...state.feed.values()]
    .filter(isShown)
    .sort((a, b) => a.number - b.number)
    .slice(0, READ_ROWS)
    .map(({ number, kind, key, body }) => ({ number, kind, key, body }))
}

/** The two newest of a view stay. */
function dropOld(state: FakeState, { name }: View): void {
  const byAge = (a: StoredSnapshot, b: StoredSnapshot): number => b.epoch - a.epoch || b.number - a.number
  const gone = state.snapshots
    .filter(({ view }) => view === name)
    .sort(byAge)
    .slice(2)
  state.snapshots = state.snapshots.filter(one => !gone.includes(one))
  const kept = new Set(state.snapshots.flatMap(({ files }) => files))
  for (const { files } of gone) for (const hash of files) if (!kept.has(hash)) state.blobs.delete(hash)
}
