/**
 * One session at the gate. What a device may say depends on how far it has proved itself:
 *
 *   fresh ─hello─► challenged ─proved─► open
 *     └──────────────┴───────────────────┴── refuse, from anywhere ─► closed
 *
 * The challenge is said as soon as the socket is open; what is `challenged` is a device with a name.
 *
 * G1 nothing but `hello` is heard first, nothing but `auth` before the welcome
 * G2 a closed session hears nothing
 */
import type { Table } from '@murram/ground'
import type { Up } from '@murram/wire'

export type GateState = 'fresh' | 'challenged' | 'open' | 'closed'
export type GateEvent = 'greeted' | 'proved' | 'refused'

const _ = 'stays'

// prettier-ignore
export const gateTable: Table<GateState, GateEvent> = {
  fresh:      { greeted: 'challenged', proved: _,      refused: 'closed' },
  challenged: { greeted: _,            proved: 'open', refused: 'closed' },
  open:       { greeted: _,            proved: _,      refused: 'closed' },
  closed:     { greeted: _,            proved: _,      refused: _ },
}

/** Whether the message has a meaning in this state. */
export const isHeard = (state: GateState, type: Up['type']): boolean => {
  if (state === 'fresh') return type === 'hello'
  if (state === 'challenged') return type === 'auth'
  return state === 'open' && type !== 'hello' && type !== 'auth'
}
