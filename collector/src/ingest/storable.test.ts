import fc from 'fast-check'
import type { Submission } from '@murram/fold'
import { expect, test } from 'vitest'
import { asBytes, unstorable } from './storable.ts'

const submission = (n: number, answer: string) => ({ n, answers: { q: answer } }) as unknown as Submission
const anyText = fc.string({ unit: 'binary' })

test('exactly the submissions with NUL or half a surrogate pair are unstorable', () => {
  const halves = fc.oneof(anyText, fc.constantFrom('\0', 'a\0', '\ud800', 'x\udfffy', '\\u0000', '\\ud800'))
  fc.assert(
    fc.property(fc.array(halves, { maxLength: 8 }), answers => {
      const odd = unstorable(answers.map((answer, n) => submission(n, answer)))
      const expected = answers.flatMap((answer, n) => (answer.includes('\0') || !answer.isWellFormed() ? [n] : []))
      expect([...odd]).toEqual(expected)
    }),
  )
})

test('what is kept as bytes can be read back', () => {
  fc.assert(
    fc.property(anyText, answer => {
      const { unreadable } = asBytes(submission(1, `${answer}\0`))
      expect(JSON.parse(Buffer.from(unreadable, 'base64').toString())).toEqual({ n: 1, answers: { q: `${answer}\0` } })
    }),
  )
})
