/**
 * JSON with float32 values in as few digits as tell them apart: `0.1`, not
 * `0.10000000149011612`. Half of a compressed model would be digits that mean nothing.
 *
 * Thresholds stay as they are: an answer that lies on one must fall on the same side wherever
 * the file is read, also by a reader that does not round to float32. Elsewhere what is lost
 * (1e-9 of a weight) is less than the graph's own rounding.
 */
export const shortJson = (value: unknown): string => write(value, false)

function write(value: unknown, isExact: boolean): string {
  if (typeof value === 'number') return isExact ? JSON.stringify(value) : shortNumber(value)
  if (Array.isArray(value)) return `[${value.map(one => write(one, isExact)).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).filter(([, one]) => one !== undefined)
  return `{${members.map(([key, one]) => `${JSON.stringify(key)}:${write(one, key === 'threshold')}`).join(',')}}`
}

const MOST_DIGITS = 9

function shortNumber(value: number): string {
  if (!Number.isFinite(value) || Number.isInteger(value) || Math.fround(value) !== value) return JSON.stringify(value)
  for (let digits = 1; digits < MOST_DIGITS; digits++) {
    const short = Number(value.toPrecision(digits))
    if (Math.fround(short) === value) return String(short)
  }
  return String(Number(value.toPrecision(MOST_DIGITS)))
}
