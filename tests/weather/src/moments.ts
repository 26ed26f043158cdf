/** The moments of a day, and what may befall the house in them. */
import type { House } from './house.ts'
import type { Laptop } from './laptop.ts'

/** Half of these happen in a day: a fault that comes alone is looked at as well as all at once. */
export const TROUBLES = [
  'bad air',
  'no network',
  'half-open',
  'spoilt',
  'agent crash',
  'collector crash',
  'agent disk full',
  'collector disk full',
  'clock',
  'clone',
  'older store',
  'destroyed',
  'revoked',
  'version',
  'restore',
  'form',
  'huge',
  'returned',
  'scopes',
] as const
export type Trouble = (typeof TROUBLES)[number]

export interface Day {
  readonly house: House
  readonly troubles: ReadonlySet<Trouble>
  readonly durationMs: number
  /** Some moment of the day. */
  readonly sometime: (act: () => void) => void
  /** Where the day has this trouble: one to `most` times. */
  readonly happens: (trouble: Trouble, most: number, act: () => void) => void
  readonly in: (fromMs: number, spanMs: number, act: () => void) => void
  readonly pick: <T>(list: readonly T[]) => T | undefined
  /** A laptop at work. */
  readonly someone: () => Laptop | undefined
}

export const startSoon = ({ time, random, gone }: House, laptop: Laptop): void =>
  void time.after(300 + random() * 6_000, () => {
    if (!gone.has(laptop)) void laptop.start()
  })
