import fc from 'fast-check'
import { setImmediate as tick } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createGroupCommit } from './group-commit.ts'

const weightOf = () => 1

test('GC1 what arrives while a group runs is the next group, in order', async () => {
  const groups: (readonly number[])[] = []
  const commit = createGroupCommit<number, number>({
    weightOf,
    mostWeight: 3,
    run: async items => {
      groups.push(items)
      await tick()
      return items
    },
  })
  await Promise.all([1, 2, 3, 4, 5, 6].map(commit.add))
  expect(groups).toEqual([[1], [2, 3, 4], [5, 6]])
})

test('GC2, GC3 each gets its own answer, and only what is wrong fails', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(9), { minLength: 1, maxLength: 20 }),
      fc.integer({ min: 1, max: 8 }),
      async (all, mostWeight) => {
        let running = 0
        const commit = createGroupCommit<number, string>({
          weightOf,
          mostWeight,
          run: async items => {
            running += 1
            expect(running).toBe(1)
            await tick()
            running -= 1
            if (items.includes(0)) throw new Error('nought')
            return items.map(String)
          },
        })
        const answers = await Promise.allSettled(all.map(commit.add))
        expect(answers.map(one => (one.status === 'fulfilled' ? one.value : 'failed'))).toEqual(
          all.map(one => (one === 0 ? 'failed' : String(one))),
        )
      },
    ),
    { numRuns: 50 },
  )
})

test('what weighs more than a group may is a group of its own', async () => {
  const sizes: number[] = []
  const run = async (items: readonly number[]) => {
    sizes.push(items.length)
    await tick()
    return items
  }
  const commit = createGroupCommit<number, number>({ weightOf: item => item, mostWeight: 10, run })
  await Promise.all([1, 50, 50, 4, 5].map(commit.add))
  expect(sizes).toEqual([1, 1, 1, 2])
})
