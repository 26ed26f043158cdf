/**
 * A connection that hears what other collectors say (`LISTEN`), for as long as it is wanted:
 * one that breaks is made anew, and whoever listens is told that something may have been missed.
 */
import pg from 'pg'
import type { Logger } from 'pino'
import { reasonOf } from '../db/handles.ts'

export interface ListenerDeps {
  readonly databaseUrl: string
  readonly channel: string
  readonly log: Logger
  readonly onPayload: (payload: string) => void
  /** It hears from now on; what was said before was missed. */
  readonly onUp: () => void
}

const AGAIN_MS = 500

/** @returns How to stop. It has not begun to hear when this returns: see `onUp`. */
export function listenTo({ databaseUrl, channel, log, onPayload, onUp }: ListenerDeps): () => Promise<void> {
  let client: pg.Client | undefined
  let timer: NodeJS.Timeout | undefined
  let isWanted = true

  const again = (of: pg.Client, reason: string) => {
    if (client !== of) return // it was replaced, or is not wanted any more
    client = undefined
    of.end().catch(() => {})
    if (!isWanted) return
    log.info({ reason }, 'the line to other collectors broke')
    timer = setTimeout(connect, AGAIN_MS)
  }

  const connect = () => {
    // A half-open connection would be silent for good: the system asks whether the other side lives.
    const fresh = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 5_000, keepAlive: true })
    client = fresh
    fresh.on('error', error => again(fresh, error.message))
    fresh.on('end', () => again(fresh, 'the server ended it'))
    fresh.on('notification', ({ payload }) => {
      if (payload !== undefined && payload !== '') onPayload(payload)
    })
    const begin = async () => {
      await fresh.connect()
      await fresh.query(`listen ${fresh.escapeIdentifier(channel)}`)
      if (client === fresh) onUp()
    }
    begin().catch((cause: unknown) => again(fresh, reasonOf(cause)))
  }
  connect()

  return async () => {
    isWanted = false
    clearTimeout(timer)
    const last = client
    client = undefined
    await last?.end().catch(() => {})
  }
}
