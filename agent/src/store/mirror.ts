/**
 * The device's copy of the collector's feed: a row by `kind:key`, and the checkpoint.
 *
 * M1 a page and its checkpoint are one write: after a kill there are both or neither
 * M2 absence deletes nothing; only a tombstone does, or a feed of another epoch that ended
 *    without the row, or one that was begun anew
 * M3 who watches a query sees a page as soon as it is written
 * M4 a device that is shown something else than before (another `view`) is told all of it anew; what
 *    is not told again is removed, and its bytes overwritten
 *
 * M5 however often it is begun anew: what an earlier beginning left goes as well, half a snapshot too
 * M6 pages come over a link, in a snapshot and in files, at the same time: one is written at a time, and only
 *    where it goes on from what is here then
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

/** How far it is, and in which beginning. */
export interface MirrorPlace extends Checkpoint {
  readonly life: number
}

export interface Mirror {
  readonly checkpoint: () => Promise<Checkpoint>
  /** What the collector called that which this device is shown. */
  readonly view: () => Promise<string>
  /** How often it was begun anew: rows of an earlier one go at the end, unless they are told again. */
  readonly life: () => Promise<number>
  /** M2 M4. A feed of another epoch or view begins; its rows replace the former ones as they come. */
  readonly restart: (to: Checkpoint, view?: string) => Promise<void>
  /**
   * M1. `ended`: nothing follows this page for now.
   *
   * @param goesOn Looked at with nobody writing in between (M6). @returns `false`: it does not, and nothing was written.
   */
  readonly applyPage: (
    rows: readonly FeedRow[],
    to: Checkpoint,
    ended: boolean,
    goesOn?: (here: MirrorPlace) => boolean,
  ) => Promise<boolean>
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
  /** Absent in older files: the first. */
  readonly life?: number
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
    const { complete, view = EVERYTHING, life = 0 } = stored.body as CheckpointBody
    return { ...parsed.data, complete, view, life }
  }

  /** M6 */
  let turn: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = turn.then(work)
    turn = mine.catch(() => {})
    return mine
  }

  const applyPage: Mirror['applyPage'] = async (rows, to, ended, goesOn = () => true) => {
    const before = await checkpointBody()
    const { view = EVERYTHING, life = 0, epoch, number } = before
    if (!goesOn({ epoch, number, life })) return false
    const writes = new Map<string, Write>()
    for (const { kind, key, number, body } of rows) {
      const id = `${kind}:${key}`
      const stored: StoredBody = { epoch: to.epoch, view, life, body }
      writes.set(id, { id, kind, number, body: stored, _deleted: false, ...(body === null ? REMOVED : {}) })
    }
    if (ended && !before.complete) await removeOtherLives({ epoch: to.epoch, view, life }, writes)
    await write([...writes.values(), checkpointDoc({ ...to, view, life, complete: before.complete || ended })])
    if ([...writes.values()].some(({ _deleted }) => _deleted)) sweep()
    return true
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
    present: { readonly epoch: number; readonly view: string; readonly life: number },
    told: ReadonlyMap<string, unknown>,
  ): Promise<void> => {
    for (let after = ''; ;) {
      const docs = await mirror
        .find({ selector: { id: { $gt: after } }, sort: [{ id: 'asc' }], limit: SOME_ROWS })
        .exec()
      const stale = docs
        .map(doc => doc.toJSON() as MirrorDoc)
        .filter(({ id, body }) => {
          const { epoch, view = EVERYTHING, life = 0 } = (body ?? {}) as StoredBody
          const isPresent = epoch === present.epoch && view === present.view && life === present.life
          return id !== CHECKPOINT && !told.has(id) && !isPresent
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
    life: async () => (await checkpointBody()).life ?? 0,
    restart: (to, view) =>
      inTurn(async () => {
        const { life = 0, view: before = EVERYTHING } = await checkpointBody()
        const present = view ?? before
        const [some] = await mirror.find({ selector: { kind: { $ne: 'checkpoint' } }, limit: 1 }).exec()
        await write([checkpointDoc({ ...to, view: present, life: life + 1, complete: some === undefined })])
      }),
    applyPage: (...page) => inTurn(() => applyPage(...page)),
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
  readonly life?: number
  readonly body: unknown
}

/** What a removed row keeps beside its name: nothing. */
const REMOVED = { body: null, _deleted: true } as const

const pick = (body: unknown): Checkpoint => {
  const { epoch, number } = (body ?? {}) as Checkpoint
  return { epoch, number }
}

const toPlain = ({ id, kind, number, body }: MirrorDoc): MirrorDoc => ({ id, kind, number, body })
