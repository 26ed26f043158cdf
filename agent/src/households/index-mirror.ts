/** Keeps the index of households as the mirror is: row by row as it is written, and once for a file of before. */
import type { SqliteHandle } from '@murram/rxdb-sqlite'
import { readFeedBody } from '@murram/wire'
import type { AgentCollections, MirrorDoc } from '../store/collections.ts'
import type { DeviceValues } from '../store/device-values.ts'
import type { HouseholdIndex } from './household-index.ts'

const ENTITY = 'entity:'
const FILLED = 'households.indexed'
const FILL_ROWS = 1_000

/** @param document Of the mirror, as it is written. */
export function indexRow(index: HouseholdIndex, document: unknown): void {
  const { id, body, _deleted } = document as MirrorDoc & { readonly _deleted: boolean }
  if (!id.startsWith(ENTITY)) return
  const read = _deleted ? null : readFeedBody('entity', (body as { readonly body: unknown }).body)
  // A row that this build cannot read is kept in the mirror and shown by the build that can.
  index.put(id.slice(ENTITY.length), read?.ok === true ? read.value : null)
}

/** Rows that were written before there was an index. */
export async function fillHouseholdIndex(
  values: DeviceValues,
  { mirror }: Pick<AgentCollections, 'mirror'>,
  { connection }: Pick<SqliteHandle, 'connection'>,
  index: HouseholdIndex,
): Promise<void> {
  if (values.get(FILLED) !== null) return
  for (let after = ''; ;) {
    const docs = await mirror
      .find({ selector: { id: { $gt: after, $gte: ENTITY, $lt: 'entity;' } }, sort: [{ id: 'asc' }], limit: FILL_ROWS })
      .exec()
    connection.transaction(() => {
      for (const doc of docs) indexRow(index, { ...(doc.toJSON() as MirrorDoc), _deleted: false })
    })()
    const last = docs.at(-1)
    if (last === undefined || docs.length < FILL_ROWS) break
    after = last.id
  }
  values.set(FILLED, '1')
}
