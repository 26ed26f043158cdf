/**
 * The content-addressed files of one work bundle while it is read: programs of forms, files of
 * a release. What has its hash at the end is handed out; anything else is as if it were absent.
 *
 * CF1 what a file may cost in memory is bounded: what goes beyond is fetched at the next sync
 */
import { err, fault, ok, type Result, type Sha256 } from '@murram/ground'
import { sha256 } from '@murram/seal'
import type { Chunk } from '@murram/wire'

const MOST_BYTES = 128_000_000

export interface CarriedFiles {
  readonly add: (chunk: Chunk) => void
  readonly count: () => number
  readonly fetch: (hash: Sha256, sizeBytes: number) => Promise<Result<Uint8Array>>
}

export function createCarriedFiles(): CarriedFiles {
  const parts = new Map<Sha256, { readonly whole: Uint8Array; filled: number }>()
  let held = 0
  return {
    add: ({ sha256: hash, offset, totalBytes, bytes }) => {
      let file = parts.get(hash)
      if (file === undefined) {
        if (held + totalBytes > MOST_BYTES) return // CF1
        held += totalBytes
        file = { whole: new Uint8Array(totalBytes), filled: 0 }
        parts.set(hash, file)
      }
      // Pieces come in order; behind a damaged place the file stays short, and is not used.
      if (offset !== file.filled || offset + bytes.length > file.whole.length) return
      file.whole.set(bytes, offset)
      file.filled += bytes.length
    },
    count: () => [...parts.values()].filter(({ whole, filled }) => whole.length === filled).length,
    fetch: async hash => {
      const file = parts.get(hash)
      const isWhole = file !== undefined && file.filled === file.whole.length && sha256(file.whole) === hash
      return isWhole ? ok(file.whole) : err(fault('sync.unreachable', 'it was not on the stick'))
    },
  }
}
