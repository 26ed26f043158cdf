/**
 * Rows of the feed side by side: the entities of one group as columns, all else as it is. What
 * stands in one column is much alike, and an entity's id is said once though its row names it
 * three times.
 *
 * X1 what was packed unpacks to the same rows, in the order of their numbers
 * X2 what does not fit its own counts is refused, never guessed
 *
 * Not here: compression (a frame or a block does it), checksums (`page-checksum.ts`).
 */
import { z } from 'zod'
import { createByteReader, createByteWriter } from '../byte-stream.ts'
import { FeedRowSchema, type FeedRow } from '../feed-row.ts'
import { EntityBodySchema, type EntityBody } from '../feed-bodies.ts'
import {
  packColumn,
  PackedColumnSchema,
  PackedTableSchema,
  packTable,
  unpackColumn,
  unpackTable,
  type Column,
} from '../packed-columns.ts'
import { fromColumns, toColumns } from '../up/push-batch.ts'
import { ByteString } from '../vocabulary.ts'

/** As many as a column may have (`packed-columns.ts`). */
const MAX_GROUP_ROWS = 1_000

const GroupSchema = z.strictObject({
  count: z.int().min(1).max(MAX_GROUP_ROWS),
  /** Each as its distance from the one before. */
  numbers: ByteString,
  ids: PackedColumnSchema,
  datasets: PackedColumnSchema,
  labels: PackedColumnSchema,
  canonicalIds: PackedColumnSchema,
  /** Place in the group and properties in conflict; few have any. */
  conflicted: z.array(z.tuple([z.int().nonnegative(), z.array(z.string())])).max(MAX_GROUP_ROWS),
  properties: PackedTableSchema,
})
type Group = z.infer<typeof GroupSchema>

export const PackedRowsSchema = z.strictObject({
  groups: z.array(GroupSchema).max(100),
  others: z.array(FeedRowSchema).max(10_000),
})
export type PackedRows = z.infer<typeof PackedRowsSchema>

export function packRows(rows: readonly FeedRow[]): PackedRows {
  const entities: EntityRow[] = []
  const others: FeedRow[] = []
  for (const row of rows) {
    const body = bodyOf(row)
    if (body === null) others.push(row)
    else entities.push({ number: row.number, body })
  }
  const groups: Group[] = []
  for (let i = 0; i < entities.length; i += MAX_GROUP_ROWS)
    groups.push(packGroup(entities.slice(i, i + MAX_GROUP_ROWS)))
  return { groups, others }
}

/** `null` where it does not fit. */
export function unpackRows({ groups, others }: PackedRows): FeedRow[] | null {
  const rows: FeedRow[] = [...others]
  for (const group of groups) {
    const unpacked = unpackGroup(group)
    if (unpacked === null) return null
    for (const row of unpacked) rows.push(row)
  }
  return rows.sort((a, b) => a.number - b.number)
}

interface EntityRow {
  readonly number: number
  readonly body: EntityBody
}

/** A row that is wholly an entity, or `null`: a tombstone, another kind, what a later build may send. */
function bodyOf({ kind, key, body }: FeedRow): EntityBody | null {
  if (kind !== 'entity' || body === null || body === undefined) return null
  const read = EntityBodySchema.safeParse(body)
  return read.success && read.data.entityId === key ? read.data : null
}

function packGroup(rows: readonly EntityRow[]): Group {
  const numbers = createByteWriter()
  let before = 0
  for (const { number } of rows) {
    numbers.signed(number - before)
    before = number
  }
  const bodies = rows.map(row => row.body)
  const ids = bodies.map(body => body.entityId)
  return {
    count: rows.length,
    numbers: numbers.bytes(),
    ids: packColumn(ids),
    datasets: packColumn(bodies.map(body => body.dataset)),
    labels: packColumn(bodies.map(body => body.label)),
    canonicalIds: packColumn(
      bodies.map(body => body.canonicalId),
      ids,
    ),
    conflicted: bodies.flatMap(({ conflicted }, i) => (conflicted.length === 0 ? [] : [[i, conflicted]])),
    properties: packTable(toColumns(bodies.map(body => body.properties)), ids),
  }
}

function unpackGroup(group: Group): FeedRow[] | null {
  const { count } = group
  const ids = unpackColumn(group.ids, count)
  const datasets = unpackColumn(group.datasets, count)
  const labels = unpackColumn(group.labels, count)
  if (ids === null || datasets === null || labels === null) return null
  const canonicalIds = unpackColumn(group.canonicalIds, count, ids)
  const columns = unpackTable(group.properties, count, ids)
  if (canonicalIds === null || columns === null) return null
  const properties = fromColumns(columns.names, columns.values, count)
  const conflicted = new Map(group.conflicted)
  const rows: FeedRow[] = []
  const numbers = createByteReader(group.numbers)
  let number = 0
  for (let i = 0; i < count; i += 1) {
    number += numbers.signed()
    const key = at(ids, i)
    const body = {
      entityId: key,
      dataset: at(datasets, i),
      label: at(labels, i),
      properties: properties[i],
      conflicted: conflicted.get(i) ?? [],
      canonicalId: at(canonicalIds, i),
    }
    const read = FeedRowSchema.safeParse({ number, kind: 'entity', key, body })
    if (!read.success) return null
    rows.push(read.data)
  }
  return numbers.isSpent() ? rows : null
}

const at = (column: Column, i: number): string | null => column[i] ?? null
