/** RxDB storage instances without an RxDatabase around them, and documents as RxDB would write them. */
import {
  fillWithDefaultSettings,
  type MangoQuery,
  normalizeMangoQuery,
  type PreparedQuery,
  prepareQuery,
  type RxAttachmentWriteData,
  type RxDocumentData,
  type RxJsonSchema,
  type RxStorage,
  type RxStorageInstance,
} from 'rxdb'

import type { SqliteInstanceOptions } from '../storage/storage-instance.ts'

export interface Visit {
  id: string
  name?: unknown
  age?: unknown
  score?: unknown
  live?: unknown
  place?: unknown
  note?: unknown
  tags?: unknown
}

const visitSchema: RxJsonSchema<Visit> = {
  version: 0,
  primaryKey: 'id',
  type: 'object',
  properties: {
    id: { type: 'string', maxLength: 40 },
    name: { type: 'string', maxLength: 40 },
    age: { type: 'integer', minimum: -100, maximum: 200, multipleOf: 1 },
    score: { type: 'number', minimum: -100, maximum: 200, multipleOf: 0.01 },
    live: { type: 'boolean' },
    place: { type: 'object', properties: { village: { type: 'string', maxLength: 40 } } },
    note: { type: 'string' },
    tags: { type: 'array', items: { type: 'string' } },
  },
  required: ['id'],
  indexes: ['name', ['age', 'name'], 'score', 'live', 'place.village'],
}

export const visits = (changes: Partial<RxJsonSchema<Visit>> = {}): RxJsonSchema<RxDocumentData<Visit>> =>
  fillWithDefaultSettings({ ...visitSchema, ...changes })

export type VisitInstance = RxStorageInstance<Visit, unknown, unknown, unknown>

export interface InstanceOptions {
  readonly collectionName?: string
  readonly schema?: RxJsonSchema<RxDocumentData<Visit>>
  readonly multiInstance?: boolean
  readonly options?: SqliteInstanceOptions
}

export const instanceOf = async (
  storage: RxStorage<unknown, unknown>,
  { collectionName = 'visits', schema = visits(), multiInstance = false, options = {} }: InstanceOptions = {},
): Promise<VisitInstance> =>
  storage.createStorageInstance<Visit>({
    databaseInstanceToken: 'test',
    databaseName: 'test',
    collectionName,
    schema,
    options,
    multiInstance,
    devMode: false,
  })

export interface DocumentOptions {
  readonly rev?: string
  readonly lwt?: number
  readonly deleted?: boolean
  readonly attachments?: Readonly<Record<string, RxAttachmentWriteData>>
}

export const documentOf = (
  visit: Visit,
  { rev = '1-a', lwt = 1_700_000_000_000, deleted = false, attachments = {} }: DocumentOptions = {},
): RxDocumentData<Visit> => ({ ...visit, _deleted: deleted, _attachments: attachments, _meta: { lwt }, _rev: rev })

export function prepared(
  query: MangoQuery<Visit>,
  schema: RxJsonSchema<RxDocumentData<Visit>> = visits(),
): PreparedQuery<Visit> {
  return prepareQuery<Visit>(schema, normalizeMangoQuery(schema, query as MangoQuery<RxDocumentData<Visit>>) as never)
}
