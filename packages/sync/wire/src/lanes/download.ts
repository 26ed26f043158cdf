/**
 * Decides how one file comes down: wants → chunks → verified. No socket, clock or disk.
 *
 * C1 a cut costs no byte that was stored: the next session asks from there
 * C2 only what has the length and the hash is finished; anything else is thrown away and
 *    fetched anew, `maxAttempts` times
 * C3 chunks are appended in order, each byte once
 *
 * Not here: the part file (the driver appends, hashes, renames), and how many files at once.
 */
import { step, type Sha256 } from '@murram/ground'
import { downloadTable, type DownloadState, type DownloadStep } from './download-table.ts'

export type DownloadEvent =
  | { readonly type: 'linkUp' }
  | { readonly type: 'linkDown' }
  | {
      readonly type: 'chunk'
      readonly sha256: Sha256
      readonly offset: number
      readonly totalBytes: number
      readonly sizeBytes: number
    }
  /** What the part file hashes to. */
  | { readonly type: 'hashed'; readonly sha256: Sha256 }

export type DownloadAction =
  | { readonly do: 'want'; readonly sha256: Sha256; readonly offset: number; readonly length: number }
  /** Append the chunk's bytes to the part file, which ends at `offset`. */
  | { readonly do: 'append'; readonly offset: number }
  /** Hash the part file; report `hashed`. */
  | { readonly do: 'hash' }
  | { readonly do: 'discard' }
  | { readonly do: 'finish' }
  /** Not to be had from this collector as it should be: `bundle.hash-mismatch`. */
  | { readonly do: 'giveUp' }

export interface Download {
  readonly state: () => DownloadState
  readonly handle: (event: DownloadEvent) => readonly DownloadAction[]
  readonly haveBytes: () => number
}

export interface DownloadOptions {
  readonly sha256: Sha256
  readonly sizeBytes: number
  /** Length of the part file. */
  readonly haveBytes?: number
  readonly chunkBytes?: number
  readonly maxAttempts?: number
}

export function createDownload({
  sha256,
  sizeBytes,
  haveBytes: stored = 0,
  chunkBytes = 32_000,
  maxAttempts = 3,
}: DownloadOptions): Download {
  let state: DownloadState = 'offline'
  let haveBytes = stored
  let linked = false
  let attemptsLeft = maxAttempts

  const move = (event: DownloadStep): void => {
    state = step(downloadTable, state, event)
  }
  const ask = (): readonly DownloadAction[] => {
    if (haveBytes > sizeBytes) return startAnew()
    if (haveBytes === sizeBytes) {
      move('complete')
      return [{ do: 'hash' }]
    }
    return [{ do: 'want', sha256, offset: haveBytes, length: Math.min(chunkBytes, sizeBytes - haveBytes) }]
  }
  const startAnew = (): readonly DownloadAction[] => {
    haveBytes = 0
    attemptsLeft -= 1
    if (attemptsLeft <= 0) {
      move('exhausted')
      return [{ do: 'discard' }, { do: 'giveUp' }]
    }
    move(linked ? 'wrong' : 'wrongOffline')
    return [{ do: 'discard' }, ...(linked ? ask() : [])]
  }

  const onChunk = (chunk: Extract<DownloadEvent, { type: 'chunk' }>): readonly DownloadAction[] => {
    if (state !== 'asking' || chunk.sha256 !== sha256) return []
    const fits = chunk.totalBytes === sizeBytes && chunk.sizeBytes > 0 && haveBytes + chunk.sizeBytes <= sizeBytes
    if (chunk.offset !== haveBytes) return [] // an answer to an earlier question
    if (!fits) return startAnew()
    const append = { do: 'append', offset: haveBytes } as const
    haveBytes += chunk.sizeBytes
    return [append, ...ask()]
  }

  const handlers: {
    readonly [T in DownloadEvent['type']]: (event: Extract<DownloadEvent, { type: T }>) => readonly DownloadAction[]
  } = {
    linkUp: () => {
      linked = true
      if (state !== 'offline') return []
      move('linkUp')
      return ask()
    },
    linkDown: () => {
      linked = false
      move('linkDown')
      return []
    },
    chunk: onChunk,
    hashed: event => {
      if (state !== 'verifying') return []
      if (event.sha256 !== sha256) return startAnew()
      move('verified')
      return [{ do: 'finish' }]
    },
  }

  return {
    state: () => state,
    haveBytes: () => haveBytes,
    handle: event => (handlers[event.type] as (event: DownloadEvent) => readonly DownloadAction[])(event),
  }
}
