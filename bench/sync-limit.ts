/**
 * What PostgreSQL itself takes on this machine: the same submissions as one row each, in
 * batches through the same driver, a commit each, fsync on. Nothing is checked, folded or acked.
 */
import type { DeviceId, StoreId } from '@murram/ground'
import pg from 'pg'
import { makeSubmissions } from './sync-fixtures.ts'

export interface InsertRate {
  readonly what: string
  readonly perSecond: number
}

const BATCH = 100

export async function bareInserts(databaseUrl: string, count: number): Promise<readonly InsertRate[]> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  const ids = { deviceId: 'a'.repeat(32) as DeviceId, storeId: 'b'.repeat(32) as StoreId }
  const rows = makeSubmissions({ count, seed: 3, ...ids, assessed: 'none' }).map(({ instanceId, answers }) => ({
    id: instanceId,
    body: JSON.stringify(answers),
  }))
  const rates: InsertRate[] = []
  try {
    for (const type of ['json', 'text', 'bytea'] as const) {
      await client.query(`create table bench_${type} (id text primary key, body ${type} not null)`)
      const insert = {
        name: `bare-${type}`,
        text: `insert into bench_${type} select id, body::${type}
                 from unnest($1::text[], $2::${type === 'json' ? 'text' : type}[]) as given (id, body)`,
      }
      const startMs = performance.now()
      for (let at = 0; at < rows.length; at += BATCH) {
        const batch = rows.slice(at, at + BATCH)
        const bodies = batch.map(({ body }) => (type === 'bytea' ? Buffer.from(body) : body))
        await client.query({ ...insert, values: [batch.map(({ id }) => id), bodies] })
      }
      const ms = performance.now() - startMs
      await client.query(`drop table bench_${type}`)
      rates.push({ what: `PostgreSQL, bare insert of ${type}, batches of ${BATCH}`, perSecond: (count / ms) * 1_000 })
    }
  } finally {
    await client.end()
  }
  return rates
}
