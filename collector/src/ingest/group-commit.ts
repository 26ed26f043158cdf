/**
 * What arrives while a transaction commits goes into the next one together: a commit waits for
 * the disk once, however many sessions wait for it. Whoever folds waits for whoever folds
 * anyway, so nothing is lost by taking turns.
 *
 * Laws, in `group-commit.test.ts`:
 *   GC1 one group at a time, in the order of arrival
 *   GC2 each gets its own answer
 *   GC3 a group that fails is run again one by one: what is wrong with one of it fails that one
 */
export interface GroupCommit<T, R> {
  readonly add: (item: T) => Promise<R>
}

interface Waiting<T, R> {
  readonly item: T
  readonly settle: (answer: R) => void
  readonly fail: (cause: unknown) => void
}

/**
 * @param run Answers in the order of what it was given, or throws for all of it.
 * @param mostWeight Of a group of more than one; `weightOf` is never asked of the first.
 */
export function createGroupCommit<T, R>({
  run,
  weightOf,
  mostWeight,
}: {
  readonly run: (items: readonly T[]) => Promise<readonly R[]>
  readonly weightOf: (item: T) => number
  readonly mostWeight: number
}): GroupCommit<T, R> {
  const waiting: Waiting<T, R>[] = []
  let isRunning = false

  const takeGroup = (): readonly Waiting<T, R>[] => {
    let [count, weight] = [0, 0]
    for (const { item } of waiting) {
      weight += weightOf(item)
      if (count > 0 && weight > mostWeight) break
      count += 1
    }
    return waiting.splice(0, count)
  }

  const runGroup = async (group: readonly Waiting<T, R>[]): Promise<void> => {
    try {
      const answers = await run(group.map(({ item }) => item))
      for (const [i, { settle }] of group.entries()) settle(answers[i] as R)
    } catch (cause) {
      if (group.length === 1) return group[0]?.fail(cause)
      for (const one of group) await runGroup([one]) // GC3
    }
  }

  const runAll = async (): Promise<void> => {
    isRunning = true
    while (waiting.length > 0) await runGroup(takeGroup())
    isRunning = false
  }

  return {
    add: item =>
      new Promise((settle, fail) => {
        waiting.push({ item, settle, fail })
        if (!isRunning) void runAll()
      }),
  }
}
