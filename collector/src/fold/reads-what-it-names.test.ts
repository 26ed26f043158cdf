import { randomUUID } from 'node:crypto'
import type { EntityId } from '@murram/ground'
import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { inTransaction } from '../db/handles.ts'
import { tellReturns } from '../review/told-returns.ts'
import { startTestCluster, type TestCluster } from '../test-cluster.ts'
import { startTestCollector } from '../test-collector.ts'
import { enrolTestDevice, namingEntity } from '../test-device.ts'
import { householdXml } from '../test-form.ts'
import { readWrites } from './fold-repo.ts'

let cluster: TestCluster
beforeAll(async () => {
  cluster = await startTestCluster()
})
afterAll(() => cluster.stop())

/** What the planner knows of the inbox is old: it has grown since. */
const MANY = 5_000

test('folding a household anew, and telling of a return, do not read the whole inbox', async () => {
  await using collector = await startTestCollector({ cluster, rooms: [] })
  await collector.publish(householdXml())
  const amina = await enrolTestDevice({ collector, officer: 'Amina' })
  await amina.connect()
  const entityId = randomUUID()
  const { submission } = await amina.submit({ answers: { name: 'Asha', ...namingEntity(entityId, 'create', 'Asha') } })
  await inTransaction(collector.write, async tx => {
    await tx.execute(sql`
      insert into submissions (store_id, n, instance_id, device_id, form_id, version, digest, stamp, body, state, received_at_ms)
      select 'many', n, 'uuid:many-' || n, ${amina.deviceId}, 'household', '1', 'd' || n, 's' || n, '{}', 'applied', 1
        from generate_series(1, ${MANY}) n`)
    const readSoFar = async () => {
      const { rows } = await tx.execute<{ read: string }>(
        sql`select seq_tup_read + idx_tup_fetch as read from pg_stat_xact_user_tables where relname = 'submissions'`,
      )
      return Number(rows[0]?.read)
    }
    const before = await readSoFar()
    const batch = [entityId, ...Array.from({ length: 300 }, () => randomUUID())] as EntityId[]
    expect(await readWrites(tx, batch)).toMatchObject([{ entityId, replaced: false }])
    await tellReturns({ feed: { append: async () => {} } }, tx, [submission.instanceId])
    expect((await readSoFar()) - before).toBeLessThan(MANY / 10)
  })
})
