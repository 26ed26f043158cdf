/**
 * Which question of the newer version is which of the older one: by path, else by name, else by
 * what it asks. Only where there is no doubt: two candidates are none.
 */
import type { QuestionFacts } from './question-facts.ts'

export interface Pair {
  readonly before: QuestionFacts
  readonly after: QuestionFacts
}

export interface Matched {
  /** At the same path, in the newer order. */
  readonly kept: readonly Pair[]
  readonly moved: readonly Pair[]
  readonly gone: readonly QuestionFacts[]
  readonly added: readonly QuestionFacts[]
}

type Facts = ReadonlyMap<string, QuestionFacts>

export function matchQuestions(older: Facts, newer: Facts): Matched {
  const kept = [...newer.values()].flatMap(after => {
    const before = older.get(after.path)
    return before === undefined ? [] : [{ before, after }]
  })
  let gone = [...older.values()].filter(({ path }) => !newer.has(path))
  let added = [...newer.values()].filter(({ path }) => !older.has(path))
  const moved: Pair[] = []
  const pairBy = (key: (one: QuestionFacts) => string): void => {
    const before = Map.groupBy(gone, key)
    const after = Map.groupBy(added, key)
    for (const [value, [first, ...others]] of before) {
      const [same, ...more] = after.get(value) ?? []
      if (value === '' || first === undefined || same === undefined || others.length + more.length > 0) continue
      moved.push({ before: first, after: same })
    }
    gone = gone.filter(one => !moved.some(pair => pair.before === one))
    added = added.filter(one => !moved.some(pair => pair.after === one))
  }
  pairBy(one => `${one.name} ${one.info.kind}`)
  pairBy(one => (one.label === '' ? '' : `${one.label} ${one.info.kind}`))
  return { kept, moved, gone, added }
}
