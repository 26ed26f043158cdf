import fc from 'fast-check'
import type { Submission } from '@murram/fold'
import { expect, test } from 'vitest'
import { toBody } from './storable.ts'

const submission = (n: number, answer: string) =>
  ({ n, answers: { q: answer }, attachments: [] }) as unknown as Submission
const anyText = fc.string({ unit: 'binary' })

test('exactly the submissions with NUL or half a surrogate pair are unstorable', () => {
  const halves = fc.oneof(anyText, fc.constantFrom('\0', 'a\0', '\ud800', 'x\udfffy', '\\u0000', '\\ud800'))
  fc.assert(
    fc.property(fc.array(halves, { maxLength: 8 }), answers => {
      for (const answer of answers) {
        const expected = !answer.includes('\0') && answer.isWellFormed()
        expect(toBody(submission(1, answer)).isReadable).toBe(expected)
        expect(toBody({ ...submission(1, ''), version: answer }).isReadable).toBe(expected)
      }
    }),
  )
})

test('what is kept as bytes can be read back', () => {
  fc.assert(
    fc.property(anyText, answer => {
      const odd = submission(1, `${answer}\0`)
      const { unreadable } = JSON.parse(toBody(odd).text) as { unreadable: string }
      expect(JSON.parse(Buffer.from(unreadable, 'base64').toString())).toEqual(odd)
    }),
  )
})
