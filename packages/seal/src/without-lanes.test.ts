import { createCipheriv, createHash } from 'node:crypto'
import { expect, test, vi } from 'vitest'
import { leavesOf, newSalt } from './answers-digest.ts'
import { createLanes } from './sha256-lanes.ts'

vi.mock(import('./sha256-lanes.ts'), async original => ({
  ...(await original()),
  createLanes: vi.fn<typeof createLanes>(() => null),
}))

test('on a processor without vectors the leaves are the same, and nobody looks for vectors twice', () => {
  const answers = { age: '34', name: 'Nakato 😀', note: 'n'.repeat(200) }
  for (let i = 0; i < 3; i += 1) {
    const salt = newSalt()
    const salts = createCipheriv('aes-128-ctr', salt, Buffer.alloc(16)).update(Buffer.alloc(48))
    const expected = Object.entries(answers).map(([ref, answer], j) => {
      const leaf = createHash('sha256')
        .update(salts.subarray(j * 16, j * 16 + 16))
        .update(`${ref}\0${answer}`)
      return [ref, leaf.digest('hex')]
    })
    expect(leavesOf(salt, answers)).toEqual(expected)
  }
  expect(createLanes).toHaveBeenCalledTimes(1)
})
