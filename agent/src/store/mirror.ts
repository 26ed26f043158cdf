/**
 * The device's copy of the collector's feed: a row by `kind:key`, and the checkpoint.
 *
 * M1 a page and its checkpoint are one write: after a kill there are both or neither
 * M2 absence deletes nothing; only a tombstone does, or a feed of another epoch that ended
 *    without the row
 * M3 who watches a query sees a page as soon as it is written
 * M4 a device that is shown something else than before (another `view`) is told all of it anew; what
 *    is not told again is removed, and its bytes overwritten
 *
 * Not here: checking a page (wire), asking for one (sync).
 */
import { CheckpointSchema, type Checkpoint } from '@murram/ground'
import { readFeedBody, type FeedBodies, type FeedKind, type FeedRow } from '@murram/wire'
import type { BulkWriteRow, RxDocument, RxDocumentData } from 'rxdb'
import { map, startWith, type Observable } from 'rxjs'
import type { MirrorDoc } from './collections.ts'
import type { Store } from './open-store.ts'

export interface MirrorRow<K extends FeedKind> {
  readonly number: number
  /** In which it was told. */
  readonly epoch: number
  readonly body: FeedBodies[K]
}

export interface Mirror {
  readonly checkpoint: () => Promise<Checkpoint>
  /** What the collector called that which this device is shown. */
  readonly view: () => Promise<string>
  /** M2 M4. A feed of another epoch or view begins; its rows replace the former ones as they come. */
  readonly restart: (to: Checkpoint, view?: string) => Promise<void>
  /** M1. `ended`: nothing follows this page for now. */
  readonly applyPage: (rows: readonly FeedRow[], to: Checkpoint, ended: boolean) => Promise<void>
  /** Highest number first. */
  readonly watch: <K extends FeedKind>(kind: K) => Observable<readonly MirrorRow<K>[]>
  readonly all: <K extends FeedKind>(kind: K) => Promise<readonly MirrorRow<K>[]>
  readonly find: <K extends FeedKind>(kind: K, key: string) => Promise<MirrorRow<K> | null>
  /** In the order of the keys; what is not there is left out. */
  readonly several: <K extends FeedKind>(kind: K, keys: readonly string[]) => Promise<readonly MirrorRow<K>[]>
  /** The same for very many that are looked at once: no live document is made of each. */
  readonly scan: <K extends FeedKind>(kind: K, keys: readonly string[]) => Promise<readonly MirrorRow<K>[]>
  /** Emits at once, and when rows were written; not what they are. */
  readonly changes$: Observable<void>
}

const CHECKPOINT = 'checkpoint:'
const PAGE = 'agent-feed-page'
const SOME_ROWS = 1_000
/** The feed of an epoch is complete once its first catch-up ended; until then old rows stay. */
interface CheckpointBody extends Checkpoint {
  readonly complete: boolean
  /** Absent in files of before there were views: everything. */
  readonly view?: string
}

/** What every device is shown that is not kept to a scope. */
const EVERYTHING = ''

