/**
 * Where the share of successes lies by chance.
 *
 * Law, in `conformal.test.ts`: at least `level` of the samples lie inside, and with one success
 * fewer at the lower end they would be cut off too often.
 */

/** The central interval of `level` of k / n, k being binomial(n, p). */
export function binomialInterval(
  n: number,
  p: number,
  level: number,
): { readonly lower: number; readonly upper: number } {
  const tail = (1 - level) / 2
  let [lower, upper, below] = [0, n, 0]
  let log = n * Math.log1p(-p)
  let isLower = true
  for (let k = 0; k <= n; k++) {
    const chance = Math.exp(log)
    // The first k that is not in the lower tail.
    if (isLower && below + chance > tail) {
      lower = k
      isLower = false
    }
    below += chance
    if (below >= 1 - tail) {
      upper = k
      break
    }
    log += Math.log(n - k) - Math.log(k + 1) + Math.log(p) - Math.log1p(-p)
  }
  return { lower: lower / n, upper: upper / n }
}
