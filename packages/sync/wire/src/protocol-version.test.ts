import { sha256 } from '@murram/seal'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { DownSchema } from './down.ts'
import { feedBodySchemas } from './feed-bodies.ts'
import { PROTOCOL_VERSION } from './protocol-version.ts'
import { UpSchema } from './up.ts'

/** 12 hex digits of the SHA-256 of what a schema accepts. */
const fingerprint = (schema: z.ZodType): string =>
  sha256(JSON.stringify(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }))).slice(0, 12)

test('the messages and the protocol version move together', () => {
  // Red? An older agent may not understand what you changed. Raise PROTOCOL_VERSION, add a line
  // to its history, keep the old branch at the gate, then pin the new digests.
  const bodies = Object.fromEntries(
    Object.entries(feedBodySchemas).map(([kind, schema]) => [kind, fingerprint(schema)]),
  )
  expect({ version: PROTOCOL_VERSION, up: fingerprint(UpSchema), down: fingerprint(DownSchema), ...bodies }).toEqual({
    version: 3,
    up: '0103b8758f76',
    down: '0ee15be7061c',
    conflict: '970fbb1ed9c7',
    entity: 'dd02686c8a47',
    form: 'f54814c87f14',
    release: '1d328a7941e9',
    return: '0db77ccd4852',
    rollout: '7a3e30e26eb9',
    submission: '1b87f1d69893',
    task: 'ac0bb4da325a',
  })
})
