/**
 * Damaged files by the thousand: whatever a disk, a mail program or a bad day makes of a form or
 * of a submission, the answer is a form that can be filled in, or a fault. Nothing throws, and
 * nothing takes long.
 *
 * The seed is fixed. Longer by hand: `MURRAM_FUZZ_SECONDS=600 MURRAM_FUZZ_SEED=7`; a case that
 * fails is shrunk and printed.
 */
import { unwrap, type Millis } from '@murram/ground'
import { compileXform, openSession, readInstanceXml, type Form } from '@murram/xform'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { convertXlsform } from './convert.ts'
import { household } from './fixtures/household.ts'
import { makeWorkbook } from './fixtures/make-workbook.ts'

const SECONDS = Number(process.env['MURRAM_FUZZ_SECONDS'] ?? 2)
const SEED = Number(process.env['MURRAM_FUZZ_SEED'] ?? 20261121)
/** What is slow here hangs a checker of hundreds of files. */
const MOST_MS = 5_000
const RUN = {
  seed: SEED,
  numRuns: Number.MAX_SAFE_INTEGER,
  interruptAfterTimeLimit: SECONDS * 1_000,
  markInterruptAsFailure: false,
}
const TIMEOUT = { timeout: SECONDS * 1_000 + 30_000 }

interface Wound {
  /** Place and length, in parts of the whole. */
  readonly at: number
  readonly length: number
  readonly how: 'cut' | 'repeat' | 'move' | 'write'
  readonly token: string
}

const TOKENS = [
  '',
  '\0',
  '<',
  '&',
  ']]>',
  '"',
  '${',
  '}',
  '${head}',
  '/',
  '..',
  '[',
  ')',
  '| a | b |',
  '\n,survey,',
  'begin_repeat',
  'end_group',
  'select_one',
  '\u202e',
  '💧',
  '1e999',
  '-0',
  'PK\x03\x04',
  '\xff\xfe',
  'instance(',
  '//*',
  'jr:count',
  'relevant="',
]

const wounds: fc.Arbitrary<readonly Wound[]> = fc.array(
  fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    length: fc.double({ min: 0, max: 0.05, noNaN: true }),
    how: fc.constantFrom('cut', 'repeat', 'move', 'write'),
    token: fc.constantFrom(...TOKENS),
  }),
  { minLength: 1, maxLength: 4 },
)

/** Bytes as latin1, so that one damage serves text and binary alike. */
const damaged = (whole: string, all: readonly Wound[]): string =>
  all.reduce((text, { at, length, how, token }) => {
    const start = Math.floor(at * text.length)
    const end = Math.min(text.length, start + Math.max(1, Math.floor(length * Math.min(text.length, 2_000))))
    const piece = text.slice(start, end)
    const rest = text.slice(0, start) + text.slice(end)
    switch (how) {
      case 'cut':
        return rest
      case 'repeat':
        return text.slice(0, end) + piece + text.slice(end)
      case 'move':
        return rest.slice(0, rest.length - start) + piece + rest.slice(rest.length - start)
      case 'write':
        return text.slice(0, start) + token + text.slice(end)
    }
  }, whole)

const toText = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1')
const toBytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'))

const asCsv = Object.entries(household)
  .flatMap(([name, rows]) => [[name], ...rows.map(row => ['', ...row])])
  .map(row => row.map(cell => `"${String(cell ?? '').replaceAll('"', '""')}"`).join(','))
  .join('\n')
const asMarkdown = Object.entries(household)
  .flatMap(([name, rows]) => [[name], ...rows.map(row => ['', ...row])])
  .map(row => `| ${row.map(cell => String(cell ?? '').replaceAll('|', '\\|')).join(' | ')} |`)
  .join('\n')
const FILES: readonly (readonly [fileName: string, whole: string])[] = [
  ['f.xlsx', toText(makeWorkbook(household))],
  ['f.xls', toText(makeWorkbook(household, 'xls'))],
  ['f.csv', Buffer.from(asCsv).toString('latin1')],
  ['f.md', Buffer.from(asMarkdown).toString('latin1')],
]

/** Everything a person does with a form, briefly. */
function fillIn(form: Form): void {
  const opened = openSession(form, { now: () => 0 as Millis, uuid: () => 'u', random: () => 0.5 })
  if (!opened.ok) return
  const session = opened.value
  for (const { ref, choices } of session.questions().slice(0, 12))
    for (const value of [choices[0]?.value ?? '7', '']) session.answer(ref, value)
  for (const { ref } of session.repeats().slice(0, 3)) session.addRepeat(ref)
  session.pages()
  session.violations()
  session.finalise()
}

async function inTime<T>(act: () => Promise<T> | T): Promise<T> {
  const began = performance.now()
  const done = await act()
  expect(performance.now() - began).toBeLessThan(MOST_MS)
  return done
}

test('undamaged, all four kinds of file are the same form', async () => {
  const forms = []
  for (const [fileName, whole] of FILES)
    forms.push(unwrap(await convertXlsform(toBytes(whole), { fileName })).questions)
  expect(new Set(forms).size).toBe(1)
})

for (const [fileName, whole] of FILES)
  test(`a damaged ${fileName.slice(1)} is a form or a fault`, TIMEOUT, async () => {
    const seen = { forms: 0, faults: 0 }
    await fc.assert(
      fc.asyncProperty(wounds, async all => {
        const converted = await inTime(() => convertXlsform(toBytes(damaged(whole, all)), { fileName }))
        seen[converted.ok ? 'forms' : 'faults'] += 1
        if (converted.ok) fillIn(unwrap(compileXform(converted.value.xml)))
        expect(converted.ok ? 'form.fine' : converted.error.fault).toMatch(/^form\./)
      }),
      RUN,
    )
    expect(seen.faults).toBeGreaterThan(0)
  })

test('a damaged XForm is a form that can be filled in, or a fault', TIMEOUT, async () => {
  const { xml } = unwrap(await convertXlsform(makeWorkbook(household), { fileName: 'f.xlsx' }))
  const seen = { forms: 0, faults: 0 }
  await fc.assert(
    fc.asyncProperty(wounds, async all => {
      const form = await inTime(() => compileXform(damaged(xml, all)))
      seen[form.ok ? 'forms' : 'faults'] += 1
      if (form.ok) await inTime(() => fillIn(form.value))
      expect(form.ok ? 'form.fine' : form.error.fault).toMatch(/^(?:form|xform|xpath)\./)
    }),
    RUN,
  )
  expect(Math.min(seen.forms, seen.faults)).toBeGreaterThan(0)
})

test('a damaged submission is read, or a fault', TIMEOUT, async () => {
  const { xml } = unwrap(await convertXlsform(makeWorkbook(household), { fileName: 'f.xlsx' }))
  const form = unwrap(compileXform(xml))
  const session = unwrap(openSession(form, { now: () => 0 as Millis, uuid: () => 'u', random: () => 0.5 }))
  const leaf = (ref: string): string => `<${ref}>1</${ref}>`
  const instance = `<data id="${form.formId}">${session
    .questions()
    .filter(({ ref }) => !ref.includes('/'))
    .map(({ ref }) => leaf(ref))
    .join('')}<meta><instanceID>uuid:1</instanceID></meta></data>`
  const seen = { read: 0, faults: 0 }
  fc.assert(
    fc.property(wounds, all => {
      seen[readInstanceXml(form, damaged(instance, all)).ok ? 'read' : 'faults'] += 1
    }),
    RUN,
  )
  expect(Math.min(seen.read, seen.faults)).toBeGreaterThan(0)
})
