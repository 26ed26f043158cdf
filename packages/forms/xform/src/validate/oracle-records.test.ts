/**
 * Instances that ODK's own engine filled in, wrong answers included, checked here: what it marks
 * we find, and nothing it computed, offered or left out is a violation to us.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { unwrap } from '@murram/ground'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { compileXform } from '../open-form.ts'
import { startEngine, type Engine, type EngineInstance } from '../oracle/engine.ts'
import type { Program } from '../program.ts'
import { createValidator } from './validator.ts'

const own = join(import.meta.dirname, '../fixtures/household.xml')
const shared = join(import.meta.dirname, '../../../../../../shared/forms')

const FORMS: readonly { readonly file: string; readonly runs: number; readonly steps: number }[] = [
  { file: own, runs: 20, steps: 40 },
  { file: join(shared, 'socio-economic-survey.xml'), runs: 10, steps: 30 },
  { file: join(shared, 'cascading-3-level-multi.xml'), runs: 6, steps: 15 },
  { file: join(shared, 'constraint-message-error.xml'), runs: 6, steps: 10 },
  { file: join(shared, 'repeats-08-complex.xml'), runs: 8, steps: 20 },
  { file: join(shared, 'repeats-12-nested.xml'), runs: 8, steps: 20 },
  { file: join(shared, 'all-question-types.xml'), runs: 3, steps: 40 },
  { file: join(shared, 'soak-250q-form.xml'), runs: 2, steps: 60 },
  { file: join(shared, 'who-va-2016-v1.5.xml'), runs: 2, steps: 60 },
]

const move = fc.record({
  which: fc.nat(10_000),
  dice: fc.nat(10_000),
  isRow: fc.constantFrom(true, ...Array<boolean>(7).fill(false)),
})

const ANSWERS: Readonly<Record<string, (dice: number, choices: readonly string[]) => string>> = {
  integer: dice => String((dice % 200) - 20),
  decimal: dice => String((dice % 400) / 4 - 20),
  date: dice => new Date(Date.UTC(1900 + (dice % 140), dice % 12, 1 + (dice % 28))).toISOString().slice(0, 10),
  text: dice => ['', 'Asha', 'x', 'a longer text', '42'][dice % 5]!,
  'select-one': (dice, choices) => choices[dice % choices.length] ?? '',
  'select-multiple': (dice, choices) =>
    [...new Set([dice, dice >> 2, dice >> 4].map(n => choices[n % choices.length] ?? ''))].join(' ').trim(),
}

/** Answers one question, or adds a row; says which. */
function make(
  oracle: EngineInstance,
  program: Program,
  { which, dice, isRow }: { which: number; dice: number; isRow: boolean },
): string {
  if (isRow) {
    const repeats = program.nodes.filter(
      (node, i) =>
        node.repeat && !node.path.includes('/') && !program.steps.some(step => step.kind === 'rows' && step.node === i),
    )
    const repeat = repeats[which % repeats.length]
    if (repeat === undefined) return ''
    oracle.addRow(repeat.path)
    return repeat.path
  }
  const kinds = new Map(program.nodes.map(node => [node.path, node.kind]))
  const asked = [...oracle.questions()].filter(
    ([ref, { readOnly }]) => !readOnly && ANSWERS[kinds.get(ref.replace(/\[\d+\]/g, '')) ?? ''] !== undefined,
  )
  const one = asked[which % asked.length]
  if (one === undefined) return ''
  const [ref, { choices }] = one
  oracle.answer(ref, ANSWERS[kinds.get(ref.replace(/\[\d+\]/g, ''))!]!(dice, choices?.map(({ value }) => value) ?? []))
  return ref
}

/** It also marks calculations that are required and blank: nobody could mend them. */
const isAsked = ({ nodes }: Program, ref: string): boolean =>
  nodes.some(({ path, control }) => control !== null && path === ref.replace(/\[\d+\]/g, ''))

const met = new Set<string>()

let engine: Engine
beforeAll(async () => {
  engine = await startEngine()
})

describe('finds in an instance of the ODK engine what that engine marks, and nothing else', () => {
  for (const { file, runs, steps } of FORMS.filter(form => existsSync(form.file)))
    test(`${file.split('/').at(-1)}`, async () => {
      const xml = readFileSync(file, 'utf8')
      const form = unwrap(compileXform(xml))
      const validate = createValidator(form)
      const instances = await engine(xml)
      const reached = new Set<string>()
      try {
        fc.assert(
          fc.property(fc.array(move, { minLength: steps, maxLength: steps }), moves => {
            const oracle = instances.open()
            for (const one of moves) reached.add(make(oracle, form.program, one))
            const marked = oracle
              .violations()
              .filter(({ ref }) => isAsked(form.program, ref))
              .map(({ ref, kind }) => `${ref} ${kind}`)
            for (const one of marked) met.add(one.split(' ')[1]!)
            const found = validate(oracle.instanceXml()).map(({ ref, kind }) => `${ref} ${kind}`)
            expect(found.sort()).toEqual(marked.sort())
          }),
          { numRuns: runs, seed: 20261121, endOnFailure: true },
        )
      } finally {
        instances.close()
      }
      expect(reached.size).toBeGreaterThan(2)
    }, 60_000)

  test('and it marked what it marks', () => expect([...met].sort()).toEqual(['constraint', 'required']))
})
