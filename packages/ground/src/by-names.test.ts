import fc from 'fast-check'
import { expect, test } from 'vitest'
import { rememberByNames } from './by-names.ts'

test('a list gives what was made of it, however many lists come between', () => {
  const lists = fc.array(fc.array(fc.constantFrom('a', 'b', 'ab', '', '__proto__'), { maxLength: 3 }), {
    maxLength: 60,
  })
  fc.assert(
    fc.property(lists, all => {
      const joined = rememberByNames(names => names.join())
      expect(all.map(joined)).toEqual(all.map(names => names.join()))
    }),
  )
})

test('a list that comes again is not made again', () => {
  let made = 0
  const count = rememberByNames(() => (made += 1))
  expect([count(['a', 'b']), count(['a']), count(['a', 'b']), count(['a'])]).toEqual([1, 2, 1, 2])
})
