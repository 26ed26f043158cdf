/** A schedule by its series and its number in it: what a person types to see it again. */
export const seedOf = (seed: number, k: number): number => seed * 2 ** 24 + k

export const replayCommand = (seed: number, k: number): string =>
  `npm run weather -- --seed ${seed} --from ${k} --schedules 1 --trace`
