/** Exact decimals, so that 0.3 is three times 0.1. */

export interface Decimal {
  readonly digits: bigint
  /** The value is `digits` × 10^`exponent`. */
  readonly exponent: number
}

/** Exponents and lengths beyond this are no author's numbers and would only cost memory. */
const MOST = 100

export function readDecimal(text: string): Decimal | undefined {
  const found = /^([+-]?)(\d*)(?:\.(\d*))?(?:e([+-]?\d{1,4}))?$/i.exec(text.trim())
  if (found === null) return undefined
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = found
  if (whole + fraction === '' || Math.abs(Number(exponent)) > MOST || text.length > MOST) return undefined
  const digits = BigInt(whole + fraction)
  return { digits: sign === '-' ? -digits : digits, exponent: Number(exponent) - fraction.length }
}

export const ZERO: Decimal = { digits: 0n, exponent: 0 }
const ONE: Decimal = { digits: 1n, exponent: 0 }

/** Both as whole multiples of one power of ten. */
function scaled(a: Decimal, b: Decimal): readonly [a: bigint, b: bigint, exponent: number] {
  const exponent = Math.min(a.exponent, b.exponent)
  const digits = (one: Decimal): bigint => one.digits * 10n ** BigInt(one.exponent - exponent)
  return [digits(a), digits(b), exponent]
}

/** Below 0: `a` is smaller; above: larger. */
export function compare(a: Decimal, b: Decimal): number {
  const [left, right] = scaled(a, b)
  if (left === right) return 0
  return left < right ? -1 : 1
}

export function subtract(a: Decimal, b: Decimal): Decimal {
  const [left, right, exponent] = scaled(a, b)
  return { digits: left - right, exponent }
}

export const absolute = (a: Decimal): Decimal => (a.digits < 0n ? { ...a, digits: -a.digits } : a)

/** Nothing is a multiple of 0. */
export function isMultiple(value: Decimal, of: Decimal): boolean {
  const [own, step] = scaled(value, of)
  return step !== 0n && own % step === 0n
}

export const isWhole = (value: Decimal): boolean => isMultiple(value, ONE)
