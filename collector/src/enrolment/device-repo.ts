/** The SQL of devices and their tokens. */
import type { DeviceId, StoreId } from '@murram/ground'
import type { Signed } from '@murram/seal'
import type { DeviceCertificate } from '@murram/wire'
import { eq, sql } from 'drizzle-orm'
import type { ReadDb, WriteDb } from '../db/handles.ts'
import { devices, enrolmentTokens } from './tables.ts'

export type Device = typeof devices.$inferSelect

export async function findDevice(db: ReadDb, deviceId: DeviceId): Promise<Device | undefined> {
  const [device] = await db.select().from(devices).where(eq(devices.deviceId, deviceId))
  return device
}

/** The device that first sent something of this store. */
export async function ownerOfStore(db: ReadDb, storeId: StoreId): Promise<string | undefined> {
  const { rows } = await db.execute<{ id: string }>(sql`select device_id as id from stores where store_id = ${storeId}`)
  return rows[0]?.id
}

export async function addDevice(db: WriteDb, certificate: Signed<DeviceCertificate>, nowMs: number): Promise<void> {
  const { deviceId, publicKey, officer } = certificate.body
  await db
    .insert(devices)
    .values({ deviceId, publicKey, officer, certificate, state: 'active', enrolledAtMs: nowMs })
    .onConflictDoNothing()
}

/** @returns Whether there is such a device. */
export async function noteDevice(db: WriteDb, deviceId: DeviceId, seen: Partial<Device>): Promise<boolean> {
  const { rowCount } = await db.update(devices).set(seen).where(eq(devices.deviceId, deviceId))
  return (rowCount ?? 0) > 0
}

export async function revokedAmong(db: ReadDb, deviceIds: readonly DeviceId[]): Promise<readonly DeviceId[]> {
  if (deviceIds.length === 0) return []
  const { rows } = await db.execute<{ id: DeviceId }>(sql`
    select device_id as id from devices where state in ('revoked', 'stolen') and device_id = any(${sql.param(deviceIds)}::text[])`)
  return rows.map(({ id }) => id)
}

export interface DeviceSummary extends Device {
  readonly submissions: number
  /** Of them, from after it had left: nobody has looked at them yet. */
  readonly quarantined: number
}

export async function listDevices(db: ReadDb): Promise<readonly DeviceSummary[]> {
  // Spelled out: drizzle names a column without its table here, and `device_id` would be the submission's own.
  const counts = sql<number>`(select count(*)::int from submissions s where s.device_id = ${devices}.device_id and s.state <> 'again')`
  const aside = sql<number>`(select count(*)::int from submissions s where s.device_id = ${devices}.device_id and s.state = 'quarantined')`
  const rows = await db
    .select({ device: devices, submissions: counts, quarantined: aside })
    .from(devices)
    .orderBy(devices.enrolledAtMs)
  return rows.map(({ device, ...numbers }) => ({ ...device, ...numbers }))
}

export type Token = typeof enrolmentTokens.$inferSelect

export async function addToken(db: WriteDb, token: typeof enrolmentTokens.$inferInsert): Promise<void> {
  await db.insert(enrolmentTokens).values(token)
}

/** Locked until the transaction ends, so that two devices cannot use it at once. */
export async function lockToken(tx: WriteDb, tokenHash: string): Promise<Token | undefined> {
  const [token] = await tx.select().from(enrolmentTokens).where(eq(enrolmentTokens.tokenHash, tokenHash)).for('update')
  return token
}

export async function useToken(tx: WriteDb, tokenHash: string, usedBy: DeviceId, usedAtMs: number): Promise<void> {
  await tx.update(enrolmentTokens).set({ usedBy, usedAtMs }).where(eq(enrolmentTokens.tokenHash, tokenHash))
}
