/**
 * How the audit traces of a batch travel. A trace repeats what the submission says anyway: most
 * of its values are the answers, its order is the form's, and an event begins where the one
 * before it ended. Sent is only what is new in it:
 *
 *   what happens next   its rank among what followed the same event before, mostly 0
 *   when                the gap to the event before, mostly 0, and how long it lasted
 *   old and new value   nothing where it is blank, the final answer, or what the author saw
 *
 * T1 every trace comes back byte for byte: one that is not written as ours goes as it is
 * T2 what does not fit its batch is refused, and no frame unfolds to more than `MOST_CHARS`
 */
import { z } from 'zod'
import { printAuditText, readAuditText, type AuditRow } from './audit-text.ts'
import { createByteReader, createByteWriter, LARGEST } from './byte-stream.ts'
import { createSuccession } from './succession.ts'
import { ByteString } from './vocabulary.ts'
import type { Column } from './packed-columns.ts'

const [NONE, ROWS, TEXT] = [0, 1, 2]
/** Of all traces of a batch together. */
const MOST_CHARS = 8_000_000
/** What a row is counted as beside its texts. */
const ROW_CHARS = 40
const MOST_ROWS = MOST_CHARS / ROW_CHARS
const MOST_VALUE_KINDS = 5
const [BLANK, ANSWER, SEEN, OTHER_VALUE, LITERAL] = [0, 1, 2, 3, 4]

const Texts = z.array(z.string()).max(2 * MOST_ROWS)
export const PackedAuditsSchema = z.strictObject({
  /** One a submission: `NONE`, `ROWS` or `TEXT`. */
  kinds: ByteString,
  events: Texts,
  /** `/data/`: what stands before a ref to make it a node. */
  root: z.string().max(500),
  /** Nodes that are no ref of the batch's answers. */
  nodes: Texts,
  /** What happens: event, node and manner of each new kind of row. */
  happenings: ByteString,
  steps: ByteString,
  starts: ByteString,
  spans: ByteString,
  /** Values that stand nowhere else in the submission. */
  values: Texts,
  texts: Texts,
})
export type PackedAudits = z.infer<typeof PackedAuditsSchema>

/** What of a submission its trace is likely to repeat. */
export interface AuditContext {
  readonly atMs: number
  readonly answers: Readonly<Record<string, string>>
  readonly base: Readonly<Record<string, string>>
}

interface Happening {
  readonly event: number
  readonly node: number
  readonly hasEnd: boolean
  readonly oldKind: number
  readonly newKind: number
}

/** @param paths The refs of the batch's answers. */
export function packAudits(
  audits: Column,
  contexts: readonly AuditContext[],
  paths: readonly string[],
): z.input<typeof PackedAuditsSchema> {
  const traces = readWithin(audits)
  const root = rootOf(traces)
  const nodes = paths.map(path => root + path)
  const [nodeAt, events] = [new Map(nodes.map((node, i) => [node, i])), new Map<string, number>()]
  const [happenings, starts, spans] = [createByteWriter(), createByteWriter(), createByteWriter()]
  const [happeningAt, values] = [new Map<string, number>(), [] as string[]]
  const succession = createSuccession()
  let newestNode = -1

  const happeningOf = (row: AuditRow, newKind: number, oldKind: number): number => {
    const key = JSON.stringify([row.event, row.node, row.endMs !== null, newKind, oldKind])
    const known = happeningAt.get(key)
    if (known !== undefined) return known
    const [event, node] = [indexIn(events, row.event), indexIn(nodeAt, row.node)]
    happenings.count(event)
    happenings.signed(node - newestNode - 1)
    happenings.count((newKind * MOST_VALUE_KINDS + oldKind) * 2 + (row.endMs === null ? 0 : 1))
    newestNode = node
    happeningAt.set(key, happeningAt.size)
    return happeningAt.size - 1
  }

  for (const [j, rows] of traces.entries()) {
    const context = contexts[j]
    if (rows === null || context === undefined) continue
    let beforeMs = context.atMs
    for (const row of rows) {
      const ref = row.node.startsWith(root) ? row.node.slice(root.length) : row.node
      const newKind = kindOf(row.newValue, ref, context, null)
      const oldKind = kindOf(row.oldValue, ref, context, row.newValue)
      succession.write(happeningOf(row, newKind, oldKind))
      starts.signed(row.startMs - beforeMs)
      if (row.endMs !== null) spans.signed(row.endMs - row.startMs)
      if (newKind === LITERAL) values.push(row.newValue)
      if (oldKind === LITERAL) values.push(row.oldValue)
      beforeMs = row.endMs ?? row.startMs
    }
    succession.end()
  }

  return {
    kinds: Uint8Array.from(audits, (text, j) => (text === null ? NONE : traces[j] === null ? TEXT : ROWS)),
    events: [...events.keys()],
    root,
    nodes: [...nodeAt.keys()].slice(nodes.length),
    happenings: happenings.bytes(),
    steps: succession.bytes(),
    starts: starts.bytes(),
    spans: spans.bytes(),
    values,
    texts: audits.filter((text, j): text is string => text !== null && traces[j] === null),
  }
}

export const isKindOfTrace = (kind: number): boolean => kind !== NONE

