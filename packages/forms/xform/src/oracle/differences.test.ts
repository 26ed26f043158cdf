/**
 * Each row of the list, on its smallest form: both engines really differ as it says, and the
 * row covers it. A row that no longer differs is red: then strike it out of `listed.ts`.
 */
import { beforeAll, expect, test } from 'vitest'
import { unwrap } from '@murram/ground'
import { compileXform } from '../open-form.ts'
import { differing, showPair, submissionDifferences, type Difference } from './compare.ts'
import { startEngine, type Engine } from './engine.ts'
import type { Listed } from './difference-row.ts'
import { LISTED } from './listed.ts'
import { addRowToBoth, answerBoth, openPair, speakToBoth, withTimeHeld, type Pair } from './pair.ts'
import { differencesAfter, metBy } from './run.ts'

let engine: Engine
beforeAll(async () => {
  engine = await startEngine()
})

/** What differs after the last answer. */
function play(pair: Pair, answers: Listed['example']['answers'] = []): readonly Difference[] {
  let shown = showPair(pair)
  let found = differing(shown.ours, shown.theirs)
  for (const [ref, value] of answers) {
    if (ref === 'finish') return submissionDifferences(pair) ?? []
    const before = shown
    const made = withTimeHeld(() =>
      ref === 'language'
        ? speakToBoth(pair, value)
        : ref === 'add'
          ? addRowToBoth(pair, value)
          : answerBoth(pair, ref, value),
    )
    shown = showPair(pair)
    found = differencesAfter(made, ref, before, shown)
  }
  return found
}

for (const { reason, covers, example } of LISTED)
  test(`${reason}`, async () => {
    const { xml, answers, key, ours, theirs } = example
    const form = unwrap(compileXform(xml))
    const loaded = await engine(xml)
    try {
      const found = play(openPair(form, loaded), answers)
      expect(found).toContainEqual({ key, ours, theirs })
      expect(covers(metBy(form, xml)({ key, ours, theirs }))).toBe(true)
    } finally {
      loaded.close()
    }
  })
