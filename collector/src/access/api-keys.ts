/**
 * Keys for programs that ask by the API, until people have accounts:
 *
 *   mrk_<key id, 12 hex digits>_<secret, 32 random bytes>
 *
 * Laws, in `predict/predict.test.ts`:
 *   K1 a key is shown once, when it is made: what is kept is its SHA-256, which is enough for 256
 *      random bits, and no log names it
 *   K2 a key that is unknown, expired or revoked opens nothing from that moment on, and of an
 *      unknown one nothing is said but that
 *   K3 a key asks for no more than its records a second; what goes beyond is owed and waited for
 *
 * Not here: what a scope allows (the room that asks `admit`), and people (there are none yet).
 */
import { randomBytes, timingSafeEqual } from 'node:crypto'
import { err, fault, ok, type FaultOf, type Result } from '@murram/ground'
import { sha256 } from '@murram/seal'
import type { HouseDeps } from '../main/room.ts'
import { addKey, findKey, listKeys, noteUse, revokeKey, type ApiKeyRow } from './key-repo.ts'

export const SCOPES = ['predict'] as const
export type Scope = (typeof SCOPES)[number]

/** What is told of a key to whoever looks after them. */
export type ApiKey = Omit<ApiKeyRow, 'digest'>

export interface KeyOrder {
  readonly name: string
  readonly scopes: readonly Scope[]
  readonly expiresInDays: number | null
  readonly recordsPerSecond: number
}

/** A key that may ask; `take` before the work, with what it costs. */
export interface Admitted {
  readonly keyId: string
  readonly recordsPerSecond: number
}

export interface ApiKeys {
  readonly make: (order: KeyOrder) => Promise<{ readonly apiKey: ApiKey; readonly key: string }>
  readonly list: () => Promise<readonly ApiKey[]>
  readonly revoke: (keyId: string) => Promise<Result<ApiKey, FaultOf<'http.not-found'>>>
  readonly admit: (given: string | undefined, scope: Scope) => Promise<Result<Admitted, FaultOf<'access.key-refused'>>>
}

const DAY_MS = 86_400_000
/** `last used` is for people: one write a minute is enough. */
const USE_MS = 60_000
const SHAPE = /^mrk_([0-9a-f]{12})_[\w-]{43}$/

export function createApiKeys({ read, write, now, log }: Pick<HouseDeps, 'read' | 'write' | 'now' | 'log'>): ApiKeys {
  const refused = (why: string) => err(fault('access.key-refused', why))
  return {
    make: async ({ name, scopes, expiresInDays, recordsPerSecond }) => {
      const keyId = randomBytes(6).toString('hex')
      const key = `mrk_${keyId}_${randomBytes(32).toString('base64url')}`
      const row: ApiKeyRow = {
        keyId,
        name,
        scopes,
        digest: digestOf(key).toString('hex'),
        recordsPerSecond,
        createdAtMs: now(),
        expiresAtMs: expiresInDays === null ? null : now() + expiresInDays * DAY_MS,
        revokedAtMs: null,
        lastUsedAtMs: null,
      }
      await addKey(write, row)
      log.info({ keyId, name, scopes }, 'an API key was made')
      return { apiKey: shown(row), key }
    },
    list: async () => (await listKeys(read)).map(shown),
    revoke: async keyId => {
      await revokeKey(write, keyId, now())
      const row = await findKey(write, keyId)
      if (row === undefined) return err(fault('http.not-found', `API key ${keyId}`))
      log.info({ keyId, name: row.name }, 'an API key was revoked')
      return ok(shown(row))
    },
    admit: async (given, scope) => {
      if (given === undefined) return refused('there is no header X-API-Key')
      const keyId = SHAPE.exec(given)?.[1]
      const row = keyId === undefined ? undefined : await findKey(read, keyId)
      if (row === undefined || !timingSafeEqual(digestOf(given), Buffer.from(row.digest, 'hex')))
        return refused('nobody was given this key') // K2
      const nowMs = now()
      if (row.revokedAtMs !== null) return refused(`it was revoked on ${day(row.revokedAtMs)}`)
      if (row.expiresAtMs !== null && row.expiresAtMs <= nowMs) return refused(`it expired on ${day(row.expiresAtMs)}`)
      if (!row.scopes.includes(scope)) return refused(`it may not ${scope}`)
      if (row.lastUsedAtMs === null || nowMs - row.lastUsedAtMs >= USE_MS) await noteUse(write, row.keyId, nowMs)
      return ok({ keyId: row.keyId, recordsPerSecond: row.recordsPerSecond })
    },
  }
}

const digestOf = (key: string): Buffer => Buffer.from(sha256(new TextEncoder().encode(key)), 'hex')
const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10)
const shown = ({ digest: _digest, ...row }: ApiKeyRow): ApiKey => row
