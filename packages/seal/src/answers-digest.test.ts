import fc from 'fast-check'
import { createCipheriv, createHash } from 'node:crypto'
import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { answersDigest, chainHead, digestOfLeaves, leavesOf, newSalt } from './answers-digest.ts'
import { canonicalBytes } from './encoding.ts'
import { redact, reveal } from './redacted.ts'
import { createBoxKey, openField, sealField } from './sealed-field.ts'

const answersArb = fc.dictionary(fc.stringMatching(/^[a-z/[\]0-9]{1,12}$/), fc.string({ maxLength: 20 }), {
  minKeys: 1,
})

test('D1 the order in which answers stand does not matter', () => {
  fc.assert(
    fc.property(answersArb, answers => {
      const salt = newSalt()
      const reversed = Object.fromEntries(Object.entries(answers).reverse())
      expect(answersDigest({ salt, header: 1, answers: reversed })).toBe(answersDigest({ salt, header: 1, answers }))
    }),
  )
})

test('D2 one changed answer, ref, header or seed changes the digest', () => {
  fc.assert(
    fc.property(answersArb, fc.nat(), (answers, pick) => {
      const salt = newSalt()
      const digest = answersDigest({ salt, header: { form: 'a' }, answers })
      const refs = Object.keys(answers)
      const ref = refs[pick % refs.length] ?? ''
      const { [ref]: taken = '', ...rest } = answers
      expect(answersDigest({ salt, header: { form: 'a' }, answers: { ...answers, [ref]: `${taken}!` } })).not.toBe(
        digest,
      )
      expect(answersDigest({ salt, header: { form: 'a' }, answers: { ...rest, [`${ref}x`]: taken } })).not.toBe(digest)
      expect(answersDigest({ salt, header: { form: 'b' }, answers })).not.toBe(digest)
      expect(answersDigest({ salt: newSalt(), header: { form: 'a' }, answers })).not.toBe(digest)
    }),
  )
})

test('D3 an erased answer leaves its leaf, and the digest still verifies', () => {
  const salt = newSalt()
  const answers = { name: 'Nakato', roof: 'iron', age: '34' }
  const leaves = leavesOf(salt, answers)
  expect(leaves.map(([ref]) => ref)).toEqual(['age', 'name', 'roof'])
  expect(
    digestOfLeaves(
      'h',
      leaves.map(([, leaf]) => leaf),
    ),
  ).toBe(answersDigest({ salt, header: 'h', answers }))
})

test('a leaf is what the formula says, whatever letters the answers are written in', () => {
  const lettered = fc.dictionary(fc.string({ unit: 'grapheme', minLength: 1 }), fc.string({ unit: 'binary' }))
  fc.assert(
    fc.property(lettered, answers => {
      const salt = newSalt()
      const leaves = leavesOf(salt, answers)
      const salts = createCipheriv('aes-128-ctr', salt, Buffer.alloc(16)).update(Buffer.alloc(leaves.length * 16))
      const expected = Object.keys(answers)
        .sort()
        .map((ref, i) => {
          const preimage = [salts.subarray(i * 16, i * 16 + 16), Buffer.from(`${ref}\0${answers[ref]}`)]
          return [ref, createHash('sha256').update(Buffer.concat(preimage)).digest('hex')]
        })
      expect(leaves).toEqual(expected)
    }),
  )
})

test('the chain depends on every digest before it', () => {
  const [a, b] = ['aa'.repeat(32), 'bb'.repeat(32)]
  expect(chainHead(chainHead('', a), b)).not.toBe(chainHead(chainHead('', b), a))
})

test('only the project opens a sealed field, and equal answers do not look equal', () => {
  const project = createBoxKey()
  const sealed = sealField(project.publicKey, 'Nakató')
  expect(openField(project, sealed)).toEqual({ ok: true, value: 'Nakató' })
  expect(sealField(project.publicKey, 'Nakató')).not.toBe(sealed)
  expect(openField(createBoxKey(), sealed)).toMatchObject({ ok: false, error: { fault: 'store.wrong-key' } })
  expect(openField(project, sealed.slice(0, 40))).toMatchObject({ ok: false })
})

test('a secret does not print, however it is printed', () => {
  const secret = redact('hunter2')
  expect(`${String(secret)} ${JSON.stringify({ secret })} ${inspect(secret)} ${inspect({ secret })}`).not.toContain(
    'hunter2',
  )
  expect(reveal(secret)).toBe('hunter2')
})

test('answers that are long, and more of them than are hashed together, have the leaves of the formula', () => {
  const long = fc.dictionary(
    fc.string({ minLength: 1, maxLength: 90 }),
    fc.string({ unit: 'grapheme', minLength: 0, maxLength: 130, size: 'max' }),
    { minKeys: 0, maxKeys: 600, size: 'max' },
  )
  fc.assert(
    fc.property(long, answers => {
      const salt = newSalt()
      const refs = Object.keys(answers).sort()
      const salts = createCipheriv('aes-128-ctr', salt, Buffer.alloc(16)).update(Buffer.alloc(refs.length * 16))
      const expected = refs.map((ref, i) =>
        createHash('sha256')
          .update(salts.subarray(i * 16, i * 16 + 16))
          .update(`${ref}\0${answers[ref]}`)
          .digest('hex'),
      )
      expect(leavesOf(salt, answers)).toEqual(refs.map((ref, i) => [ref, expected[i]]))
      const header = Buffer.concat([canonicalBytes({ a: 1 }), Buffer.from(expected.join(''), 'hex')])
      expect(answersDigest({ salt, header: { a: 1 }, answers })).toBe(createHash('sha256').update(header).digest('hex'))
    }),
    { numRuns: 40 },
  )
})
