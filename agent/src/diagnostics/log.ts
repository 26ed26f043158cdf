/**
 * The agent's log: what happened, by names, numbers and codes. Never an answer, a label of a
 * household or a passphrase; the type takes flat values only, so that a document does not
 * slip in whole.
 *
 * LG1 should something personal get into a line all the same (the message of an error that
 *     nobody foresaw), it stands in the encrypted store only (`store-log.ts`)
 * LG2 what leaves the store in the clear, to standard error, is the event and its code
 */
import { destination, pino } from 'pino'

export type Facts = Readonly<Record<string, string | number | boolean | null | undefined>>

export interface Log {
  readonly info: (facts: Facts, message: string) => void
  readonly warn: (facts: Facts, message: string) => void
  readonly error: (facts: Facts, message: string) => void
}

export const silentLog: Log = { info: () => {}, warn: () => {}, error: () => {} }

/** LG2: for whoever watches a service; messages are constants of the code, facts may not be. */
export function createErrorStreamLog(): Log {
  const log = pino({ base: null, level: 'warn' }, destination({ dest: 2, sync: true }))
  const codeOf = ({ fault }: Facts) => (typeof fault === 'string' ? { fault } : {})
  return {
    info: (facts, message) => log.info(codeOf(facts), message),
    warn: (facts, message) => log.warn(codeOf(facts), message),
    error: (facts, message) => log.error(codeOf(facts), message),
  }
}
