/** What the verbs share on the way from the command line to their module: numbers, lists, examples, the exit code. */
import { InvalidArgumentError } from 'commander'
import type { ExitCode } from '../print.ts'

export const examples = (lines: readonly string[]) => `\nExamples:\n${lines.map(line => `  ${line}`).join('\n')}\n`
const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }
/** @returns Milliseconds. */
export const duration = (text: string): number => {
  const [, count, unit] = /^(\d+)([smhd])$/.exec(text) ?? []
  const unitMs = UNITS[unit ?? '']
  if (unitMs === undefined || Number(count) === 0) throw new InvalidArgumentError('As 30m, 1h or 1d.')
  return Number(count) * unitMs
}
export const whole = (text: string): number => {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 0) throw new InvalidArgumentError('It must be a whole number.')
  return value
}
export const port = (text: string): number => {
  const value = whole(text)
  if (value > 65_535) throw new InvalidArgumentError('A port is a number from 0 to 65535.')
  return value
}
export const list = (text: string): readonly string[] => text.split(',').map(name => name.trim())
/** An option that may be given several times. */
export const several = (text: string, before: readonly string[] = []): readonly string[] => [...before, text]
export const run =
  <Args extends unknown[]>(verb: (...args: Args) => Promise<ExitCode>) =>
  async (...args: Args): Promise<void> => {
    process.exitCode = await verb(...args)
  }
