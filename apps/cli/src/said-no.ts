/** What a collector answers to a question that was rightly asked: a no is 1, not wrong use. */
import type { Fault } from '@murram/ground'
import { sayFault, type ExitCode } from './print.ts'

const NO = ['gate.refused', 'gate.barred', 'rollout.not-now', 'http.not-found', 'predict.no-model']

export function saidNo(error: Fault, options: { readonly json?: boolean }): ExitCode {
  const code = sayFault(error, options)
  return NO.includes(error.fault) ? 1 : code
}
