/**
 * `page`, collector → agent: the changes with numbers in (from, to].
 *
 * Numbers are dense, but a device is not shown every row (`forDevices`, scope), so `to` and not
 * the last row is the next checkpoint. The checksum covers number, kind, key and body.
 *
 * To version 1 a form is told without its lists, a return without what it is about; nobody is told
 * rows of a kind that their version does not know. The checksum is of what is told.
 *
 * Since version 2 the rows travel side by side (`rows/pack-rows.ts`), where that is shorter;
 * whoever reads a page sees rows either way.
 */
import { z } from 'zod'
import { FeedRowSchema, type FeedRow } from '../feed-row.ts'
import { pageChecksum } from '../page-checksum.ts'
import { isKindKnownAt, PROTOCOL_WITH_MORE } from '../protocol-version.ts'
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

/** As a peer of this version is told it. */
export function pageFor(page: Page, protocol: number): z.input<typeof SentPageSchema> {
  const { rows, ...told } = withRows(page, knownRows(page.rows, protocol))
  return protocol < PROTOCOL_WITH_MORE || rows.length < WORTH_PACKING_ROWS
    ? { ...told, rows: [...rows] }
    : { ...told, rows: [], packed: packRows(rows) }
}

function knownRows(rows: readonly FeedRow[], protocol: number): readonly FeedRow[] {
  const known = rows.filter(({ kind }) => isKindKnownAt(protocol, kind))
  return protocol < PROTOCOL_WITH_MORE ? known.map(asAtFirst) : known
}

const withRows = (page: Page, rows: readonly FeedRow[]): Page =>
  rows.length === page.rows.length && rows.every((row, i) => row === page.rows[i])
    ? page
    : { ...page, rows, checksum: pageChecksum(rows) }

const LATER: Readonly<Partial<Record<FeedRow['kind'], string>>> = { form: 'lists', return: 'about' }

function asAtFirst(row: FeedRow): FeedRow {
  const { kind, body } = row
  const later = LATER[kind]
  if (later === undefined || typeof body !== 'object' || body === null || !(later in body)) return row
  return { ...row, body: Object.fromEntries(Object.entries(body).filter(([name]) => name !== later)) }
}
