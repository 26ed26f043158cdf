/** How a command speaks: results to standard output, what a person should know to standard error. */
import { describeFault, type Fault } from '@murram/ground'
import { resolve } from 'node:path'

/** 0 all good · 1 the answer is no · 2 wrong use, or the work could not be done. */
export type ExitCode = 0 | 1 | 2

export interface Print {
  /** A line of the result. */
  line(text: string): void
  /** One JSON object a line. */
  json(value: unknown): void
  note(text: string): void
}

export const print: Print = {
  line: text => void process.stdout.write(`${text}\n`),
  json: value => void process.stdout.write(`${JSON.stringify(value)}\n`),
  note: text => void process.stderr.write(`${text}\n`),
}

/**
 * Says a fault where the command was asked to speak, and gives the exit code for it.
 * @param file Which one, where a command was given several.
 */
export function sayFault(error: Fault, options: { readonly json?: boolean | undefined }, file?: string): ExitCode {
  if (options.json === true) print.json({ ok: false, ...(file === undefined ? {} : { file }), ...error })
  else print.note(`${file === undefined ? '' : `${file}: `}${error.fault}: ${describeFault(error)}`)
  return 2
}

/** Paths are the caller's: `npx` may run the program in another folder than the person stands in. */
export const pathOf = (given: string): string => resolve(process.env.MURRAM_CWD ?? process.cwd(), given)
