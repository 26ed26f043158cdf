import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  codes,
  createCrashPoint,
  describeFault,
  err,
  fault,
  InstanceIdSchema,
  ok,
  step,
  unwrap,
  type Table,
} from './index.ts'

test('every fault says what happened and what to do next, in sentences', () => {
  for (const [code, { what, mend, http }] of Object.entries(codes)) {
    expect(`${code}: ${what}`).toMatch(/[.!]$/)
    expect(`${code}: ${mend}`).toMatch(/[.!]$/)
    expect(http).toBeGreaterThanOrEqual(400)
  }
})

test('a fault names what is at fault between the two', () => {
  expect(describeFault(fault('form.not-found', 'household 9'))).toBe(
    'No published form has this id and version. (household 9) Publish the form, or correct the id and version.',
  )
})

test('unwrap gives the value, or throws what the fault says', () => {
  expect(unwrap(ok(3))).toBe(3)
  expect(() => unwrap(err(fault('form.not-found', 'x')))).toThrow(/form.not-found.*\(x\)/)
})

test('an instance id is uuid: and a UUID in lower case', () => {
  expect(InstanceIdSchema.safeParse('uuid:0b0e3e2c-7b0a-4c39-9d0a-8a4a3a0a1b2c').success).toBe(true)
  expect(InstanceIdSchema.safeParse('0b0e3e2c-7b0a-4c39-9d0a-8a4a3a0a1b2c').success).toBe(false)
})

test('a table answers every list of events with one of its states', () => {
  const door: Table<'open' | 'shut', 'push' | 'pull'> = {
    open: { push: 'shut', pull: 'stays' },
    shut: { push: 'stays', pull: 'open' },
  }
  fc.assert(
    fc.property(fc.array(fc.constantFrom('push' as const, 'pull' as const)), events => {
      const end = events.reduce<'open' | 'shut'>((state, event) => step(door, state, event), 'open')
      expect(end).toBe(events.at(-1) === 'push' ? 'shut' : 'open')
    }),
  )
})

test('a crash point without permission does nothing', () => {
  createCrashPoint({ MURRAM_CRASH_AT: 'here' })('here')
  createCrashPoint({ MURRAM_CRASH_ALLOWED: '1' })('here')
  createCrashPoint({ MURRAM_CRASH_ALLOWED: '1', MURRAM_CRASH_AT: 'there' })('here')
  expect(process.exitCode, 'still running').toBeUndefined()
})
