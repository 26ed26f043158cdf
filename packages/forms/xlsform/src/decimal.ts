/** Exact decimals, so that 0.3 is three times 0.1. */

export interface Decimal {
  readonly digits: bigint
  /** The value is `digits` × 10^`exponent`. */
  readonly exponent: number
}

/** Exponents beyond this are no author's numbers and would only cost memory. */
const MOST_EXPONENT = 100

export function readDecimal(text: string): Decimal | undefined {
  const found = /^([+-]?)(\d*)(?:\.(\d*))?(?:e([+-]?\d{1,4}))?$/i.exec(text.trim())
  if (found === null) return undefined
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = found
  if (whole + fraction === '' || Math.abs(Number(exponent)) > MOST_EXPONENT || text.length > MOST_EXPONENT)
    return undefined
  const digits = BigInt(whole + fraction)
  return { digits: sign === '-' ? -digits : digits, exponent: Number(exponent) - fraction.length }
}

/** The same numbers as whole multiples of one common step. */
export function toCommon(...numbers: readonly Decimal[]): readonly bigint[] {
  const least = Math.min(0, ...numbers.map(({ exponent }) => exponent))
  return numbers.map(({ digits, exponent }) => digits * 10n ** BigInt(exponent - least))
}

export function isWhole(number: Decimal): boolean {
  const [value, one] = toCommon(number, { digits: 1n, exponent: 0 })
  return value! % one! === 0n
}
