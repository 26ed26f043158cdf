/** Keys of programs that ask by the API. The key itself is nowhere: only its digest. */
import { bigint, integer, json, pgTable, text } from 'drizzle-orm/pg-core'

const atMs = (name: string) => bigint(name, { mode: 'number' })

export const apiKeys = pgTable('api_keys', {
  keyId: text('key_id').primaryKey(),
  name: text('name').notNull(),
  scopes: json('scopes').$type<readonly 'predict'[]>().notNull(),
  /** SHA-256 of the whole key, hexadecimal. */
  digest: text('digest').notNull(),
  recordsPerSecond: integer('records_per_second').notNull(),
  createdAtMs: atMs('created_at_ms').notNull(),
  expiresAtMs: atMs('expires_at_ms'),
  revokedAtMs: atMs('revoked_at_ms'),
  /** To the minute. */
  lastUsedAtMs: atMs('last_used_at_ms'),
})
