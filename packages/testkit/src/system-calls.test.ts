import { expect, test } from 'vitest'
import { parseTrace } from './system-calls.ts'

test('a call that others interrupted in the trace is done where it returned', () => {
  const calls = parseTrace(
    [
      '10 write(3</a>, "one", 3) = 3',
      '11 fdatasync(4</wal> <unfinished ...>',
      '10 write(5<pipe:[7]>, "two", 3) = 3',
      '11 <... fdatasync resumed>) = 0',
      '12 read(6</b>, <unfinished ...>',
      '12 +++ killed by SIGKILL +++',
    ].join('\n'),
  )
  expect(calls.map(({ pid, name, begun, done, result }) => [pid, name, begun, done, result])).toEqual([
    [10, 'write', 0, 0, 3],
    [11, 'fdatasync', 1, 3, 0],
    [10, 'write', 2, 2, 3],
    [12, 'read', 4, 4, null],
  ])
})
