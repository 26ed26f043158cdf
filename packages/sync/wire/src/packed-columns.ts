/**
 * How one column of answers travels. What lies side by side is much alike, and saying so saves
 * more than any compressor finds: deflate pays two bytes for a word it has seen, and these pay
 * a fraction of one.
 *
 *   few different answers   a list of them, and one byte a submission
 *   UUIDs                   16 bytes each, and one where there is none
 *   the instance ids        nothing: they travel anyway
 *   all else                as it is
 *
 * K1 what was packed unpacks to the same, absent and blank kept apart
 * K2 a packed column that does not fit its batch is refused, never guessed
 */
import { z } from 'zod'
import { ByteString, NodePath } from './vocabulary.ts'

export type Column = readonly (string | null)[]

const PlainColumn = z.array(z.string().nullable()).max(1_000)
const CodedColumn = z.strictObject({ words: z.array(z.string().nullable()).min(1).max(256), codes: ByteString })
const UuidColumn = z.strictObject({
  prefix: z.enum(['', 'uuid:']),
  /** One a submission: `FULL`, `BLANK` or `ABSENT`; empty where all are full. */
  kinds: ByteString,
  uuids: ByteString,
})

export const PackedColumnSchema = z.union([PlainColumn, CodedColumn, UuidColumn, z.literal('instanceIds')])
export type PackedColumn = z.infer<typeof PackedColumnSchema>

/**
 * Named columns together. The codes of all coded columns stand in one run, where a compressor
 * meets small numbers only and needs two or three bits each.
 */
export const PackedTableSchema = z.strictObject({
  names: z.array(NodePath).max(5_000),
  values: z
    .array(z.union([PlainColumn, CodedColumn.pick({ words: true }), UuidColumn, z.literal('instanceIds')]))
    .max(5_000),
  codes: ByteString,
})
export type PackedTable = z.infer<typeof PackedTableSchema>

/** `values[i][j]` belongs to `names[i]` in submission j; `null` is absent, which is not `''`. */
export interface Columns {
  readonly names: readonly string[]
  readonly values: readonly Column[]
}

export function packTable({ names, values }: Columns, instanceIds: Column): PackedTable {
  const codes: Uint8Array[] = []
  const packed = values.map(column => {
    const one = packColumn(column, instanceIds)
    if (typeof one !== 'object' || !('codes' in one)) return one
    codes.push(one.codes)
    return { words: one.words }
  })
  return { names: [...names], values: packed, codes: new Uint8Array(Buffer.concat(codes)) }
}

/** `null` where it does not fit. */
export function unpackTable({ names, values, codes }: PackedTable, count: number, instanceIds: Column): Columns | null {
  if (names.length !== values.length || new Set(names).size !== names.length) return null
  let used = 0
  const columns = values.map(one => {
    if (typeof one !== 'object' || !('words' in one)) return unpackColumn(one, count, instanceIds)
    used += count
    return unpackColumn({ words: one.words, codes: codes.subarray(used - count, used) }, count)
  })
  if (used !== codes.length || columns.includes(null)) return null
  return { names, values: columns.filter(column => column !== null) }
}

const UUID_BYTES = 16
const [FULL, BLANK, ABSENT] = [0, 1, 2]
const UUID = /^(?:uuid:)?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** @param instanceIds Of the same batch; absent for the column of instance ids itself. */
export function packColumn(column: Column, instanceIds?: Column): PackedColumn {
  if (instanceIds !== undefined && column.every((text, j) => text === instanceIds[j])) return 'instanceIds'
  return packUuids(column) ?? packWords(column) ?? [...column]
}

/** `null` where it does not fit. */
export function unpackColumn(packed: PackedColumn, count: number, instanceIds?: Column): Column | null {
  if (packed === 'instanceIds') return instanceIds ?? null
  if (Array.isArray(packed)) return packed.length === count ? packed : null
  if ('uuids' in packed) {
    return unpackUuids(packed, count)
  }
  const { words, codes } = packed
  if (codes.length !== count) return null
  const column: (string | null)[] = []
  for (const code of codes) {
    const word = words[code]
    if (word === undefined) return null
    column.push(word)
  }
  return column
}

