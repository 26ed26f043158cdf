/** Whatever a device says of models is stored so that it can be read, or refused; it fails nothing for the others. */
import { encodeUp } from '@murram/wire'
import { sql } from 'drizzle-orm'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { startTestCluster } from '../test-cluster.ts'
import { startTestCollector } from '../test-collector.ts'
import { enrolTestDevice } from '../test-device.ts'

const nasty = fc.constantFrom(
  '\0',
  'a\0',
  'a',
  '__proto__',
  'constructor',
  "'; drop table feed; --",
  '\ud800',
  'é'.repeat(249),
)
const time = fc.oneof(fc.nat(), fc.constantFrom(0, 0.5, 1e300, Number.MAX_SAFE_INTEGER))
const count = fc.oneof(fc.nat(), fc.constant(Number.MAX_SAFE_INTEGER))
const fault = fc.record({
  fault: fc.constant('bundle.expired' as const),
  detail: nasty,
  data: fc.dictionary(nasty, nasty),
})
const report = fc.oneof(
  fc.record({
    kind: fc.constant('release' as const),
    releaseId: nasty,
    counter: count,
    state: fc.constantFrom('installed' as const, 'refused' as const, 'rolled-back' as const),
    fault,
    atMs: time,
  }),
  fc.record({
    kind: fc.constant('sketch' as const),
    storeId: fc.constant('0'.repeat(32)),
    releaseId: nasty,
    region: fc.constantFrom('a', 'a\0', '\0a', '__proto__', ''),
    week: fc.constantFrom('2026-W47', '9999-W99', '0000-W00'),
    rows: count,
    packed: fc.uint8Array({ maxLength: 40 }),
    scores: fc.array(count, { maxLength: 100 }),
    abstained: fc.dictionary(
      nasty.map(text => text.slice(0, 32)),
      count,
    ),
    unscored: count,
  }),
  fc.record({ kind: fc.constant('status' as const), queued: count, modelCounter: count, atMs: time }),
  fc.record({ kind: fc.constant('withheld' as const), modelName: nasty, orderNumber: count, heard: count, atMs: time }),
)

test('nasty texts, numbers and times in reports', async () => {
  const cluster = await startTestCluster()
  try {
    await using collector = await startTestCollector({ cluster })
    const device = await enrolTestDevice({ collector })
    await device.connect()
    await fc.assert(
      fc.asyncProperty(fc.array(report, { minLength: 40, maxLength: 100 }), async reports => {
        device.sendRaw(encodeUp({ type: 'report', reports: reports as never }))
        device.send({ type: 'ping' })
        expect(await device.next('pong')).toEqual({ type: 'pong' })
      }),
      { numRuns: 5, seed: 20_261_122, endOnFailure: true },
    )
    const all = async (text: ReturnType<typeof sql>) => (await collector.read.execute(text)).rows
    expect(await all(sql`select distinct fault ->> 'fault' as fault from device_models`)).toEqual([
      { fault: 'bundle.expired' },
    ])
    expect((await all(sql`select abstained ->> 'missing', scores from device_sketches`)).length).toBeGreaterThan(2)
    expect((await collector.get('/releases')).status).toBe(200)
    await device.disconnect()
  } finally {
    await cluster.stop()
  }
}, 60_000)
