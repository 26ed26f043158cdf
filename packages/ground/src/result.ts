/** A value or an expected failure. A broken invariant is not a failure: throw an `Error`. */
import { describeFault, type Fault } from './fault/codes.ts'

export type Result<T, F extends { readonly fault: string } = Fault> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: F }

export const ok = <T>(value: T): { readonly ok: true; readonly value: T } => ({ ok: true, value })
export const err = <F extends { readonly fault: string }>(error: F): { readonly ok: false; readonly error: F } => ({
  ok: false,
  error,
})

/** For composition roots and tests: the value, or an `Error` that says what the fault says. */
export function unwrap<T>(result: Result<T, Fault>): T {
  if (result.ok) return result.value
  throw new Error(`${result.error.fault}: ${describeFault(result.error)}`, { cause: result.error })
}
