/**
 * The same forms and the same answers through ODK's engine: relevance, required, read-only,
 * offered choices, calculated values, violations and the submitted values agree after every
 * answer. Needs `../shared/forms` for the real instruments; without it only our own form is
 * compared.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import fc from 'fast-check'
import { makeMove, moves, openPair, showBoth } from './compare.ts'
import { startEngine, type Engine } from './engine.ts'

const own = join(import.meta.dirname, '../fixtures/household.xml')
const shared = join(import.meta.dirname, '../../../../../../shared/forms')

const FORMS: readonly { readonly file: string; readonly runs: number; readonly steps: number }[] = [
  { file: own, runs: 12, steps: 50 },
  { file: join(shared, 'socio-economic-survey.xml'), runs: 8, steps: 25 },
  { file: join(shared, 'cascading-3-level-multi.xml'), runs: 5, steps: 15 },
  { file: join(shared, 'constraint-message-error.xml'), runs: 5, steps: 10 },
  { file: join(shared, 'repeats-08-complex.xml'), runs: 5, steps: 15 },
  { file: join(shared, 'repeats-12-nested.xml'), runs: 5, steps: 15 },
  { file: join(shared, 'all-question-types.xml'), runs: 2, steps: 20 },
  { file: join(shared, 'entities-bind-attributes.xml'), runs: 4, steps: 15 },
  { file: join(shared, 'entity-upsert.xml'), runs: 4, steps: 15 },
  { file: join(shared, 'who-va-2016-v1.5.xml'), runs: 1, steps: 12 },
]

let engine: Engine
beforeAll(async () => {
  engine = await startEngine()
})

describe('agrees with the ODK engine, answer by answer', () => {
  for (const { file, runs, steps } of FORMS.filter(form => existsSync(form.file)))
    test(`${file.split('/').at(-1)}`, async () => {
      const xml = readFileSync(file, 'utf8')
      const reached = new Set<string>()
      await fc.assert(
        fc.asyncProperty(moves(steps), async all => {
          const pair = await openPair(xml, engine)
          try {
            const begun = showBoth(pair)
            expect(begun.ours).toEqual(begun.theirs)
            for (const move of all) {
              const made = makeMove(pair, move)
              if (made === null) continue
              reached.add(made.split(' ')[1] ?? '')
              const { ours, theirs } = showBoth(pair)
              expect({ made, ...ours }).toEqual({ made, ...theirs })
            }
          } finally {
            pair.oracle.reset()
          }
        }),
        { numRuns: runs, seed: 20261121, endOnFailure: true, interruptAfterTimeLimit: 20_000 },
      )
      // Moves that never left the first page would agree about nothing.
      expect(reached.size).toBeGreaterThan(1 + steps / 10)
    })
})
