import fc from 'fast-check'
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { compareMultisets, digestOfAnswers, openLedger, readLedgers, type LedgerEntry } from './ledger.ts'

const entry: fc.Arbitrary<LedgerEntry> = fc.record({
  instanceId: fc.uuid(),
  digest: fc.constantFrom('a', 'b', 'c', 'd'),
})

test('one lost and one doubled do not cancel out', () => {
  const ledger = [
    { instanceId: '1', digest: 'a' },
    { instanceId: '2', digest: 'b' },
  ]
  const database = [
    { instanceId: '1', digest: 'a' },
    { instanceId: '1', digest: 'a' },
  ]
  expect(compareMultisets(ledger, database)).toEqual({
    lost: [{ instanceId: '2', digest: 'b' }],
    duplicated: [{ instanceId: '1', digest: 'a' }],
  })
})

test('the verdict counts what is missing and what is too much, whatever the order', () => {
  fc.assert(
    fc.property(fc.array(entry), fc.array(entry), (ledger, database) => {
      const { lost, duplicated } = compareMultisets(ledger, database)
      const count = (list: readonly LedgerEntry[], digest: string) => list.filter(e => e.digest === digest).length
      for (const digest of 'abcd') {
        const surplus = count(database, digest) - count(ledger, digest)
        expect(count(duplicated, digest)).toBe(Math.max(0, surplus))
        expect(count(lost, digest)).toBe(Math.max(0, -surplus))
      }
    }),
  )
})

test('the digest does not depend on the order of answers, but on each of them', () => {
  expect(digestOfAnswers({ a: '1', b: '2' })).toBe(digestOfAnswers({ b: '2', a: '1' }))
  expect(digestOfAnswers({ a: '1', b: '2' })).not.toBe(digestOfAnswers({ a: '1', b: '3' }))
})

test('a torn last line is no entry', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ledger-'))
  const ledger = openLedger(join(folder, 'one.ledger'))
  ledger.write({ instanceId: 'x', digest: 'd1' })
  ledger.close()
  appendFileSync(join(folder, 'one.ledger'), 'y d')
  expect(readLedgers(folder)).toEqual([{ instanceId: 'x', digest: 'd1' }])
  rmSync(folder, { recursive: true })
})
