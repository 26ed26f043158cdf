import { expect, test } from 'vitest'
import { judgeAgreement } from './batch-agreement.ts'

const others = { scored: 1_000, agreed: 760, expected: 780 }

test('a batch that agrees with the model far less often than others is named, whatever its size says by chance', () => {
  expect(judgeAgreement({ scored: 100, agreed: 24, expected: 78 }, others)).toMatchObject({
    isOdd: true,
    words: expect.stringMatching(/24 of 100 .* \(24 %\); of other outcomes 76 % do\. Chance alone/),
  })
  expect(judgeAgreement({ scored: 100, agreed: 70, expected: 78 }, others).isOdd).toBe(false)
  expect(judgeAgreement({ scored: 25, agreed: 14, expected: 19 }, others).isOdd).toBe(false)
})

test('a large batch that differs a little is not named: it may be of another region', () => {
  expect(judgeAgreement({ scored: 20_000, agreed: 13_600, expected: 15_000 }, others).isOdd).toBe(false)
})

test('without others to compare with, the promise of the model counts; with too few rows nothing is said', () => {
  const none = { scored: 0, agreed: 0, expected: 0 }
  expect(judgeAgreement({ scored: 60, agreed: 10, expected: 45 }, none)).toMatchObject({
    isOdd: true,
    words: expect.stringContaining('the model itself expected 75 %'),
  })
  expect(judgeAgreement({ scored: 12, agreed: 0, expected: 11 }, none).words).toMatch(/too few/)
})