/** `null` where it does not fit. */
export function unpackAudits(
  packed: PackedAudits,
  contexts: readonly AuditContext[],
  paths: readonly string[],
): Column | null {
  const { kinds, events, root } = packed
  if (kinds.length !== contexts.length) return null
  const nodes = [...paths.map(path => root + path), ...packed.nodes]
  const [starts, spans] = [createByteReader(packed.starts), createByteReader(packed.spans)]
  const happenings = readHappenings(packed, nodes.length)
  if (happenings === null) return null
  const succession = createSuccession(packed.steps)
  let [valuesUsed, textsUsed, chars] = [0, 0, 0]

  const valueOf = (kind: number, ref: string, { answers, base }: AuditContext, newValue: string | null) => {
    if (kind === BLANK) return ''
    if (kind === ANSWER) return ownValue(answers, ref)
    if (kind === SEEN) return ownValue(base, propertyOf(ref))
    return kind === OTHER_VALUE ? newValue : packed.values[valuesUsed++]
  }

  const readTrace = (context: AuditContext): string | null => {
    const rows: AuditRow[] = []
    let beforeMs = context.atMs
    for (;;) {
      const next = succession.read(happenings.length)
      if (next === 'end') break
      const happening = next === null ? undefined : happenings[next]
      if (happening === undefined) return null
      const node = nodes[happening.node] ?? ''
      const ref = node.startsWith(root) ? node.slice(root.length) : node
      const startMs = beforeMs + starts.signed()
      const endMs = happening.hasEnd ? startMs + spans.signed() : null
      const newValue = valueOf(happening.newKind, ref, context, null)
      const oldValue = valueOf(happening.oldKind, ref, context, newValue ?? null)
      if (newValue === undefined || newValue === null || oldValue === undefined || oldValue === null) return null
      const event = events[happening.event] ?? ''
      chars += ROW_CHARS + event.length + node.length + 2 * (newValue.length + oldValue.length)
      if (chars > MOST_CHARS || starts.isBroken() || spans.isBroken()) return null
      beforeMs = endMs ?? startMs
      if (startMs < 0 || startMs >= LARGEST || beforeMs < 0 || beforeMs >= LARGEST) return null
      rows.push({ event, node, startMs, endMs, oldValue, newValue })
    }
    return printAuditText(rows)
  }

  const audits: (string | null)[] = []
  for (const [j, kind] of kinds.entries()) {
    const context = contexts[j]
    if (context === undefined) return null
    if (kind === NONE) audits.push(null)
    else {
      const text = kind === ROWS ? readTrace(context) : kind === TEXT ? packed.texts[textsUsed++] : undefined
      if (text === undefined || text === null) return null
      audits.push(text)
    }
  }
  const allRead = succession.isSpent() && starts.isSpent() && spans.isSpent()
  return allRead && valuesUsed === packed.values.length && textsUsed === packed.texts.length ? audits : null
}

function readHappenings({ happenings: bytes, events }: PackedAudits, nodes: number): readonly Happening[] | null {
  const reader = createByteReader(bytes)
  const happenings: Happening[] = []
  for (let newestNode = -1; !reader.isSpent();) {
    const event = reader.count()
    const node = newestNode + 1 + reader.signed()
    const manner = reader.count()
    const kinds = Math.floor(manner / 2)
    const [oldKind, newKind] = [kinds % MOST_VALUE_KINDS, Math.floor(kinds / MOST_VALUE_KINDS)]
    const isSound = event < events.length && node >= 0 && node < nodes && newKind < MOST_VALUE_KINDS
    if (reader.isBroken() || !isSound || happenings.length === MOST_ROWS) return null
    happenings.push({ event, node, hasEnd: manner % 2 === 1, oldKind, newKind })
    newestNode = node
  }
  return happenings
}

/** Longer ones than a receiver unfolds go as texts, and make the batch a smaller one. */
function readWithin(audits: Column): readonly (readonly AuditRow[] | null)[] {
  let chars = 0
  return audits.map(text => {
    const rows = text === null ? null : readAuditText(text)
    if (rows === null || text === null) return null
    const more = rows.length * ROW_CHARS + 2 * text.length
    if (chars + more > MOST_CHARS) return null
    chars += more
    return rows
  })
}

function rootOf(traces: readonly (readonly AuditRow[] | null)[]): string {
  const node = traces.flatMap(rows => rows?.find(row => row.node !== '')?.node ?? []).at(0) ?? ''
  return /^\/[^/]{1,400}\//.exec(node)?.[0] ?? ''
}

function kindOf(value: string, ref: string, { answers, base }: AuditContext, newValue: string | null): number {
  if (value === '') return BLANK
  if (value === ownValue(answers, ref)) return ANSWER
  if (value === ownValue(base, propertyOf(ref))) return SEEN
  return value === newValue ? OTHER_VALUE : LITERAL
}

/** A form mostly saves a question under its own name. */
const propertyOf = (ref: string): string => ref.slice(ref.lastIndexOf('/') + 1)

const ownValue = (record: Readonly<Record<string, string>>, name: string): string | undefined =>
  Object.hasOwn(record, name) ? record[name] : undefined

function indexIn(all: Map<string, number>, text: string): number {
  const at = all.get(text) ?? all.size
  all.set(text, at)
  return at
}
