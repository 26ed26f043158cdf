import fc from 'fast-check'
import { expect, test } from 'vitest'
import { shortJson } from './short-json.ts'

const float32 = fc.float({ noNaN: true, noDefaultInfinity: true })

test('read back and rounded to float32, every number is the one that was written', () => {
  fc.assert(
    fc.property(fc.array(float32), numbers => {
      const back = (JSON.parse(shortJson({ weights: numbers })) as { weights: number[] }).weights
      expect(back.map(Math.fround)).toEqual(numbers.map(number => (Object.is(number, -0) ? 0 : number)))
    }),
    { seed: 1 },
  )
})

test('thresholds and what is no float32 keep every digit', () => {
  const model = { threshold: [[Math.fround(0.1)]], expected: [0.1, 1 / 3] }
  expect(JSON.parse(shortJson(model))).toEqual(model)
})

test('a tenth is written as a tenth; the rest is JSON as ever', () => {
  const value = { a: Math.fround(0.1), b: [null, 'é"', true, 12, -3], c: undefined, d: {} }
  expect(shortJson(value)).toBe('{"a":0.1,"b":[null,"é\\"",true,12,-3],"d":{}}')
})
