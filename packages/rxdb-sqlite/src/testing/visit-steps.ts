/** What the tests do with a storage instance over and over. */
import type { EventBulk, RxDocumentData, RxStorageChangeEvent } from 'rxdb'

import { getRxStorageSqlite } from '../storage/get-rx-storage-sqlite.ts'
import {
  documentOf,
  type DocumentOptions,
  instanceOf,
  type InstanceOptions,
  prepared,
  type Visit,
  type VisitInstance,
} from './storage-of.ts'
import type { TemporaryStore } from './temporary-store.ts'

export const open = (store: TemporaryStore, options: InstanceOptions = {}): Promise<VisitInstance> =>
  instanceOf(getRxStorageSqlite({ database: store.handle }), options)

export const insert = (instance: VisitInstance, ...visitsToWrite: Visit[]) =>
  instance.bulkWrite(
    visitsToWrite.map(visit => ({ document: documentOf(visit) })),
    'test',
  )

export async function update(
  instance: VisitInstance,
  id: string,
  change: Partial<Visit>,
  options: DocumentOptions = {},
) {
  const [previous] = await instance.findDocumentsById([id], true)
  const { rev = nextRev(previous!), ...rest } = options
  const { _deleted, _attachments, _meta, _rev, ...visit } = previous!
  const document = documentOf({ ...visit, ...change }, { lwt: _meta.lwt + 1, ...rest, rev })
  return { document, ...(await instance.bulkWrite([{ previous: previous!, document }], 'test')) }
}
const nextRev = ({ _rev }: RxDocumentData<Visit>): string => `${Number.parseInt(_rev, 10) + 1}-a`

export const idsOf = (documents: readonly Visit[]): string[] => documents.map(({ id }) => id)
export const find = async (instance: VisitInstance, query: Parameters<typeof prepared>[0]) =>
  idsOf((await instance.query(prepared(query))).documents)

export type Events = EventBulk<RxStorageChangeEvent<Visit>, unknown>[]
export function record(instance: VisitInstance): Events {
  const events: Events = []
  instance.changeStream().subscribe(bulk => events.push(bulk))
  return events
}
