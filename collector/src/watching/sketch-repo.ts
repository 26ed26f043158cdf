/** The SQL of what devices counted. */
import { and, gte, inArray, lte, sql } from 'drizzle-orm'
import type { DeviceId } from '@murram/ground'
import type { DeviceReport } from '@murram/wire'
import type { ReadDb, WriteDb } from '../db/handles.ts'
import type { StoredSketch } from './measure-drift.ts'
import { deviceSketches } from './tables.ts'

export type SketchReport = Extract<DeviceReport, { kind: 'sketch' }>

/** Counts only rise: of two reports of one key the one with more rows is kept, in whatever order they came. */
export async function putSketches(
  db: WriteDb,
  deviceId: DeviceId,
  reports: readonly SketchReport[],
  nowMs: number,
): Promise<void> {
  if (reports.length === 0) return
  // One statement touches a row once: of repetitions the fullest goes in.
  const fullest = new Map<string, SketchReport>()
  for (const report of reports) {
    const key = [report.storeId, report.releaseId, report.region, report.week].join('\n')
    if ((fullest.get(key)?.rows ?? -1) < report.rows) fullest.set(key, report)
  }
  await db
    .insert(deviceSketches)
    .values(
      [...fullest.values()].map(({ storeId, releaseId, region, week, rows, packed, scores, abstained, unscored }) => ({
        deviceId,
        storeId,
        releaseId,
        region,
        week,
        rows,
        packed,
        scores,
        abstained,
        unscored,
        atMs: nowMs,
      })),
    )
    .onConflictDoUpdate({
      target: [
        deviceSketches.deviceId,
        deviceSketches.storeId,
        deviceSketches.releaseId,
        deviceSketches.region,
        deviceSketches.week,
      ],
      set: {
        rows: sql`excluded.rows`,
        packed: sql`excluded.packed`,
        scores: sql`excluded.scores`,
        abstained: sql`excluded.abstained`,
        unscored: sql`excluded.unscored`,
        atMs: sql`excluded.at_ms`,
      },
      setWhere: sql`excluded.rows > ${deviceSketches.rows}`,
    })
}

/** A device whose clock is wrong counts in weeks that are none of these. */
export const sketchesOf = (
  db: ReadDb,
  releaseIds: readonly string[],
  { from, to }: { readonly from: string; readonly to: string },
): Promise<readonly StoredSketch[]> =>
  db
    .select({
      deviceId: deviceSketches.deviceId,
      region: deviceSketches.region,
      week: deviceSketches.week,
      packed: deviceSketches.packed,
      scores: deviceSketches.scores,
      abstained: deviceSketches.abstained,
      unscored: deviceSketches.unscored,
    })
    .from(deviceSketches)
    .where(
      and(
        inArray(deviceSketches.releaseId, [...releaseIds]),
        gte(deviceSketches.week, from),
        lte(deviceSketches.week, to),
      ),
    )

export const forgetSketchesBefore = (db: WriteDb, week: string) =>
  db.delete(deviceSketches).where(sql`${deviceSketches.week} < ${week}`)
