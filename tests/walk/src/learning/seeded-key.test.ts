import { expect, test } from 'vitest'
import { seededKey } from './seeded-key.ts'

test('the same seed gives the same laptops; another seed, or another officer, others', () => {
  expect(seededKey(1, 'Akello')).toEqual(seededKey(1, 'Akello'))
  const keys = [seededKey(1, 'Akello'), seededKey(2, 'Akello'), seededKey(1, 'Kato')]
  expect(new Set(keys.map(({ publicKey }) => publicKey)).size).toBe(3)
})
