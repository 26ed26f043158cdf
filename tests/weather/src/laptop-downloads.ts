/** What comes down to a laptop as files: the real downloads, and the real first sync out of them, on its disk. */
import {
  createDownloads,
  createFirstSync,
  openFileParts,
  type BareStore,
  type Downloads,
  type FirstSync,
  type Mirror,
  type Timers,
} from '@murram/agent/weather'
import type { FaultCounts } from './fault-counts.ts'

export interface LaptopDownloads {
  readonly downloads: Downloads
  readonly firstSync: FirstSync
}

export interface LaptopDownloadsDeps {
  readonly store: BareStore
  readonly mirror: Mirror
  readonly now: () => number
  readonly timers: Timers
  /** The laptop may die before and after what it keeps. */
  readonly at: (place: string) => void
  readonly counts: FaultCounts
  readonly tell: (text: () => string) => void
}

export function openLaptopDownloads(deps: LaptopDownloadsDeps): LaptopDownloads {
  const { store, mirror, now, timers, at, counts, tell } = deps
  const onDisk = openFileParts(store.database, now)
  const parts: typeof onDisk = {
    ...onDisk,
    append: (...of) => {
      at('a piece of a file, before')
      onDisk.append(...of)
      at('a piece of a file, after')
    },
  }
  const values: BareStore['values'] = {
    get: store.values.get,
    set: (name, value) => {
      at('how far a snapshot is, before')
      store.values.set(name, value)
      at('how far a snapshot is, after')
    },
  }
  const said = (_: object, text: string): void => {
    if (text === 'a snapshot is here') counts.add('snapshot read')
    if (text.startsWith('a snapshot was left')) counts.add('snapshot left')
    tell(() => text)
  }
  const log = { debug: () => {}, info: said, warn: said, error: said }
  const theirs = log as unknown as Parameters<typeof createFirstSync>[0]['log']
  const downloads = createDownloads({ parts, now, timers, log: theirs })
  const firstSync = createFirstSync({ mirror, values, downloads, onRows: () => {}, log: theirs })
  return { downloads, firstSync }
}
