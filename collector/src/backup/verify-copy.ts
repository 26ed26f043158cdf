/**
 * Whether a copy of the cluster is a backup: a throw-away PostgreSQL is started on it, makes
 * it consistent, reads every page of every table (each has a checksum), and tells the marks
 * that stand in it. It is stopped in order, so what was verified is what is kept.
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { err, fault, ok, type FaultOf, type Result, type StoreId } from '@murram/ground'
import pg from 'pg'
import { startEmbeddedServer } from '../db/embedded-server.ts'
import { reasonOf } from '../db/handles.ts'
import type { StoreMark } from './backup-repo.ts'

export interface VerifiedCopy {
  readonly epoch: number
  readonly lineage: string
  readonly submissions: number
  readonly marks: readonly StoreMark[]
}

export async function verifyCopy(
  pgDirectory: string,
  projectId: string,
): Promise<Result<VerifiedCopy, FaultOf<'backup.not-verified'>>> {
  const server = await startEmbeddedServer({ directory: pgDirectory })
  if (!server.ok) return err(fault('backup.not-verified', server.error.detail))
  const client = new pg.Client({ connectionString: server.value.databaseUrl('murram') })
  try {
    await client.connect()
    await readEveryPage(client)
    return await readCopy(client, projectId)
  } catch (cause) {
    return err(fault('backup.not-verified', reasonOf(cause)))
  } finally {
    await client.end().catch(() => {})
    await server.value.stop()
    rmSync(join(pgDirectory, 'server.log'), { force: true })
  }
}

async function readEveryPage(client: pg.Client): Promise<void> {
  for (const scan of ['indexscan', 'indexonlyscan', 'bitmapscan']) await client.query(`set enable_${scan} = off`)
  const { rows } = await client.query<{ name: string }>(
    `select oid::regclass::text as name from pg_class where relkind in ('r', 't', 'm') and relpersistence = 'p'`,
  )
  for (const { name } of rows) await client.query(`select count(*) from ${name}`)
}

async function readCopy(
  client: pg.Client,
  projectId: string,
): Promise<Result<VerifiedCopy, FaultOf<'backup.not-verified'>>> {
  const found = await client.query<{ epoch: number; lineage: string }>(
    'select epoch, lineage from projects where project_id = $1',
    [projectId],
  )
  const [life] = found.rows
  if (life === undefined) return err(fault('backup.not-verified', `the project ${projectId} is not in the copy`))
  const stores = await client.query<{ storeId: StoreId; durableUpto: string; stored: string }>(`
    select store_id as "storeId", durable_upto as "durableUpto",
           (select count(*) from submissions s where s.store_id = stores.store_id and n <= durable_upto) as stored
      from stores`)
  const lying = stores.rows.find(({ durableUpto, stored }) => durableUpto !== stored)
  if (lying !== undefined)
    return err(
      fault('backup.not-verified', `store ${lying.storeId}: ${lying.stored} of ${lying.durableUpto} are there`),
    )
  const counted = await client.query<{ count: string }>('select count(*) from submissions')
  return ok({
    ...life,
    submissions: Number(counted.rows[0]?.count ?? 0),
    marks: stores.rows.map(({ storeId, durableUpto }) => ({ storeId, durableUpto: Number(durableUpto) })),
  })
}
