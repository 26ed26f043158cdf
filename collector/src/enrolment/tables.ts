import { bigint, integer, json, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'

const ms = (name: string) => bigint(name, { mode: 'number' })

export const DEVICE_STATES = ['active', 'left', 'stolen', 'revoked'] as const

export const devices = pgTable('devices', {
  deviceId: text('device_id').primaryKey(),
  publicKey: text('public_key').notNull(),
  officer: text('officer').notNull(),
  /** Signed once, given again to the same key. */
  certificate: json('certificate').notNull(),
  /** `left` and `stolen` have their order in `device_orders`; `revoked` is of before there were orders. */
  state: text('state', { enum: DEVICE_STATES }).notNull(),
  enrolledAtMs: ms('enrolled_at_ms').notNull(),
  lastSeenAtMs: ms('last_seen_at_ms'),
  agentVersion: text('agent_version'),
  /** The device's clock minus ours at the last handshake. */
  clockSkewMs: ms('clock_skew_ms'),
  queued: integer('queued'),
  modelCounter: ms('model_counter'),
  /** Names of what it may see; null is everything. */
  scopes: text('scopes').array(),
})

/** What the centre ordered a device to do with all it holds, and its signed answer. */
export const deviceOrders = pgTable(
  'device_orders',
  {
    deviceId: text('device_id').notNull(),
    /** Rises with every order, and over restores: at least the second in which it was given. */
    counter: ms('counter').notNull(),
    kind: text('kind', { enum: ['leave', 'stay', 'destroy'] }).notNull(),
    signed: json('signed').notNull(),
    issuedAtMs: ms('issued_at_ms').notNull(),
    /** When a session of the device was told; it may have heard of it on a stick as well. */
    toldAtMs: ms('told_at_ms'),
    receipt: json('receipt'),
    receivedAtMs: ms('received_at_ms'),
  },
  table => [primaryKey({ columns: [table.deviceId, table.counter] })],
)

export const enrolmentTokens = pgTable('enrolment_tokens', {
  /** SHA-256 of the token: who reads the table cannot enrol. */
  tokenHash: text('token_hash').primaryKey(),
  officer: text('officer').notNull(),
  createdAtMs: ms('created_at_ms').notNull(),
  expiresAtMs: ms('expires_at_ms').notNull(),
  usedBy: text('used_by'),
  usedAtMs: ms('used_at_ms'),
})