function packUuids(column: Column): z.infer<typeof UuidColumn> | null {
  const first = column.find(text => text !== null && text !== '')
  const prefix = first?.startsWith('uuid:') === true ? 'uuid:' : ''
  const digits: string[] = []
  for (const text of column) {
    if (text === null || text === '') continue
    if (text.length !== prefix.length + 36 || !text.startsWith(prefix) || !UUID.test(text)) return null
    digits.push(text.slice(prefix.length).replaceAll('-', ''))
  }
  if (digits.length === 0) return null
  const kinds = column.map(text => (text === null ? ABSENT : text === '' ? BLANK : FULL))
  return {
    prefix,
    kinds: Uint8Array.from(digits.length === column.length ? [] : kinds),
    uuids: new Uint8Array(Buffer.from(digits.join(''), 'hex')),
  }
}

function unpackUuids({ prefix, kinds, uuids }: z.infer<typeof UuidColumn>, count: number): Column | null {
  if (kinds.length !== 0 && kinds.length !== count) return null
  const whole = Math.floor(uuids.length / UUID_BYTES)
  const texts = toUuidTexts(prefix, uuids, whole)
  const width = prefix.length + UUID_CHARS
  const column: (string | null)[] = []
  let used = 0
  for (let j = 0; j < count; j += 1) {
    const kind = kinds[j] ?? FULL
    if (kind > ABSENT) return null
    if (kind === FULL) {
      if (used === whole) return null
      column.push(texts.slice(used * width, (used + 1) * width))
      used += 1
    } else column.push(kind === BLANK ? '' : null)
  }
  return used * UUID_BYTES === uuids.length ? column : null
}

/**
 * Where an answer occurs twice on average, its place in a list is shorter than a reference to it.
 * The list is sorted: the next batch mostly has the same, and a compressor says so in one word.
 */
function packWords(column: Column): z.infer<typeof CodedColumn> | null {
  const most = Math.min(256, column.length / 2)
  const found = new Map<string | null, number>()
  const codes = new Uint8Array(column.length)
  for (let j = 0; j < column.length; j += 1) {
    const word = column[j] ?? null
    let code = found.get(word)
    if (code === undefined) {
      code = found.size
      if (code + 1 > most) return null
      found.set(word, code)
    }
    codes[j] = code
  }
  if (found.size === 0) return null
  const words = [...found.keys()].toSorted(byText)
  const places = new Uint8Array(words.length)
  for (const [place, word] of words.entries()) places[found.get(word) ?? 0] = place
  for (let j = 0; j < codes.length; j += 1) codes[j] = places[codes[j] as number] as number
  return { words, codes }
}

const byText = (a: string | null, b: string | null): number => {
  if (a === null || b === null) return a === b ? 0 : a === null ? -1 : 1
  return a < b ? -1 : a > b ? 1 : 0
}

const UUID_CHARS = 36
const HEX = Buffer.from('0123456789abcdef')
const HYPHEN = '-'.charCodeAt(0)

/**
 * One behind the other, in one text: an id that is put together of five pieces is written out at its
 * first use as a key, which costs more than all the rest of it.
 */
function toUuidTexts(prefix: string, uuids: Uint8Array, count: number): string {
  const start = Buffer.from(prefix, 'latin1')
  const bytes = Buffer.allocUnsafe(count * (start.length + UUID_CHARS))
  let to = 0
  for (let from = 0; from < count * UUID_BYTES; from += 1) {
    const place = from % UUID_BYTES
    if (place === 0) for (const byte of start) bytes[to++] = byte
    else if (place === 4 || place === 6 || place === 8 || place === 10) bytes[to++] = HYPHEN
    const byte = uuids[from] as number
    bytes[to++] = HEX[byte >> 4] as number
    bytes[to++] = HEX[byte & 15] as number
  }
  return bytes.toString('latin1')
}
