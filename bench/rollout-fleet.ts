/**
 * A fleet whose laptops are seldom online, for `rollout.ts`: who comes when, how long the line holds
 * and how fast it is, drawn from one seed.
 *
 *   40 % most days · 35 % about once a week · 20 % about once a month · 5 % by stick alone, made some
 *   days before it is put in
 */
import { createHash } from 'node:crypto'
import type { DeviceId } from '@murram/ground'

const HOUR = 3_600
export const DAY = 24 * HOUR

export interface Contact {
  readonly atSeconds: number
  readonly device: number
  readonly bytesPerSecond: number
  /** What the line carries before it is cut; a stick carries all. */
  readonly bytes: number
  /** When what it brings was taken at the centre. */
  readonly toldAtSeconds: number
}

/** mulberry32 */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

export const deviceIdOf = (device: number): DeviceId =>
  createHash('sha256').update(`laptop ${device}`).digest('hex').slice(0, 32) as DeviceId

export type Kind = 'daily' | 'weekly' | 'monthly' | 'stick'
const KINDS: readonly (readonly [Kind, share: number, everyDays: number])[] = [
  ['daily', 0.4, 1.25],
  ['weekly', 0.35, 7],
  ['monthly', 0.2, 30],
  ['stick', 0.05, 21],
]

export function drawKinds(count: number, seed: number): readonly Kind[] {
  const random = createRandom(seed)
  return Array.from({ length: count }, () => {
    let place = random()
    for (const [kind, share] of KINDS) if ((place -= share) < 0) return kind
    return 'stick'
  })
}

/** In the order of time. Working hours: from six to eight in the evening. */
export function drawContacts(kinds: readonly Kind[], days: number, seed: number): readonly Contact[] {
  const random = createRandom(seed + 1)
  const contacts: Contact[] = []
  for (const [device, kind] of kinds.entries()) {
    const everyDays = KINDS.find(([name]) => name === kind)![2]
    for (let day = random() * everyDays; day < days; day += -Math.log(1 - random()) * everyDays + 0.2) {
      const atSeconds = Math.floor(day) * DAY + (6 + random() * 14) * HOUR
      const isStick = kind === 'stick'
      // From 2 to 64 kB/s, for 10 s to 10 minutes.
      const bytesPerSecond = 2_000 * 32 ** random()
      const bytes = isStick ? Infinity : bytesPerSecond * 10 * 60 ** random()
      const toldAtSeconds = isStick ? Math.max(0, atSeconds - (1 + random() * 9) * DAY) : atSeconds
      contacts.push({ atSeconds, device, bytesPerSecond, bytes, toldAtSeconds })
    }
  }
  return contacts.sort((a, b) => a.atSeconds - b.atSeconds)
}
