import { unwrap } from '@murram/ground'
import { auc, predict, trainLogistic } from '@murram/learn'
import { expect, test } from 'vitest'
import { drawPanel } from './draw-panel.ts'
import { codesOf, tableOf } from './panel-table.ts'
import type { Panel } from './panel.ts'

const panel = drawPanel({ seed: 1, households: 4_000, waves: 4, shiftAt: 2 })

const visitsOf = ({ waves }: Panel, wave: number, isNewcomer = false) =>
  waves[wave]!.visits.filter(({ answers }) => (answers['region'] === 'lake') === isNewcomer)
const poorShare = (visits: readonly { readonly outcome: string | null }[]) =>
  visits.filter(({ outcome }) => outcome === 'poor').length / visits.length

test('60 % of poor households are still poor a year later, in each year', () => {
  for (const year of [0, 1, 2]) {
    const poor = new Set(
      visitsOf(panel, year)
        .filter(({ outcome }) => outcome === 'poor')
        .map(({ household }) => household),
    )
    const later = visitsOf(panel, year + 1).filter(({ household }) => poor.has(household))
    expect(later.length).toBe(poor.size)
    expect(Math.abs(poorShare(later) - 0.6)).toBeLessThan(0.03) // four standard errors of 1,600 households
  }
})

test('the same seed gives the same panel, another seed another one, and a household does not hang on the others', () => {
  const small = drawPanel({ seed: 1, households: 20, waves: 2, shiftAt: 1 })
  expect(drawPanel({ seed: 1, households: 20, waves: 2, shiftAt: 1 })).toEqual(small)
  expect(drawPanel({ seed: 2, households: 20, waves: 2, shiftAt: 1 }).waves).not.toEqual(small.waves)
  expect(panel.waves[1]!.visits.slice(0, 20)).toEqual(small.waves[1]!.visits.slice(0, 20))
})

test('traits stay with a household, circumstances change', () => {
  const [first, second] = [visitsOf(panel, 0), visitsOf(panel, 1)]
  const share = (name: string) =>
    first.filter(({ answers }, i) => answers[name] === second[i]!.answers[name]).length / first.length
  for (const trait of ['region', 'roof', 'floor', 'schooling', 'land', 'water']) expect(share(trait)).toBe(1)
  for (const circumstance of ['months_short', 'goats', 'meals']) expect(share(circumstance)).toBeLessThan(0.7)
})

test('every answer is one that the form takes', () => {
  const impossible = panel.waves.flatMap(({ visits }) =>
    visits.flatMap(({ answers }) =>
      panel.questions.filter(({ name, kind, choices }) =>
        kind === 'category' ? !choices.includes(answers[name]!) : !(Number(answers[name]) >= 0),
      ),
    ),
  )
  expect(impossible).toEqual([])
})

test('a new region comes in the middle: a model of the others ranks there and says far too much', () => {
  expect(visitsOf(panel, 1, true)).toHaveLength(0)
  const lake = visitsOf(panel, 2, true)
  expect(lake).toHaveLength(800)
  expect(Math.abs(poorShare(lake) - 0.22)).toBeLessThan(0.06)

  const known = visitsOf(panel, 0)
  const labels = { classes: panel.outcome.classes, codes: codesOf(panel, known) }
  const groups = known.map(({ household }) => household)
  const model = unwrap(trainLogistic(tableOf(panel, known), labels, { seed: 1, groups }))
  const onTheLake = predict(model, tableOf(panel, lake))
  const atHome = predict(model, tableOf(panel, visitsOf(panel, 1)))
  const mean = (said: Float64Array) => said.reduce((sum, p) => sum + p, 0) / said.length
  expect(Math.abs(mean(atHome) - poorShare(visitsOf(panel, 1)))).toBeLessThan(0.03)
  expect(mean(onTheLake)).toBeGreaterThan(1.7 * poorShare(lake))
  expect(auc(onTheLake, codesOf(panel, lake))).toBeGreaterThan(0.75)
  expect(auc(atHome, codesOf(panel, visitsOf(panel, 1)))).toBeGreaterThan(0.8)
})
