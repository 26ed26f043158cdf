/** A schedule by its series and its number in it: what a person types to see it again. */
export const seedOf = (seed: number, k: number): number => seed * 2 ** 24 + k

/** @param always What there was beside the weather, whatever the seed says. */
export const replayCommand = (seed: number, k: number, always: readonly string[] = []): string =>
  `npm run weather -- --seed ${seed} --from ${k} --schedules 1 --trace${always.length === 0 ? '' : ` --with '${always.join(',')}'`}`
