/**
 * The log as a ring of rows inside the encrypted store: a laptop in the field has no console
 * to read, and a plain file would be the one place where something personal could lie in the
 * clear.
 *
 * SG1 at most `KEPT_LINES` lines are kept, the newest ones
 * SG2 logging never fails: a line that cannot be written is told to `also`, and is gone
 *
 * Not here: who may read it (the officer's own machine, and the project: `diagnostics-file.ts`).
 */
import type { SqliteHandle } from '@murram/rxdb-sqlite'
import type { Facts, Log } from './log.ts'

export interface LogLine {
  readonly atMs: number
  readonly level: keyof Log
  readonly message: string
  readonly facts: Facts
}

export interface StoreLog extends Log {
  /** The newest `count` lines, oldest first. */
  readonly lines: (count?: number) => readonly LogLine[]
}

export const KEPT_LINES = 2_000
const MAX_FACT_CHARS = 2_000

interface StoreLogDeps {
  readonly now: () => number
  /** Told of every line as well; must not write it to a disk. */
  readonly also: Log
}

export function createStoreLog({ connection }: SqliteHandle, { now, also }: StoreLogDeps): StoreLog {
  connection.exec(
    `CREATE TABLE IF NOT EXISTS log_lines (
      id INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INTEGER NOT NULL, level TEXT NOT NULL, message TEXT NOT NULL, facts TEXT NOT NULL
    ) STRICT`,
  )
  const insert = connection.prepare<[number, string, string, string]>(
    'INSERT INTO log_lines (at_ms, level, message, facts) VALUES (?, ?, ?, ?)',
  )
  const forget = connection.prepare<[number | bigint]>('DELETE FROM log_lines WHERE id <= ?')
  const select = connection.prepare<[number], { at_ms: number; level: keyof Log; message: string; facts: string }>(
    'SELECT at_ms, level, message, facts FROM log_lines ORDER BY id DESC LIMIT ?',
  )

  const write = (level: keyof Log, facts: Facts, message: string): void => {
    also[level](facts, message)
    try {
      const { lastInsertRowid } = insert.run(Math.trunc(now()), level, message, JSON.stringify(facts, shorten))
      forget.run(Number(lastInsertRowid) - KEPT_LINES)
    } catch {
      also.error({}, 'a line could not be written to the log in the store') // SG2: closed, or the disk is full
    }
  }
  return {
    info: (facts, message) => write('info', facts, message),
    warn: (facts, message) => write('warn', facts, message),
    error: (facts, message) => write('error', facts, message),
    lines: (count = KEPT_LINES) =>
      select
        .all(count)
        .map(({ at_ms, level, message, facts }) => ({ atMs: at_ms, level, message, facts: JSON.parse(facts) as Facts }))
        .toReversed(),
  }
}

const shorten = (_: string, value: unknown): unknown =>
  typeof value === 'string' && value.length > MAX_FACT_CHARS ? `${value.slice(0, MAX_FACT_CHARS)}…` : value
