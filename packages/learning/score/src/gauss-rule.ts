/**
 * Gauss's rule on [0, 1]: `points` places and weights that integrate every polynomial of
 * degree up to 2 · points - 1 exactly. The places are the roots of Legendre's polynomial,
 * found by Newton's method from the usual first guess.
 */
export interface GaussRule {
  readonly at: Float64Array
  readonly weight: Float64Array
}

export function gaussRule(points: number): GaussRule {
  const at = new Float64Array(points)
  const weight = new Float64Array(points)
  for (let i = 0; i < points; i++) {
    let x = Math.cos((Math.PI * (i + 0.75)) / (points + 0.5))
    let slope = 1
    for (let turn = 0; turn < 100; turn++) {
      const [value, derivative] = legendre(points, x)
      slope = derivative
      const step = value / derivative
      x -= step
      if (Math.abs(step) < 1e-15) break
    }
    slope = legendre(points, x)[1]
    at[i] = (1 + x) / 2
    weight[i] = 1 / ((1 - x * x) * slope * slope)
  }
  return { at, weight }
}

/** The polynomial and its derivative at x. */
function legendre(degree: number, x: number): readonly [number, number] {
  let [before, value] = [1, x]
  for (let k = 2; k <= degree; k++) [before, value] = [value, ((2 * k - 1) * x * value - (k - 1) * before) / k]
  return [value, (degree * (x * value - before)) / (x * x - 1)]
}
