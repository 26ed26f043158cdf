/** The SQL of releases and of what devices report of them. */
import { asc, count, desc, eq, max, sql } from 'drizzle-orm'
import type { DeviceId } from '@murram/ground'
import type { ReadDb, WriteDb } from '../db/handles.ts'
import { deviceModels, releases } from './tables.ts'

export type ReleaseRow = typeof releases.$inferSelect

export async function appendRelease(tx: WriteDb, row: ReleaseRow): Promise<void> {
  await tx.insert(releases).values(row)
}

/** Newest first. */
export const releasesOf = (db: ReadDb, modelName: string): Promise<readonly ReleaseRow[]> =>
  db.select().from(releases).where(eq(releases.modelName, modelName)).orderBy(desc(releases.counter))

export async function findRelease(db: ReadDb, releaseId: string): Promise<ReleaseRow | undefined> {
  const [row] = await db.select().from(releases).where(eq(releases.releaseId, releaseId))
  return row
}

export const allReleases = (db: ReadDb): Promise<readonly ReleaseRow[]> =>
  db.select().from(releases).orderBy(asc(releases.modelName), desc(releases.counter))

/**
 * The last counter of the project. Taken under a lock that other releases wait for: a device
 * remembers one highest number, whatever the models are called.
 */
export async function lastCounter(tx: WriteDb): Promise<number> {
  await tx.execute(sql`lock table releases in share row exclusive mode`)
  const [row] = await tx.select({ counter: max(releases.counter) }).from(releases)
  const { rows: shadows } = await tx.execute<{ counter: string | null }>(
    sql`select max((challenger -> 'signed' -> 'body' ->> 'counter')::bigint) as counter from rollout_orders`,
  )
  // A journal may know of one that a restored database has forgotten.
  const { rows } = await tx.execute<{ floor: string | null }>(sql`select max(release_floor) as floor from projects`)
  return Math.max(row?.counter ?? 0, Number(shadows[0]?.counter ?? 0), Number(rows[0]?.floor ?? 0))
}

/** The highest counter that any device says it has seen, up to what can be believed. */
export async function highestReported(db: ReadDb, upto: number): Promise<number> {
  const { rows } = await db.execute<{ counter: string | null }>(sql`
    select max(counter) as counter from (
      select counter from device_models union all select model_counter from devices
    ) as reported (counter)
    where counter <= ${upto}`)
  return Number(rows[0]?.counter ?? 0)
}

export interface InstallReport {
  readonly releaseId: string
  readonly counter: number
  readonly state: 'installed' | 'refused' | 'rolled-back'
  readonly fault: unknown
  readonly atMs: number
}

/**
 * The latest word of a device on a release counts: a refused one may be installed later. What it said while its
 * clock stood ahead gives way to whatever it says next.
 */
export async function putReports(
  db: WriteDb,
  deviceId: DeviceId,
  reports: readonly InstallReport[],
  nowMs: number,
): Promise<void> {
  const latest = [...new Map(reports.map(report => [report.releaseId, report])).values()]
  if (latest.length === 0) return
  await db
    .insert(deviceModels)
    .values(latest.map(report => ({ deviceId, ...report })))
    .onConflictDoUpdate({
      target: [deviceModels.deviceId, deviceModels.releaseId],
      set: { state: sql`excluded.state`, fault: sql`excluded.fault`, atMs: sql`excluded.at_ms` },
      setWhere: sql`excluded.at_ms >= ${deviceModels.atMs} or ${deviceModels.atMs} > ${nowMs}`,
    })
}

export type DeviceModelRow = typeof deviceModels.$inferSelect

export const reportsOf = (db: ReadDb, releaseId: string): Promise<readonly DeviceModelRow[]> =>
  db.select().from(deviceModels).where(eq(deviceModels.releaseId, releaseId)).orderBy(asc(deviceModels.atMs))

export interface ReportCounts {
  readonly installed: number
  readonly refused: number
  /** It was in force there, and the one before it is again. */
  readonly rolledBack: number
}
export const NO_REPORTS: ReportCounts = { installed: 0, refused: 0, rolledBack: 0 }

/** Devices by release and state. */
export async function countReports(db: ReadDb): Promise<ReadonlyMap<string, ReportCounts>> {
  const rows = await db
    .select({ releaseId: deviceModels.releaseId, state: deviceModels.state, devices: count() })
    .from(deviceModels)
    .groupBy(deviceModels.releaseId, deviceModels.state)
  const counts = new Map<string, ReportCounts>()
  for (const { releaseId, state, devices } of rows) {
    const of = state === 'rolled-back' ? 'rolledBack' : state
    counts.set(releaseId, { ...(counts.get(releaseId) ?? NO_REPORTS), [of]: devices })
  }
  return counts
}
