import { expect, test } from 'vitest'
import { auditOf, regionsOf, type Asked } from './measure-evidence.ts'

const asked = (count: number, one: Partial<Asked>, vulnerable: (i: number) => boolean): readonly Asked[] =>
  Array.from({ length: count }, (_, i) => ({
    household: `h${i}`,
    isAudit: true,
    weight: 1,
    region: 'north',
    said: 0.5,
    ...one,
    code: Number(vulnerable(i)),
  }))
const half = (i: number) => i % 2 === 0

test('ME2 how good it is, only households that chance chose tell', () => {
  const good = asked(60, { said: 0.5 }, half)
  const chosen = asked(60, { said: 0.01, isAudit: false }, () => true)
  expect(auditOf([...good, ...chosen], 0.5)).toMatchObject({
    outcomes: 60,
    logLoss: expect.closeTo(Math.LN2),
    atPromotion: 0.5,
  })
  expect(auditOf(chosen, 0.5)).toBeNull()
})

test('ME1 the bound is wide where a few households were visited often', () => {
  const said = { said: 0.8 }
  const many = auditOf(asked(60, said, half), 0.5)!
  const few = auditOf(
    asked(60, said, half).map((one, i) => ({ ...one, household: `h${i % 4}` })),
    0.5,
  )!
  expect(few.logLoss).toBeCloseTo(many.logLoss)
  expect(many.lower).toBeLessThan(many.logLoss)
  expect(few.lower).toBeLessThan(many.lower)
})

test('ME1 ME2 a region’s level is told by all, weighed by the chance of having been chosen', () => {
  const north = [...asked(100, { weight: 1 }, () => true), ...asked(10, { weight: 10 }, () => false)]
  const [found, ...others] = regionsOf([...north, ...asked(20, { region: '' }, half)], 100).toReversed()
  expect(others).toMatchObject([{ region: '', outcomes: 20 }])
  expect(found).toMatchObject({ region: 'north', outcomes: 110, said: 0.5, was: 0.5 })
})

test('ME3 the more regions are looked at, the more a single one must show', () => {
  const of = (region: string) => asked(100, { region, said: 0.4 }, half)
  const [alone] = regionsOf(of('a'), 100)
  const [among] = regionsOf(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].flatMap(of), 100)
  expect(alone!.upper).toBeLessThan(0)
  expect(among!.upper).toBeGreaterThan(alone!.upper)
})
