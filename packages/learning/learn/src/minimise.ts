/**
 * Minimises a smooth convex function: L-BFGS with a backtracking line search.
 *
 * @see Nocedal and Wright 2006, "Numerical Optimization", algorithms 7.4 and 7.5.
 */

/** Writes the gradient at `at` into `gradient` and returns the value. */
export type Objective = (at: Float64Array, gradient: Float64Array) => number

export interface MinimiseOptions {
  readonly maxSteps?: number
  /** Stops once no entry of the gradient is larger. */
  readonly tolerance?: number
}

type Vector = Float64Array<ArrayBuffer>

interface Pair {
  readonly s: Float64Array
  readonly y: Float64Array
  readonly rho: number
}
const MEMORY = 10

export function minimise(
  objective: Objective,
  start: Vector,
  { maxSteps = 200, tolerance = 1e-3 }: MinimiseOptions = {},
): Vector {
  let at = start.slice()
  let gradient = new Float64Array(at.length)
  let value = objective(at, gradient)
  const pairs: Pair[] = []

  for (let step = 0; step < maxSteps && largest(gradient) > tolerance; step++) {
    const direction = descent(gradient, pairs)
    const slope = dot(direction, gradient)
    let length = step === 0 ? Math.min(1, 1 / Math.sqrt(dot(gradient, gradient))) : 1
    let found: { readonly at: Vector; readonly gradient: Vector; readonly value: number } | null = null
    for (let attempt = 0; attempt < 40; attempt++, length /= 2) {
      const next = at.slice()
      addScaled(next, direction, length)
      const nextGradient = new Float64Array(at.length)
      const nextValue = objective(next, nextGradient)
      if (nextValue <= value + 1e-4 * length * slope) {
        found = { at: next, gradient: nextGradient, value: nextValue }
        break
      }
    }
    // No shorter step helps: the value is flat to the last digit, which is as good as it gets.
    if (found === null) break

    const s = difference(found.at, at)
    const y = difference(found.gradient, gradient)
    const curvature = dot(s, y)
    if (curvature > 1e-12) {
      pairs.push({ s, y, rho: 1 / curvature })
      if (pairs.length > MEMORY) pairs.shift()
    }
    at = found.at
    gradient = found.gradient
    value = found.value
  }
  return at
}

/** Minus the inverse Hessian, as remembered, times the gradient. */
function descent(gradient: Vector, pairs: readonly Pair[]): Vector {
  const direction = gradient.slice()
  for (let i = 0; i < direction.length; i++) direction[i] = -direction[i]!
  const alphas: number[] = []
  for (let i = pairs.length - 1; i >= 0; i--) {
    const { s, y, rho } = pairs[i]!
    const alpha = rho * dot(s, direction)
    alphas[i] = alpha
    addScaled(direction, y, -alpha)
  }
  const last = pairs.at(-1)
  if (last !== undefined) {
    const scale = 1 / (last.rho * dot(last.y, last.y))
    for (let i = 0; i < direction.length; i++) direction[i]! *= scale
  }
  for (const [i, { s, y, rho }] of pairs.entries()) addScaled(direction, s, alphas[i]! - rho * dot(y, direction))
  return direction
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return sum
}

function addScaled(target: Float64Array, source: Float64Array, factor: number): void {
  for (let i = 0; i < target.length; i++) target[i]! += factor * source[i]!
}

function difference(a: Vector, b: Vector): Vector {
  const left = a.slice()
  for (let i = 0; i < left.length; i++) left[i]! -= b[i]!
  return left
}

function largest(values: Float64Array): number {
  let most = 0
  for (let i = 0; i < values.length; i++) most = Math.max(most, Math.abs(values[i]!))
  return most
}
