/**
 * The calibration slope of these households, and how far it may be from the slope of all.
 *
 * On 250 rows the error is about .13, so a well calibrated model shows a slope below .8 one
 * time in fifteen: whoever judges a slope must know it. The error is a sandwich over households
 * (Huber 1967; Liang and Zeger 1986), held against the household bootstrap in
 * `slope-with-error.test.ts`.
 */
import { rowsByGroup } from './groups.ts'
import { sigmoid } from './models.ts'
import { fitPlatt } from './platt.ts'

const TINY = 1e-15

/** `NaN` where one class is absent. */
export function slopeWithError(
  probabilities: ArrayLike<number>,
  codes: ArrayLike<number>,
  groups: readonly string[],
): { readonly slope: number; readonly error: number } {
  const logits = Float64Array.from({ length: codes.length }, (_, row) => {
    const p = Math.min(1 - TINY, Math.max(TINY, probabilities[row]!))
    return Math.log(p) - Math.log1p(-p)
  })
  const { slope, intercept } = fitPlatt(logits, codes, { smoothed: false })
  let [haa, hab, hbb] = [0, 0, 0]
  const residuals = new Float64Array(codes.length)
  for (let row = 0; row < codes.length; row++) {
    const p = sigmoid(slope * logits[row]! + intercept)
    const h = p * (1 - p)
    residuals[row] = codes[row]! - p
    haa += h * logits[row]! * logits[row]!
    hab += h * logits[row]!
    hbb += h
  }
  const determinant = haa * hbb - hab * hab
  let squares = 0
  const households = rowsByGroup(groups)
  for (const rows of households.values()) {
    let influence = 0
    for (const row of rows) influence += (residuals[row]! * (hbb * logits[row]! - hab)) / determinant
    squares += influence * influence
  }
  const count = households.size
  const isSeen = determinant > 0 && count > 1 && Number.isFinite(slope)
  return { slope, error: isSeen ? Math.sqrt((squares * count) / (count - 1)) : Number.NaN }
}
