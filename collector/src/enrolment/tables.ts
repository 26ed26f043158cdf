import { bigint, integer, json, pgTable, text } from 'drizzle-orm/pg-core'

const ms = (name: string) => bigint(name, { mode: 'number' })

export const devices = pgTable('devices', {
  deviceId: text('device_id').primaryKey(),
  publicKey: text('public_key').notNull(),
  officer: text('officer').notNull(),
  /** Signed once, given again to the same key. */
  certificate: json('certificate').notNull(),
  state: text('state', { enum: ['active', 'revoked'] }).notNull(),
  enrolledAtMs: ms('enrolled_at_ms').notNull(),
  lastSeenAtMs: ms('last_seen_at_ms'),
  agentVersion: text('agent_version'),
  /** The device's clock minus ours at the last handshake. */
  clockSkewMs: ms('clock_skew_ms'),
  queued: integer('queued'),
  modelCounter: ms('model_counter'),
})

export const enrolmentTokens = pgTable('enrolment_tokens', {
  /** SHA-256 of the token: who reads the table cannot enrol. */
  tokenHash: text('token_hash').primaryKey(),
  officer: text('officer').notNull(),
  createdAtMs: ms('created_at_ms').notNull(),
  expiresAtMs: ms('expires_at_ms').notNull(),
  usedBy: text('used_by'),
  usedAtMs: ms('used_at_ms'),
})
