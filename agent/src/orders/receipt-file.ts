/**
 * `receipt.json`: the last word of a device, in the clear, for it holds no secret. It is written
 * before anything is removed, so that a removal that is cut short is gone on with at the next
 * start, and it stays until the collector has taken it.
 *
 * A folder that has one is no device any more.
 */
import { join } from 'node:path'
import { isFaultCode } from '@murram/ground'
import { SignedDeviceReceiptSchema } from '@murram/wire'
import { z } from 'zod'
import { readIfThere, writeFileAtomic } from '../store/atomic-file.ts'
import { collectorAddress } from '../sync/address.ts'

const ReceiptFileSchema = z.object({
  format: z.literal(1),
  collectorUrl: z.string(),
  receipt: SignedDeviceReceiptSchema,
  delivered: z.boolean(),
})
export type ReceiptFile = z.infer<typeof ReceiptFileSchema>

export const RECEIPT_FILE = 'receipt.json'
const DEADLINE_MS = 10_000

export const writeReceipt = (dataDir: string, file: ReceiptFile): Promise<void> =>
  writeFileAtomic(join(dataDir, RECEIPT_FILE), `${JSON.stringify(file, null, 2)}\n`)

/** `null`: nothing was ever removed here. */
export async function readReceipt(dataDir: string): Promise<ReceiptFile | null> {
  const bytes = await readIfThere(join(dataDir, RECEIPT_FILE))
  if (bytes === null) return null
  return ReceiptFileSchema.parse(JSON.parse(Buffer.from(bytes).toString('utf8')))
}

/** Posts it, once; a receipt that was not taken is tried at the next start. @returns Whether it was taken. */
export async function deliverReceipt(dataDir: string): Promise<boolean> {
  const file = await readReceipt(dataDir)
  if (file === null || file.delivered) return file !== null
  const base = collectorAddress(file.collectorUrl, 'http')
  if (!base.ok) return false
  try {
    const response = await fetch(new URL('/api/v1/device-receipts', base.value), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(file.receipt),
      signal: AbortSignal.timeout(DEADLINE_MS),
    })
    const said = z.object({ fault: z.string() }).safeParse(await response.json().catch(() => null))
    if (!response.ok || (said.success && isFaultCode(said.data.fault))) return false
  } catch {
    return false // no link: later
  }
  await writeReceipt(dataDir, { ...file, delivered: true })
  return true
}
