/**
 * The small forms of the reference converter's own test-suite, with its verdicts: what it
 * takes we take, what it refuses we refuse, and we name the same place.
 *
 * Needs `../shared/forms`; without it only the table of differences says something.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { beforeAll, describe, expect, test } from 'vitest'
import { convertXlsform } from './convert.ts'
import type { Diagnostic } from './diagnostic.ts'

const file = join(import.meta.dirname, '../../../../../shared/forms/pyxform-cases-dev.csv')

/** Cases where we differ and mean it. A row that no longer differs is red: take it out. */
const DIFFERENT: Readonly<Record<string, string>> = {
  md1221: 'a calculation that no XPath parser reads; the reference converter leaves that to a later step',
}

/** Errors that we find at another place, and mean it. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  md1008: 'a setting stands in row 2; the reference converter says row 1, where the header is',
}

interface Case {
  readonly id: string
  readonly pyxform_test: string
  readonly error_contains: string
  readonly warnings_contains: string
  readonly converts_standalone: string
  readonly form_markdown: string
}

interface Tried extends Case {
  readonly shouldConvert: boolean
  readonly converts: boolean
  readonly found: readonly Diagnostic[]
}

/** A warning of theirs, and the codes with which we warn of the same matter. */
const MATTERS: readonly (readonly [theirs: RegExp, ours: readonly string[]])[] = [
  [/Choices should have a label/, ['missing-choice-label']],
  [/case-insensitive match/, ['near-duplicate-name']],
  [/max-pixels/, ['missing-max-pixels']],
  [/machine-readable codes/, ['bad-language-code']],
  [/no longer supported on most devices/, ['retired-type']],
  [/has no label/, ['missing-label']],
  [/must not contain spaces/, ['bad-column-name']],
  [/is missing the/, ['missing-translation']],
  [/uses or_other and translations/, ['or-other-untranslated']],
  [/similar names/, ['misspelt-sheet', 'missing-list', 'missing-survey']],
  [/select one external is only meant/, ['external-without-filter']],
  [/'disabled' column/, ['disabled-row']],
  [/is being skipped/, ['comment-row']],
  [/both\s+specified in the settings/, ['two-form-ids']],
  [/was not recognised/, ['bad-flag']],
]

let tried: readonly Tried[] = []
beforeAll(async () => {
  if (!existsSync(file)) return
  const cases: readonly Case[] = parse(readFileSync(file), { columns: true })
  tried = await Promise.all(cases.map(tryCase))
})

async function tryCase(one: Case): Promise<Tried> {
  const converted = await convertXlsform(new TextEncoder().encode(one.form_markdown), { fileName: 'form.md' })
  const found = converted.ok ? converted.value.warnings : (converted.error.data?.['diagnostics'] ?? [])
  return {
    ...one,
    shouldConvert: one.converts_standalone === '1',
    converts: converted.ok,
    found: found as readonly Diagnostic[],
  }
}

const share = (part: readonly unknown[], whole: readonly unknown[]): number =>
  whole.length === 0 ? 1 : part.length / whole.length

const describeCase = ({ id, pyxform_test, shouldConvert, error_contains, found }: Tried): string =>
  [
    `${id} ${pyxform_test}: ${shouldConvert ? 'should convert' : `should be refused: ${error_contains}`}`,
    ...found.map(({ severity, sheet, row, column, message }) => `  ${severity} ${sheet} ${row} ${column}: ${message}`),
  ].join('\n')

describe.skipIf(!existsSync(file))('the reference converter and ours', () => {
  test('take the same forms, and refuse the same', () => {
    const differing = tried.filter(({ converts, shouldConvert }) => converts !== shouldConvert)
    const unknown = differing.filter(({ id }) => !(id in DIFFERENT))
    expect(unknown.map(describeCase)).toEqual([])
    expect(tried.length).toBeGreaterThan(600)
    expect(1 - share(differing, tried)).toBeGreaterThan(0.99)
  })

  test('every case in the table of differences still differs', () => {
    const agreeing = Object.keys(DIFFERENT).filter(id =>
      tried.some(one => one.id === id && one.converts === one.shouldConvert),
    )
    expect(agreeing).toEqual([])
  })

  test('name the same sheet, row and column of an error', () => {
    const placed = tried.filter(one => !one.shouldConvert && placeOf(one.error_contains) !== undefined)
    const elsewhere = placed.filter(one => !one.found.some(ours => isAt(ours, placeOf(one.error_contains)!)))
    expect(placed.length).toBeGreaterThan(100)
    expect(elsewhere.map(({ id }) => id).filter(id => !(id in ELSEWHERE))).toEqual([])
    expect(Object.keys(ELSEWHERE).filter(id => !elsewhere.some(one => one.id === id))).toEqual([])
  })

  test('warn of the same matters', () => {
    const warned = tried.filter(one => one.warnings_contains !== '')
    const silent = warned.filter(one => !mattersOf(one.warnings_contains).every(matter => isWarned(one, matter)))
    expect(warned.length).toBeGreaterThan(25)
    expect(warned.flatMap(one => mattersOf(one.warnings_contains)).length).toBeGreaterThanOrEqual(warned.length)
    expect(silent.map(describeCase)).toEqual([])
  })

  test('every error says where it stands and what to do', () => {
    for (const { found, id } of tried)
      for (const one of found) {
        expect(one.message.trim().split(' ').length, id).toBeGreaterThan(4)
        expect(one.sheet !== undefined || one.code === 'missing-survey', `${id} ${one.code}`).toBe(true)
      }
  })
})

interface Place {
  readonly row: number
  readonly sheet: string | undefined
  readonly column: string | undefined
}

function placeOf(message: string): Place | undefined {
  const found = /\[row : (\d+)\](?: On the '(\w+)' sheet, the '([^']+)' value)?/.exec(message)
  if (found === null) return undefined
  return { row: Number(found[1]), sheet: found[2], column: found[3]?.replace(/ \((?:value|label)\)$/, '') }
}

/** One column has several names, and an entity list is refused as a whole by one of its cells. */
const isAt = ({ sheet, row, column, severity }: Diagnostic, place: Place): boolean =>
  severity === 'error' &&
  row === place.row &&
  (place.sheet === undefined || sheet === place.sheet) &&
  (place.column === undefined || column === undefined || sameColumn(column, place.column))

const sameColumn = (ours: string, theirs: string): boolean =>
  ours.toLowerCase() === theirs.toLowerCase() ||
  (/^(?:dataset|list_name)$/.test(theirs) && /^(?:dataset|list_name)$/.test(ours))

interface Matter {
  readonly codes: readonly string[]
  readonly row: number | undefined
}

const mattersOf = (warnings: string): readonly Matter[] =>
  MATTERS.filter(([theirs]) => theirs.test(warnings)).map(([, codes]) => ({
    codes,
    row: placeOf(warnings)?.row,
  }))

const isWarned = ({ found }: Tried, { codes, row }: Matter): boolean =>
  found.some(one => codes.includes(one.code) && (row === undefined || one.row === row))
