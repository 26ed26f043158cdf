/**
 * Workload: the gate of a trained champion, with the defaults of a recipe, on simulated holdouts
 * (collector/src/retrain/simulated-looks.ts). Candidates that are worse, as good as the margin
 * allows, and better, at 50 to 800 households; and years of twenty looks at candidates that are
 * all worse.
 * Counted: how many pass the bound on the gain alone, every line but flips, and every line. Lines
 * that take part: evidence (taken as met, for the small ones stand here to be seen), both of the
 * gain, AUC drop, calibration slope, calibration and harm of five subgroups, exclusion errors,
 * flips. Not: audit share, floors, parity, size, latency.
 * Prints two tables and, with --json, one object; asserts nothing (docs/benchmarks.md is the record).
 *
 *   node bench/gate.ts [--json] [--draws 10000]
 */
import { parseArgs } from 'node:util'
import { auc } from '@murram/learn'
import {
  defaultGate,
  drawHoldout,
  falsePromotions,
  firstStake,
  passRates,
  seededRandom,
  type World,
} from '@murram/collector/looks'

const { values } = parseArgs({ options: { json: { type: 'boolean' }, draws: { type: 'string', default: '10000' } } })
const draws = Number(values.draws)
const share = (value: number) => `${(value * 100).toFixed(1)} %`

const worlds: readonly World[] = [
  { base: -0.6, known: 2, more: 0.8, candidate: 'worse' },
  { base: -0.4, known: 1.4, more: 0.62, candidate: 'worse' },
  { base: -0.6, known: 2, more: 0.45, candidate: 'better' },
  { base: -0.4, known: 1.4, more: 0.35, candidate: 'better' },
]
const gate = { ...defaultGate(), minHoldout: 1 }
const passes = worlds.flatMap(world => {
  const many = drawHoldout(world, 200_000, seededRandom(11))
  const [from, to] = [auc(many.champion, many.codes), auc(many.candidate, many.codes)]
  return [50, 100, 200, 400, 800].map(households => ({
    from,
    to,
    households,
    ...passRates(world, { gate, households, draws, stake: firstStake(households), random: seededRandom(households) }),
  }))
})
const years = [0.26, 0.4, 0.75].flatMap(noise =>
  (
    [
      [200, 12],
      [200, 50],
      [1_000, 12],
    ] as const
  ).map(([householdsAtFirst, householdsALook]) => {
    const order = { base: -0.6, known: 2, noise, looks: 20, householdsAtFirst, householdsALook }
    return {
      ...order,
      ...falsePromotions(
        { ...order, budget: gate.errorBudget, limit: gate.bootstrapLowerBound },
        draws,
        seededRandom(5),
      ),
    }
  }),
)

if (values.json) console.log(JSON.stringify({ draws, passes, years }))
else {
  console.log('| champion → candidate (AUC) | households | the bound alone | every line but flips | every line |')
  console.log('| --- | ---: | ---: | ---: | ---: |')
  for (const { from, to, households, bound, beforeFlips, joint } of passes)
    console.log(
      `| ${from.toFixed(3)} → ${to.toFixed(3)} | ${households} | ${share(bound)} | ${share(beforeFlips)} | ${share(joint)} |`,
    )
  console.log(
    '\n| true gain of every candidate | households, and a look | years with a false promotion | if each look were the first |',
  )
  console.log('| ---: | --- | ---: | ---: |')
  for (const { gain, householdsAtFirst, householdsALook, withLedger, without } of years)
    console.log(
      `| ${gain.toFixed(4)} | ${householdsAtFirst}, +${householdsALook} | ${share(withLedger)} | ${share(without)} |`,
    )
}
