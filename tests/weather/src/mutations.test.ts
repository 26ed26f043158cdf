/** A simulator that never fails proves nothing: each of these mistakes is found, and soon. */
import { expect, test } from 'vitest'
import { BROKEN_RULES, type BrokenRule } from './broken-rules.ts'
import type { Extra } from './extras.ts'
import { seedOf } from './replay.ts'
import { runSchedule } from './schedule.ts'

const WITHIN = 150

/** Of what only some days have. */
const SHOWN_BY: Readonly<Partial<Record<BrokenRule, readonly Extra[]>>> = {
  'never marks a file as arrived': ['files'],
  'loses a piece of a file': ['files'],
  'leaves out a row of a snapshot': ['snapshots'],
  'tells nothing by name beside a snapshot': ['snapshots'],
  'calls sent in a late answer whatever is there': ['late answers'],
}

test.for(BROKEN_RULES)('a house that %s is found out', async broken => {
  for (let k = 1; k <= WITHIN; k += 1) {
    const outcome = await runSchedule({ seed: seedOf(1, k), broken, always: SHOWN_BY[broken] ?? [] })
    if (outcome.broken.length > 0) return
  }
  expect.unreachable(`${WITHIN} schedules, and nothing was noticed`)
})
