/**
 * The same forms and the same answers through ODK's engine: relevance, required, read-only,
 * labels, hints and choices in every language, calculated values, verdicts with their messages,
 * the submitted values and the record as it is sent agree after every answer, or differ as
 * `listed.ts` says.
 *
 * Needs `../shared/forms` for the real instruments; without it our own form and the drawn ones
 * are compared. `MURRAM_ORACLE_RUNS=20` tries twenty times as much (minutes, not seconds).
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { compileXform } from '../open-form.ts'
import { agreement, oracleRuns } from './agreement.ts'
import { startEngine, type Engine } from './engine.ts'
import { randomForm } from './random-form.ts'

const shared = join(import.meta.dirname, '../../../../../../shared/forms')
const isThere = existsSync(shared)
const sharedFiles = (ending: string): readonly string[] =>
  isThere ? readdirSync(shared).filter(file => file.endsWith(ending)) : []

/** What their tables hold: lists of entities and of `pulldata()`. */
const attachments = new Map(
  sharedFiles('.csv')
    .filter(file => !file.startsWith('pyxform-'))
    .map(file => [file, readFileSync(join(shared, file), 'utf8')]),
)

/** Large ones get fewer runs: what is tried is time on a small machine. */
const EFFORT: Readonly<Record<string, { readonly runs: number; readonly steps: number }>> = {
  'who-va-2016-v1.5.xml': { runs: 1, steps: 12 },
  'all-question-types.xml': { runs: 2, steps: 40 },
  'socio-economic-survey.xml': { runs: 4, steps: 30 },
  'soak-250q-form.xml': { runs: 2, steps: 25 },
}
const USUAL = { runs: 4, steps: 25 }

/** What is no form, or one that nobody should load. */
const REFUSED: ReadonlySet<string> = new Set([
  'expect-fail-dag-cycle.xml',
  'expect-fail-xpath-syntax.xml',
  'expect-fail-xpath-unknown-function.xml',
  'soak-250q-submission.template.xml',
])

let engine: Engine
beforeAll(async () => {
  engine = await startEngine()
})

describe('agrees with the ODK engine, answer by answer', () => {
  const own = join(import.meta.dirname, '../fixtures/household.xml')
  const files = sharedFiles('.xml').filter(file => !REFUSED.has(file))
  for (const path of [own, ...files.map(file => join(shared, file))]) {
    const name = path.split('/').at(-1)!
    test(
      `${name}`,
      async () => {
        const { runs, steps } = EFFORT[name] ?? USUAL
        const xml = readFileSync(path, 'utf8')
        const { reached, compared } = await agreement(name, { xml, engine, runs, steps, attachments })
        // Moves that never left the first page would agree about nothing.
        expect(compared).toBeGreaterThan(runs * 2)
        expect(reached.size).toBeGreaterThan(1)
      },
      120_000 * oracleRuns,
    )
  }
})

describe('agrees with the ODK engine on forms that nobody wrote', () => {
  const DRAWN = 32
  const EACH = 8
  for (let first = 0; first < DRAWN * oracleRuns; first += EACH)
    test(`numbers ${first} to ${first + EACH - 1}`, async () => {
      let sent = 0
      for (let seed = first; seed < first + EACH; seed++) {
        const result = await agreement(`randomForm(${seed})`, { xml: randomForm(seed), engine, runs: 4, steps: 20 })
        sent += result.sent
      }
      expect(sent).toBeGreaterThan(EACH / 2)
    }, 120_000)
})

test('what ODK refuses to load is refused here', async () => {
  for (const file of REFUSED) {
    if (!isThere) continue
    const xml = readFileSync(join(shared, file), 'utf8')
    expect({ file, ok: compileXform(xml).ok }).toEqual({ file, ok: false })
    const opens = await engine(xml)
      .then(form => form.open())
      .then(
        () => true,
        () => false,
      )
    expect({ file, opens }).toEqual({ file, opens: false })
  }
})
