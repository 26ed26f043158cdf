/**
 * The device's copy of the collector's feed: a row by `kind:key`, and the checkpoint.
 *
 * M1 a page and its checkpoint are one write: after a kill there are both or neither
 * M2 absence deletes nothing; only a tombstone does, or a feed of another epoch that ended
 *    without the row
 * M3 who watches a query sees a page as soon as it is written
 *
 * Not here: checking a page (wire), asking for one (sync).
 */
import { CheckpointSchema, type Checkpoint } from '@murram/ground'
import { readFeedBody, type FeedBodies, type FeedKind, type FeedRow } from '@murram/wire'
import type { BulkWriteRow, RxDocument, RxDocumentData } from 'rxdb'
import { map, type Observable } from 'rxjs'
import type { MirrorDoc } from './collections.ts'
import type { Store } from './open-store.ts'

export interface MirrorRow<K extends FeedKind> {
  readonly number: number
  readonly body: FeedBodies[K]
}

export interface Mirror {
  readonly checkpoint: () => Promise<Checkpoint>
  /** M2. A feed of another epoch begins; its rows replace the former ones as they come. */
  readonly restart: (to: Checkpoint) => Promise<void>
  /** M1. `ended`: nothing follows this page for now. */
  readonly applyPage: (rows: readonly FeedRow[], to: Checkpoint, ended: boolean) => Promise<void>
  /** Highest number first. */
  readonly watch: <K extends FeedKind>(kind: K) => Observable<readonly MirrorRow<K>[]>
  readonly all: <K extends FeedKind>(kind: K) => Promise<readonly MirrorRow<K>[]>
  readonly find: <K extends FeedKind>(kind: K, key: string) => Promise<MirrorRow<K> | null>
}

const CHECKPOINT = 'checkpoint:'
const PAGE = 'agent-feed-page'
/** The feed of an epoch is complete once its first catch-up ended; until then old rows stay. */
interface CheckpointBody extends Checkpoint {
  readonly complete: boolean
}

export function createMirror({ collections: { mirror } }: Pick<Store, 'collections'>): Mirror {
  const storage = mirror.storageInstance
  const query = (kind: FeedKind) => mirror.find({ selector: { kind }, sort: [{ number: 'desc' }] })

  /** RxDB gives the same object for the same revision: a row is read once, however often it is shown. */
  const read = new WeakMap<object, readonly MirrorRow<FeedKind>[]>()
  const rowOf = <K extends FeedKind>(kind: K, doc: RxDocument<MirrorDoc>): readonly MirrorRow<K>[] => {
    const known = read.get(doc)
    if (known !== undefined) return known as readonly MirrorRow<K>[]
    const { number, body } = doc.toJSON() as MirrorDoc
    // A row that this build cannot read is kept, for the build that can, and not shown.
    const parsed = readFeedBody(kind, (body as StoredBody).body)
    const rows = parsed.ok ? [{ number, body: parsed.value }] : []
    read.set(doc, rows)
    return rows
  }

  const checkpointBody = async (): Promise<CheckpointBody> => {
    const [stored] = await storage.findDocumentsById([CHECKPOINT], false)
    const parsed = CheckpointSchema.safeParse(pick(stored?.body))
    return parsed.success && stored !== undefined
      ? { ...parsed.data, complete: (stored.body as CheckpointBody).complete }
      : { epoch: 0, number: 0, complete: true }
  }

  const applyPage = async (rows: readonly FeedRow[], to: Checkpoint, ended: boolean): Promise<void> => {
    const before = await checkpointBody()
    const stale = ended && !before.complete ? await rowsOfOtherEpochs(to.epoch) : []
    const writes = new Map<string, Write>()
    for (const doc of stale) writes.set(doc.id, { ...toPlain(doc), _deleted: true })
    for (const { kind, key, number, body } of rows) {
      const id = `${kind}:${key}`
      writes.set(id, { id, kind, number, body: { epoch: to.epoch, body }, _deleted: body === null })
    }
    await write([...writes.values(), checkpointDoc({ ...to, complete: before.complete || ended })])
  }

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

  const rowsOfOtherEpochs = async (epoch: number): Promise<readonly MirrorDoc[]> => {
    const docs = await mirror.find().exec()
    return docs
      .map(doc => doc.toJSON() as MirrorDoc)
      .filter(doc => doc.id !== CHECKPOINT && (doc.body as StoredBody).epoch !== epoch)
  }

  return {
    checkpoint: async () => pick(await checkpointBody()),
    restart: to => write([checkpointDoc({ ...to, complete: false })]),
    applyPage,
    watch: kind => query(kind).$.pipe(map(docs => docs.flatMap(doc => rowOf(kind, doc)))),
    all: async kind => (await query(kind).exec()).flatMap(doc => rowOf(kind, doc)),
    find: async (kind, key) => {
      const doc = await mirror.findOne(`${kind}:${key}`).exec()
      return doc === null ? null : (rowOf(kind, doc)[0] ?? null)
    },
  }
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
  readonly body: unknown
}

const pick = (body: unknown): Checkpoint => {
  const { epoch, number } = (body ?? {}) as Checkpoint
  return { epoch, number }
}

const toPlain = ({ id, kind, number, body }: MirrorDoc): MirrorDoc => ({ id, kind, number, body })
