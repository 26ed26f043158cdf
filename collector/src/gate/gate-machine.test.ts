import { step } from '@murram/ground'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { gateTable, isHeard, type GateEvent, type GateState } from './gate-machine.ts'

const events = fc.array(fc.constantFrom<GateEvent>('greeted', 'proved', 'refused'))
const types = ['hello', 'auth', 'push', 'pull', 'want', 'report', 'ping'] as const

test('G1 a session is open only after a greeting and a proof, in this order', () => {
  fc.assert(
    fc.property(events, happened => {
      const end = happened.reduce<GateState>((state, event) => step(gateTable, state, event), 'fresh')
      const greetedAt = happened.indexOf('greeted')
      const isProved = greetedAt !== -1 && happened.indexOf('proved', greetedAt) > greetedAt
      expect(end === 'open').toBe(isProved && !happened.includes('refused'))
    }),
  )
})

test('G2 a closed session hears nothing, whatever happens afterwards', () => {
  fc.assert(
    fc.property(events, later => {
      const end = later.reduce<GateState>((state, event) => step(gateTable, state, event), 'closed')
      expect(types.filter(type => isHeard(end, type))).toEqual([])
    }),
  )
})

test('G1 each state hears what has a meaning in it', () => {
  const heard = (state: GateState) => types.filter(type => isHeard(state, type))
  expect(heard('fresh')).toEqual(['hello'])
  expect(heard('challenged')).toEqual(['auth'])
  expect(heard('open')).toEqual(['push', 'pull', 'want', 'report', 'ping'])
})