export function createMirror({
  collections: { mirror },
  database,
}: Pick<Store, 'collections'> & Partial<Pick<Store, 'database'>>): Mirror {
  const storage = mirror.storageInstance
  const query = (kind: FeedKind) => mirror.find({ selector: { kind }, sort: [{ number: 'desc' }] })

  /** RxDB gives the same object for the same revision: a row is read once, however often it is shown. */
  const read = new WeakMap<object, readonly MirrorRow<FeedKind>[]>()
  const rowOf = <K extends FeedKind>(kind: K, doc: RxDocument<MirrorDoc>): readonly MirrorRow<K>[] => {
    const known = read.get(doc)
    if (known !== undefined) return known as readonly MirrorRow<K>[]
    const rows = readRow(kind, doc.toJSON() as MirrorDoc)
    read.set(doc, rows)
    return rows
  }

  const checkpointBody = async (): Promise<CheckpointBody> => {
    const [stored] = await storage.findDocumentsById([CHECKPOINT], false)
    const parsed = CheckpointSchema.safeParse(pick(stored?.body))
    if (!parsed.success || stored === undefined) return { epoch: 0, number: 0, complete: true }
    const { complete, view = EVERYTHING } = stored.body as CheckpointBody
    return { ...parsed.data, complete, view }
  }

  const applyPage = async (rows: readonly FeedRow[], to: Checkpoint, ended: boolean): Promise<void> => {
    const before = await checkpointBody()
    const { view = EVERYTHING } = before
    const writes = new Map<string, Write>()
    for (const { kind, key, number, body } of rows) {
      const id = `${kind}:${key}`
      const stored: StoredBody = { epoch: to.epoch, view, body }
      writes.set(id, { id, kind, number, body: stored, _deleted: false, ...(body === null ? REMOVED : {}) })
    }
    if (ended && !before.complete) await removeOtherLives({ epoch: to.epoch, view }, writes)
    await write([...writes.values(), checkpointDoc({ ...to, view, complete: before.complete || ended })])
    if ([...writes.values()].some(({ _deleted }) => _deleted)) sweep()
  }

  /** M4. Pages that were freed are overwritten; what the log beside the file still holds of them goes too. */
  const sweep = (): void => void database?.connection.pragma('wal_checkpoint(TRUNCATE)')

  const write = async (docs: readonly Write[]): Promise<void> => {
    const ids = docs.map(doc => doc.id)
    const stored = new Map((await storage.findDocumentsById(ids, true)).map(doc => [doc.id, doc]))
    const bulk: BulkWriteRow<MirrorDoc>[] = []
    for (const doc of docs) {
      const previous = stored.get(doc.id)
      if (previous === undefined && doc._deleted) continue
      const document = { ...doc, _attachments: {}, _rev: '', _meta: { lwt: 1 } } as RxDocumentData<MirrorDoc>
      bulk.push(previous === undefined ? { document } : { document, previous })
    }
    const { error } = await storage.bulkWrite(bulk, PAGE)
    // Nothing else writes the mirror, so no revision can have moved in between.
    if (error.length > 0) throw new Error(`the mirror refused ${error.length} rows of a page`)
  }

  /**
   * M2 M4. Some at a time, for there may be many; a kill between two leaves rows that the next
   * end removes, for the checkpoint is not complete before.
   *
   * @param told What the last page tells, and is about to be written.
   */
  const removeOtherLives = async (
    present: { readonly epoch: number; readonly view: string },
    told: ReadonlyMap<string, unknown>,
  ): Promise<void> => {
    for (let after = ''; ;) {
      const docs = await mirror
        .find({ selector: { id: { $gt: after } }, sort: [{ id: 'asc' }], limit: SOME_ROWS })
        .exec()
      const stale = docs
        .map(doc => doc.toJSON() as MirrorDoc)
        .filter(({ id, body }) => {
          const { epoch, view = EVERYTHING } = (body ?? {}) as StoredBody
          return id !== CHECKPOINT && !told.has(id) && (epoch !== present.epoch || view !== present.view)
        })
      if (stale.length > 0) await write(stale.map(doc => ({ ...toPlain(doc), ...REMOVED })))
      const last = docs.at(-1)
      if (last === undefined || docs.length < SOME_ROWS) break
      after = last.id
    }
    sweep()
  }

  return {
    checkpoint: async () => pick(await checkpointBody()),
    view: async () => (await checkpointBody()).view ?? EVERYTHING,
    restart: async (to, view) => {
      const present = view ?? (await checkpointBody()).view ?? EVERYTHING
      const [some] = await mirror.find({ selector: { kind: { $ne: 'checkpoint' } }, limit: 1 }).exec()
      await write([checkpointDoc({ ...to, view: present, complete: some === undefined })])
    },
    applyPage,
    watch: kind => query(kind).$.pipe(map(docs => docs.flatMap(doc => rowOf(kind, doc)))),
    all: async kind => (await query(kind).exec()).flatMap(doc => rowOf(kind, doc)),
    several: async (kind, keys) => {
      const docs = await mirror.findByIds(keys.map(key => `${kind}:${key}`)).exec()
      return keys.flatMap(key => {
        const doc = docs.get(`${kind}:${key}`)
        return doc === undefined ? [] : rowOf(kind, doc)
      })
    },
    scan: async <K extends FeedKind>(kind: K, keys: readonly string[]) => {
      const rows: MirrorRow<K>[] = []
      for (let at = 0; at < keys.length; at += SOME_ROWS) {
        const ids = keys.slice(at, at + SOME_ROWS).map(key => `${kind}:${key}`)
        const docs = new Map((await storage.findDocumentsById(ids, false)).map(doc => [doc.id, doc]))
        for (const id of ids) {
          const doc = docs.get(id)
          if (doc !== undefined) rows.push(...readRow(kind, doc))
        }
        // A screen may be waiting.
        await new Promise(resolve => void setImmediate(resolve))
      }
      return rows
    },
    changes$: mirror.eventBulks$.pipe(
      map(() => undefined),
      startWith(undefined),
    ),
    find: async (kind, key) => {
      const doc = await mirror.findOne(`${kind}:${key}`).exec()
      return doc === null ? null : (rowOf(kind, doc)[0] ?? null)
    },
  }
}

/** A row that this build cannot read is kept, for the build that can, and not shown. */
function readRow<K extends FeedKind>(kind: K, { number, body }: MirrorDoc): readonly MirrorRow<K>[] {
  const { epoch, body: said } = body as StoredBody
  const parsed = readFeedBody(kind, said)
  return parsed.ok ? [{ number, epoch, body: parsed.value }] : []
}

type Write = MirrorDoc & { readonly _deleted: boolean }

const checkpointDoc = (body: CheckpointBody): Write => ({
  id: CHECKPOINT,
  kind: 'checkpoint',
  number: body.number,
  body,
  _deleted: false,
})

interface StoredBody {
  readonly epoch: number
  readonly view?: string
  readonly body: unknown
}

/** What a removed row keeps beside its name: nothing. */
const REMOVED = { body: null, _deleted: true } as const

const pick = (body: unknown): Checkpoint => {
  const { epoch, number } = (body ?? {}) as Checkpoint
  return { epoch, number }
}

const toPlain = ({ id, kind, number, body }: MirrorDoc): MirrorDoc => ({ id, kind, number, body })
