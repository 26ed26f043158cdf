/**
 * How far each store was complete, written down outside the database: after a restore it says
 * which numbers must come again, also of a device that nobody has met since.
 */
import { readFileSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DeviceIdSchema, StoreIdSchema } from '@murram/ground'
import { sql } from 'drizzle-orm'
import { z } from 'zod'
import type { ReadDb } from '../db/handles.ts'

const NotedMark = z.object({ storeId: StoreIdSchema, deviceId: DeviceIdSchema, durableUpto: z.int().nonnegative() })
export type NotedMark = z.infer<typeof NotedMark>

const fileOf = (dataDir: string) => join(dataDir, 'marks.json')

export async function noteMarks(read: ReadDb, dataDir: string): Promise<void> {
  const { rows } = await read.execute<{ storeId: string; deviceId: string; durableUpto: string }>(
    sql`select store_id as "storeId", device_id as "deviceId", durable_upto as "durableUpto" from stores`,
  )
  const marks = rows.map(row => ({ ...row, durableUpto: Number(row.durableUpto) }))
  const file = fileOf(dataDir)
  await writeFile(`${file}.new`, JSON.stringify(marks), { mode: 0o600, flush: true })
  await rename(`${file}.new`, file)
}

/** None where nothing was noted, or where it cannot be read. */
export function readNotedMarks(dataDir: string): readonly NotedMark[] {
  try {
    return z.array(NotedMark).parse(JSON.parse(readFileSync(fileOf(dataDir), 'utf8')))
  } catch {
    return []
  }
}
