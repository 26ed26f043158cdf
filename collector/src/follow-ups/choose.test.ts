import { expect, test } from 'vitest'
import { chooseFollowUps, drawOf, type Drawable, type FollowUpRules } from './choose.ts'

const rules: FollowUpRules = { auditShare: 0.1, perWeek: 20, near: 0.1 }
const given = { salt: 'here', threshold: 0.5, rules, spent: new Map<string | null, number>() }

/** Scores that say something of the outcome, so that who is chosen for their doubt is not like the others. */
const interviews = (count: number, name = 'i'): readonly (Drawable & { readonly poor: boolean })[] =>
  Array.from({ length: count }, (_, i) => {
    const probability = drawOf('score', 'audit', `${name}${i}`)
    return {
      instanceId: `${name}${i}`,
      doubt: { probability, sure: Math.abs(probability - 0.5) > 0.15, overridden: i % 50 === 0 },
      officer: i % 3 === 0 ? 'Amina' : 'Baraka',
      known: false,
      poor: drawOf('truth', 'audit', `${name}${i}`) < probability ** 2,
    }
  })

test('FU1 the audit share hangs on salt and interview alone: not on score, order, company or budget', () => {
  const all = interviews(3_000)
  const auditsOf = (chosen: ReturnType<typeof chooseFollowUps>) =>
    new Set(chosen.filter(({ selection }) => selection === 'audit').map(({ instanceId }) => instanceId))
  const once = auditsOf(chooseFollowUps(all, given))
  expect(once.size / all.length).toBeCloseTo(0.1, 1)
  expect(auditsOf(chooseFollowUps(all.toReversed(), given))).toEqual(once)
  const unscored = all.map(one => ({ ...one, doubt: null, officer: null, known: true }))
  expect(auditsOf(chooseFollowUps(unscored, { ...given, rules: { ...rules, perWeek: 1 } }))).toEqual(once)
  const inParts = [0, 1, 2].flatMap(part => [
    ...auditsOf(
      chooseFollowUps(
        all.filter((_, i) => i % 3 === part),
        given,
      ),
    ),
  ])
  expect(new Set(inParts)).toEqual(once)
  expect(auditsOf(chooseFollowUps(all, { ...given, salt: 'there' }))).not.toEqual(once)
})

test('FU2 outcomes of those chosen, weighted by one over their probability, say what all outcomes would say', () => {
  const rounds = 400
  const each = 300
  let [weighted, plain, truth, weights, chosenCount] = [0, 0, 0, 0, 0]
  for (let round = 0; round < rounds; round++) {
    const all = interviews(each, `r${round}-`)
    const poor = new Map(all.map(one => [one.instanceId, one.poor]))
    truth += all.filter(one => one.poor).length / each
    // Planned in two parts, the second one with what the first one spent.
    const spent = new Map<string | null, number>()
    for (const part of [all.slice(0, 180), all.slice(180)]) {
      const chances = chooseFollowUps(part, { ...given, rules: { ...rules, perWeek: 25 }, spent })
      for (const { instanceId, selection, probability } of chances) {
        const { officer } = part.find(one => one.instanceId === instanceId)!
        spent.set(officer, (spent.get(officer) ?? 0) + probability)
        if (selection === null) continue
        chosenCount += 1
        plain += poor.get(instanceId) === true ? 1 : 0
        weighted += poor.get(instanceId) === true ? 1 / probability : 0
        weights += 1 / probability
      }
    }
  }
  const rate = truth / rounds
  expect(weighted / (rounds * each)).toBeCloseTo(rate, 2)
  expect(weights / (rounds * each)).toBeCloseTo(1, 2)
  // Without the weights those in doubt would speak for everybody.
  expect(Math.abs(plain / chosenCount - rate)).toBeGreaterThan(0.02)
})

test('FU2 the stored probability is how often an interview is chosen', () => {
  const all = interviews(60)
  const often = new Map<string, number>()
  let probabilities = new Map<string, number>()
  const rounds = 3_000
  for (let round = 0; round < rounds; round++) {
    const chances = chooseFollowUps(all, { ...given, salt: `salt ${round}` })
    probabilities = new Map(chances.map(({ instanceId, probability }) => [instanceId, probability]))
    for (const { instanceId, selection } of chances)
      if (selection !== null) often.set(instanceId, (often.get(instanceId) ?? 0) + 1)
  }
  for (const [instanceId, probability] of probabilities)
    expect(Math.abs((often.get(instanceId) ?? 0) / rounds - probability), instanceId).toBeLessThan(0.04)
  expect(new Set(probabilities.values()).size).toBeGreaterThan(1)
})

test('FU3 the week of an officer bounds what is expected of decisions, and leaves out no audit', () => {
  const all = interviews(900)
  const expected = (perWeek: number, spent = 0) => {
    const chances = chooseFollowUps(all, {
      ...given,
      rules: { ...rules, perWeek },
      spent: new Map([['Amina', spent]]),
    })
    const amina = chances.filter((_, i) => all[i]?.officer === 'Amina')
    return amina.reduce((sum, { probability }) => sum + probability, 0)
  }
  expect(expected(40)).toBeCloseTo(40, 5)
  expect(expected(40, 5)).toBeCloseTo(35, 5)
  // Of her 300 interviews 30 are audits: the week is full with them, and none is left out.
  expect(expected(10)).toBeCloseTo(30, 5)
  expect(expected(40, 100)).toBeCloseTo(30, 5)
})

test('it matters to know where the model was unsure, near the threshold, or the officer said otherwise', () => {
  const of = (probability: number, sure: boolean, overridden = false) => ({ probability, sure, overridden })
  const doubts = [of(0.9, true), of(0.9, false), of(0.55, true), of(0.9, true, true), null]
  const chances = chooseFollowUps(
    doubts.map((doubt, i) => ({ instanceId: String(i), doubt, officer: null, known: false })),
    given,
  )
  expect(chances.map(({ cause, probability }) => [cause, probability])).toEqual([
    [null, 0.1],
    ['unsure', 1],
    ['near', 1],
    ['overridden', 1],
    [null, 0.1],
  ])
})
