/**
 * What we convert behaves in ODK's engine as it does in ours, answer by answer: every case of
 * the reference converter that both converters take, and the real instruments as workbooks.
 *
 * Needs `../shared/forms`; without it one small form is compared. A usual run tries every
 * sixth case; `MURRAM_ORACLE_RUNS=6` and more tries all of them, more often each.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { agreement, oracleRuns, startEngine, type Engine } from '@murram/xform/oracle'
import { parse } from 'csv-parse/sync'
import { beforeAll, describe, expect, test } from 'vitest'
import { convertXlsform } from './convert.ts'

const shared = join(import.meta.dirname, '../../../../../shared/forms')
const isThere = existsSync(shared)

interface Case {
  readonly id: string
  readonly converts_standalone: string
  readonly form_markdown: string
}

const OWN: Case = {
  id: 'own',
  converts_standalone: '1',
  form_markdown: `
| survey  |                    |       |        |             |               |             |
|         | type               | name  | label  | relevant    | constraint    | calculation |
|         | integer            | age   | Age    |             | . > 0 and . < 120 |         |
|         | select_one yes_no  | adult | Adult  | \${age} > 17 |               |             |
|         | calculate          | twice |        |             |               | \${age} * 2  |
| choices |                    |       |        |
|         | list_name          | name  | label  |
|         | yes_no             | yes   | Yes    |
|         | yes_no             | no    | No     |`,
}

function cases(): readonly Case[] {
  if (!isThere) return [OWN]
  const all: readonly Case[] = parse(readFileSync(join(shared, 'pyxform-cases-dev.csv')), {
    columns: true,
    relax_column_count: true,
  })
  const taken = all.filter(one => one.converts_standalone === '1')
  return [OWN, ...taken.filter((_, i) => oracleRuns >= 6 || i % 6 === 0)]
}

const attachments = new Map(
  (isThere ? readdirSync(shared) : [])
    .filter(file => file.endsWith('.csv') && !file.startsWith('pyxform-'))
    .map(file => [file, readFileSync(join(shared, file), 'utf8')]),
)

let engine: Engine
beforeAll(async () => {
  engine = await startEngine()
})

describe('the small forms behave alike', () => {
  const all = cases()
  const EACH = 30
  for (let first = 0; first < all.length; first += EACH)
    test(
      `cases ${first + 1} to ${Math.min(first + EACH, all.length)} of ${all.length}`,
      async () => {
        let compared = 0
        for (const { id, form_markdown } of all.slice(first, first + EACH)) {
          const converted = await convertXlsform(new TextEncoder().encode(form_markdown), { fileName: `${id}.md` })
          if (!converted.ok) continue
          const { xml } = converted.value
          const result = await agreement(id, { xml, engine, runs: 2, steps: 15, attachments })
          compared += result.compared
        }
        expect(compared).toBeGreaterThan(10)
      },
      120_000 * oracleRuns,
    )
})

describe('the real instruments behave alike', () => {
  const INSTRUMENTS = [
    { file: 'all-question-types.xlsx', runs: 2, steps: 30 },
    { file: 'socio-economic-survey.xlsx', runs: 4, steps: 25 },
    { file: 'pyxform-case-insensitivity.xlsx', runs: 2, steps: 15 },
    { file: 'pyxform-spec-test.xlsx', runs: 2, steps: 25 },
    { file: 'who-va-2016-v1.5.xlsx', runs: 1, steps: 8 },
  ] as const
  for (const { file, runs, steps } of INSTRUMENTS.filter(one => existsSync(join(shared, one.file))))
    test(
      `${file}`,
      async () => {
        const converted = await convertXlsform(readFileSync(join(shared, file)), { fileName: file })
        expect(converted.ok).toBe(true)
        if (!converted.ok) return
        await agreement(file, { xml: converted.value.xml, engine, runs, steps, attachments })
      },
      120_000 * oracleRuns,
    )
})
