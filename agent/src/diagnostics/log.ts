/**
 * The agent's log: what happened, by names, numbers and codes. Never an answer, a label of a
 * household or a passphrase; the type takes flat values only, so that a document does not
 * slip in whole. It goes to a file, because a laptop in the field has no console to read.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { destination, pino } from 'pino'

type Facts = Readonly<Record<string, string | number | boolean | null | undefined>>

export interface Log {
  readonly info: (facts: Facts, message: string) => void
  readonly warn: (facts: Facts, message: string) => void
  readonly error: (facts: Facts, message: string) => void
}

export const silentLog: Log = { info: () => {}, warn: () => {}, error: () => {} }

/** `logs/agent.log`, one JSON object a line, readable by this user alone. */
export function createFileLog(dataDir: string): Log {
  const folder = join(dataDir, 'logs')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const file = destination({ dest: join(folder, 'agent.log'), sync: true, mode: 0o600 })
  const log = pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime }, file)
  return {
    info: (facts, message) => log.info(facts, message),
    warn: (facts, message) => log.warn(facts, message),
    error: (facts, message) => log.error(facts, message),
  }
}
