/**
 * A disk of a given size that can be filled up: a file system in memory, mounted for the test.
 * Linux, and the right to mount; `canMount` says whether that is so.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface SmallDisk extends Disposable {
  readonly path: string
  /** Leaves so many bytes free. */
  readonly fillUp: (freeBytes: number) => void
  /** Takes away what `fillUp` wrote. */
  readonly clear: () => void
}

export const canMount = (): boolean => {
  using disk = mount(1_000_000)
  return disk !== null
}

export function openSmallDisk(sizeBytes: number): SmallDisk {
  const disk = mount(sizeBytes)
  if (disk === null) throw new Error('no file system can be mounted here')
  return disk
}

function mount(sizeBytes: number): SmallDisk | null {
  const path = mkdtempSync(join(tmpdir(), 'murram-disk-'))
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeBytes},mode=0755`, 'none', path], {
    stdio: 'ignore',
  })
  if (mounted.status !== 0) {
    rmSync(path, { recursive: true })
    return null
  }
  const filler = join(path, 'filler')
  return {
    path,
    fillUp: freeBytes => {
      const { bavail, bsize } = statfsSync(path)
      writeFileSync(filler, Buffer.alloc(Math.max(0, bavail * bsize - freeBytes)), { flag: 'a' })
    },
    clear: () => rmSync(filler, { force: true }),
    [Symbol.dispose]: () => {
      spawnSync('umount', ['-l', path])
      rmSync(path, { recursive: true, force: true })
    },
  }
}
