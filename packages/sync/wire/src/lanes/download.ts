/**
 * Decides how one file comes down: wants → chunks → verified. No socket, clock or disk. Several
 * wants may be on their way, as far ahead as the window says, so that a long way is filled.
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
      /** It holds less than was asked for. */
      readonly isShort?: boolean
    }
  /** The window may have grown. */
  | { readonly type: 'more' }
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
  /** Asked before each want: what the link can carry changes. */
  readonly chunkBytes?: () => number
  /** How far ahead of what is here may be asked; one chunk unless told. At 0 nothing is asked until `more`. */
  readonly windowBytes?: () => number
  readonly maxAttempts?: number
}

export function createDownload({
  sha256,
  sizeBytes,
  haveBytes: stored = 0,
  chunkBytes = () => 16_000,
  windowBytes = chunkBytes,
  maxAttempts = 3,
}: DownloadOptions): Download {
  let state: DownloadState = 'offline'
  let haveBytes = stored
  let askedUpto = stored
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
    const wants: DownloadAction[] = []
    while (askedUpto < sizeBytes && askedUpto - haveBytes < windowBytes()) {
      const length = Math.min(chunkBytes(), sizeBytes - askedUpto)
      wants.push({ do: 'want', sha256, offset: askedUpto, length })
      askedUpto += length
    }
    return wants
  }
  const askAfresh = (): readonly DownloadAction[] => {
    askedUpto = haveBytes
    return ask()
  }
  const startAnew = (): readonly DownloadAction[] => {
    haveBytes = 0
    attemptsLeft -= 1
    if (attemptsLeft <= 0) {
      move('exhausted')
      return [{ do: 'discard' }, { do: 'giveUp' }]
    }
    move(linked ? 'wrong' : 'wrongOffline')
    return [{ do: 'discard' }, ...(linked ? askAfresh() : [])]
  }

  const onChunk = (chunk: Extract<DownloadEvent, { type: 'chunk' }>): readonly DownloadAction[] => {
    if (state !== 'asking' || chunk.sha256 !== sha256) return []
    const fits = chunk.totalBytes === sizeBytes && chunk.sizeBytes > 0 && haveBytes + chunk.sizeBytes <= sizeBytes
    if (chunk.offset !== haveBytes) return [] // an answer to an earlier question
    if (!fits) return startAnew()
    const append = { do: 'append', offset: haveBytes } as const
    haveBytes += chunk.sizeBytes
    // A shorter answer than was asked for: what lies ahead no longer follows.
    return [append, ...(chunk.isShort === true ? askAfresh() : ask())]
  }

  const handlers: {
    readonly [T in DownloadEvent['type']]: (event: Extract<DownloadEvent, { type: T }>) => readonly DownloadAction[]
  } = {
    linkUp: () => {
      linked = true
      if (state !== 'offline') return []
      move('linkUp')
      return askAfresh()
    },
    linkDown: () => {
      linked = false
      move('linkDown')
      return []
    },
    chunk: onChunk,
    more: () => (state === 'asking' ? ask() : []),
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
