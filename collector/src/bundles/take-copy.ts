/**
 * A sealed copy of a laptop, kept here as bytes that nobody at the centre reads without the
 * organisation's recovery key. The last few of each device stay.
 *
 * TC1 only a copy whose head an admitted device signed is kept; its size is bounded
 */
import { err, fault, ok, type DeviceId, type Fault, type Result, type Sha256 } from '@murram/ground'
import { sha256, verifyDocument } from '@murram/seal'
import { BUNDLE_PURPOSE, PROTOCOL_VERSION, readHeader, type Hello } from '@murram/wire'
import { desc, eq, inArray, sql } from 'drizzle-orm'
import { putSealed } from '../blobs/blobs.ts'
import { inTransaction, type ReadDb, type WriteDb } from '../db/handles.ts'
import type { GateNeeds } from '../gate/gate-session.ts'
import { deviceCopies } from './tables.ts'

const MOST_BYTES = 128_000_000
const KEPT = 3

export async function takeCopy(
  { write, needs }: { readonly write: WriteDb; readonly needs: GateNeeds },
  source: AsyncIterable<Uint8Array>,
): Promise<Result<{ readonly deviceId: DeviceId }, Fault>> {
  const pieces: Uint8Array[] = []
  let sizeBytes = 0
  for await (const piece of source) {
    sizeBytes += piece.length
    if (sizeBytes > MOST_BYTES) return err(fault('carry.full', `a copy of more than ${MOST_BYTES} bytes`))
    pieces.push(piece)
  }
  const bytes = Buffer.concat(pieces)
  const header = await readHeader(once(bytes))
  if (!header.ok) return header
  const { body } = header.value.signed
  if (body.projectId !== needs.projectId) return err(fault('carry.wrong-project', body.projectId))
  if (body.kind !== 'copy' || body.certificate === null) return err(fault('carry.wrong-device', 'it is no copy'))
  const hello: Hello = {
    type: 'hello',
    protocol: PROTOCOL_VERSION,
    projectId: body.projectId,
    deviceId: body.deviceId,
    storeId: body.storeId ?? ('0'.repeat(32) as Hello['storeId']),
    certificate: body.certificate,
    agentVersion: body.agentVersion,
    clockMs: body.createdAtMs,
    lastN: body.contents.lastN,
  }
  const device = await needs.admit(hello)
  if (!device.ok) return device
  const verified = verifyDocument(device.value.publicKey, BUNDLE_PURPOSE, header.value.signed)
  if (!verified.ok) return verified
  if (device.value.state === 'stolen') return err(fault('sync.device-revoked', body.deviceId))
  await keep(write, {
    bytes,
    deviceId: body.deviceId,
    officer: body.certificate.body.officer,
    createdAtMs: Math.trunc(body.createdAtMs),
    receivedAtMs: needs.now(),
  })
  return ok({ deviceId: body.deviceId })
}

async function keep(
  write: WriteDb,
  { bytes, ...row }: Omit<typeof deviceCopies.$inferInsert, 'sha256' | 'sizeBytes'> & { readonly bytes: Uint8Array },
): Promise<void> {
  await inTransaction(write, async tx => {
    await putSealed(tx, bytes, 'copy', row.receivedAtMs)
    await tx
      .insert(deviceCopies)
      .values({ ...row, sha256: sha256(bytes), sizeBytes: bytes.length })
      .onConflictDoNothing()
    const older = await tx
      .select({ sha256: deviceCopies.sha256 })
      .from(deviceCopies)
      .where(eq(deviceCopies.deviceId, row.deviceId))
      .orderBy(desc(deviceCopies.createdAtMs))
      .offset(KEPT)
    const names = older.map(({ sha256: name }) => name)
    if (names.length === 0) return
    await tx.delete(deviceCopies).where(inArray(deviceCopies.sha256, names))
    await tx.execute(sql`delete from blobs where purpose = 'copy' and sha256 = any(${sql.param(names)}::text[])`)
  })
}

/** The newest that a device left here. */
export async function newestCopy(
  db: ReadDb,
  deviceId: DeviceId,
): Promise<{ readonly sha256: Sha256; readonly createdAtMs: number } | undefined> {
  const [row] = await db
    .select({ sha256: deviceCopies.sha256, createdAtMs: deviceCopies.createdAtMs })
    .from(deviceCopies)
    .where(eq(deviceCopies.deviceId, deviceId))
    .orderBy(desc(deviceCopies.createdAtMs))
    .limit(1)
  return row === undefined ? undefined : { ...row, sha256: row.sha256 as Sha256 }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
