/**
 * Room on the disk that is kept for the interview at hand: a full disk is noticed when
 * somebody says "save", and a household does not wait until files are cleared away.
 *
 * DR1 the reserve is spent on what a person entered, never on what comes from the collector
 * DR2 once spent it is filled again at the next start, where there is room
 *
 * Not here: what is written then. The bytes are random, for a file system that compresses
 * would keep no room for nought.
 */
import { randomBytes } from 'node:crypto'
import { rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Some hundred interviews without photos. */
const RESERVE_BYTES = 4_000_000

export interface DiskReserve {
  /** True where there was a reserve: its room is free now. */
  readonly spend: () => boolean
}

export function openDiskReserve(dataDir: string, sizeBytes = RESERVE_BYTES): DiskReserve {
  const path = join(dataDir, 'reserve')
  const isThere = (): boolean => statSync(path, { throwIfNoEntry: false })?.size === sizeBytes
  const remove = (): void => rmSync(path, { force: true })
  try {
    if (!isThere()) writeFileSync(path, randomBytes(sizeBytes), { mode: 0o600 })
  } catch {
    remove() // no room for a reserve; what there is stays for the work
  }
  return {
    spend: () => {
      const wasThere = isThere()
      remove()
      return wasThere
    },
  }
}
