/**
 * Counts what files cost on the line, over a whole schedule: whatever befalls a link, a device
 * sends a file about once.
 */
import type { DeviceId, Sha256 } from '@murram/ground'

/** Lost with a link: what was on its way. */
const LOST_A_LINK = 40_000

export interface FileLedger {
  /** A device has taken it in. */
  readonly taken: (deviceId: DeviceId, file: { readonly sha256: Sha256; readonly sizeBytes: number }) => void
  readonly sent: (sizeBytes: number) => void
  /** What came under its name had another hash: it is sent anew. */
  readonly spoilt: (sha256: Sha256) => void
  /** @returns What was sent, and what is enough. */
  readonly sum: (of: { readonly links: number; readonly restores: number }) => {
    readonly sentBytes: number
    readonly enoughBytes: number
  }
}

export function createFileLedger(): FileLedger {
  const sizes = new Map<Sha256, number>()
  const taken = new Set<string>()
  let [takenBytes, sentBytes, spoiltBytes] = [0, 0, 0]
  return {
    taken: (deviceId, { sha256, sizeBytes }) => {
      sizes.set(sha256, sizeBytes)
      if (taken.has(`${deviceId} ${sha256}`)) return
      taken.add(`${deviceId} ${sha256}`)
      takenBytes += sizeBytes
    },
    sent: sizeBytes => {
      sentBytes += sizeBytes
    },
    spoilt: sha256 => {
      spoiltBytes += sizes.get(sha256) ?? 0
    },
    sum: ({ links, restores }) => ({
      sentBytes,
      // A restored collector may lack all that it had.
      enoughBytes: takenBytes * (1 + restores) + spoiltBytes + (takenBytes === 0 ? 0 : links * LOST_A_LINK),
    }),
  }
}
