/**
 * `page`, collector → agent: the changes with numbers in (from, to].
 *
 * Numbers are dense, but a device is not shown every row (`forDevices`, scope), so `to` and not
 * the last row is the next checkpoint. The checksum covers number, kind, key and body.
 *
 * To version 1 a form is told without its lists, a return without what it is about, and nothing of
 * submissions; to version 2 nothing of rollouts and tasks; under the checksum of what is told.
 *
 * Since version 2 the rows travel side by side (`rows/pack-rows.ts`), where that is shorter;
 * whoever reads a page sees rows either way.
 */
import { z } from 'zod'
import { isKindKnownAt } from '../feed-bodies.ts'
import { FeedRowSchema, type FeedRow } from '../feed-row.ts'
import { pageChecksum } from '../page-checksum.ts'
import { packRows, PackedRowsSchema, unpackRows } from '../rows/pack-rows.ts'
import { Counter } from '../vocabulary.ts'

const SentPageSchema = z.strictObject({
  type: z.literal('page'),
  epoch: Counter,
  from: Counter,
  to: Counter,
  rows: z.array(FeedRowSchema).max(10_000),
  packed: PackedRowsSchema.optional(),
  checksum: z.string().max(40),
  more: z.boolean(),
})

export interface Page {
  readonly type: 'page'
  readonly epoch: number
  readonly from: number
  readonly to: number
  readonly rows: readonly FeedRow[]
  readonly checksum: string
  readonly more: boolean
}

export const PageSchema = SentPageSchema.transform(({ packed, rows, ...page }, context): Page => {
  if (packed === undefined) return { ...page, rows }
  const unpacked = rows.length === 0 ? unpackRows(packed) : null
  if (unpacked !== null) return { ...page, rows: unpacked }
  context.addIssue({ code: 'custom', message: 'the rows do not fit together' })
  return z.NEVER
})

/** Columns have heads of their own; below this they are no shorter. */
const WORTH_PACKING_ROWS = 4

/** For a peer of version 2 and later. */
export function packPage(told: Page, protocol: number): z.input<typeof SentPageSchema> {
  const { rows, ...page } = knownAt(protocol, told)
  return rows.length < WORTH_PACKING_ROWS ? { ...page, rows: [...rows] } : { ...page, rows: [], packed: packRows(rows) }
}

/** Without the kinds that the peer's version does not know, under the checksum of what is told. */
function knownAt(protocol: number, page: Page): Page {
  const rows = page.rows.filter(({ kind }) => isKindKnownAt(protocol, kind))
  return rows.length === page.rows.length ? page : { ...page, rows, checksum: pageChecksum(rows) }
}

/** For a peer of version 1. */
export function firstPage(told: Page): z.input<typeof SentPageSchema> {
  const page = knownAt(1, told)
  const rows = page.rows.map(asAtFirst)
  return rows.every((row, i) => row === page.rows[i])
    ? { ...page, rows }
    : { ...page, rows, checksum: pageChecksum(rows) }
}

const LATER: Readonly<Partial<Record<FeedRow['kind'], string>>> = { form: 'lists', return: 'about' }

function asAtFirst(row: FeedRow): FeedRow {
  const { kind, body } = row
  const later = LATER[kind]
  if (later === undefined || typeof body !== 'object' || body === null || !(later in body)) return row
  return { ...row, body: Object.fromEntries(Object.entries(body).filter(([name]) => name !== later)) }
}
