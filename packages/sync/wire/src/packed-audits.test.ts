import fc from 'fast-check'
import { expect, test } from 'vitest'
import { printAuditText, readAuditText } from './audit-text.ts'
import { packAudits, PackedAuditsSchema, unpackAudits, type AuditContext } from './packed-audits.ts'

const refs = fc.constantFrom('a', 'b/c', 'r[1]/d', 'r[2]/d')
const values = fc.oneof(
  fc.constantFrom('', 'iron', '3', 'a,b', 'say "no"', 'two\nlines'),
  fc.string({ unit: 'grapheme' }),
)
const times = fc.oneof(fc.nat(3), fc.integer({ min: 1_795_000_000_000, max: 1_795_000_900_000 }))
const rows = fc.record({
  event: fc.oneof(fc.constantFrom('question', 'form start', 'add repeat'), fc.string()),
  node: fc.oneof(
    refs.map(ref => `/data/${ref}`),
    fc.constant(''),
    fc.string(),
  ),
  startMs: times,
  endMs: fc.option(times),
  oldValue: values,
  newValue: values,
})
const audits = fc.oneof(
  fc.constant(null),
  values,
  fc.array(rows, { maxLength: 30 }).map(printAuditText),
  fc.array(rows, { maxLength: 3 }).map(some => printAuditText(some).replace(',', ';')),
)
const records = fc.dictionary(refs, values, { noNullPrototype: true })
const contexts: fc.Arbitrary<AuditContext> = fc.record({ atMs: times, answers: records, base: records })
const batches = fc.array(fc.tuple(audits, contexts), { maxLength: 8 })
const PATHS = ['a', 'b/c', 'r[1]/d']

test('T1 every trace comes back byte for byte', () => {
  fc.assert(
    fc.property(batches, batch => {
      const texts = batch.map(([text]) => text)
      const around = batch.map(([, context]) => context)
      const packed = PackedAuditsSchema.parse(packAudits(texts, around, PATHS))
      expect(unpackAudits(packed, around, PATHS)).toEqual(texts)
    }),
    { numRuns: 300 },
  )
})

test('X1 what was read as rows prints to the same text, and what our forms write is read', () => {
  fc.assert(
    fc.property(fc.array(rows, { maxLength: 20 }), written => {
      expect(readAuditText(printAuditText(written))).toEqual(written)
    }),
  )
  const line = 'question,/data/a,1,2,,x'
  for (const other of ['', 'event,node\n', `${line}\n`, `event,node,start,end,old-value,new-value\n${line}`])
    expect(readAuditText(other)).toBeNull()
  const head = 'event,node,start,end,old-value,new-value\n'
  for (const odd of ['q,/data/a,01,2,,x\n', 'q,/data/a,1,2,,"x"\n', 'q,/data/a,1,2,x\n', 'q,/data/a,-1,2,,x\n', '\n'])
    expect(readAuditText(head + odd)).toBeNull()
})

test('T2 whatever was changed on the way is refused or read, and never throws', () => {
  const at = { atMs: 1_795_000_000_000, answers: { a: 'iron' }, base: { a: 'tile' } }
  const trace = printAuditText([
    { event: 'form start', node: '', startMs: at.atMs, endMs: null, oldValue: '', newValue: '' },
    {
      event: 'question',
      node: '/data/a',
      startMs: at.atMs,
      endMs: at.atMs + 9_000,
      oldValue: 'tile',
      newValue: 'iron',
    },
  ])
  const good = PackedAuditsSchema.parse(packAudits([trace, trace, 'text', null], [at, at, at, at], PATHS))
  const streams = ['kinds', 'happenings', 'steps', 'starts', 'spans'] as const
  fc.assert(
    fc.property(fc.constantFrom(...streams), fc.uint8Array({ maxLength: 12 }), (name, bytes) => {
      const read = unpackAudits({ ...good, [name]: bytes }, [at, at, at, at], PATHS)
      expect(read === null || read.length === 4).toBe(true)
    }),
  )
  expect(unpackAudits({ ...good, texts: [] }, [at, at, at, at], PATHS)).toBeNull()
  expect(unpackAudits({ ...good, values: ['more'] }, [at, at, at, at], PATHS)).toBeNull()
  expect(unpackAudits(good, [at], PATHS)).toBeNull()
})

test('T2 no frame unfolds to more than its bound', () => {
  const at = { atMs: 0, answers: { a: 'x'.repeat(100_000) }, base: {} }
  const row = { event: 'q', node: '/data/a', startMs: 0, endMs: 1, oldValue: '', newValue: at.answers.a }
  const trace = printAuditText(Array.from({ length: 30 }, () => row))
  const one = PackedAuditsSchema.parse(packAudits([trace], [at], PATHS))
  expect(unpackAudits(one, [at], PATHS)).toEqual([trace])
  const steps = Uint8Array.from([...one.steps, ...one.steps])
  const twice = { ...one, kinds: Uint8Array.of(1, 1), steps, starts: new Uint8Array(60), spans: new Uint8Array(60) }
  expect(unpackAudits(twice, [at, at], PATHS)).toBeNull()
})
