/** Sticks at a laptop: the real export and import, beside whatever the session does. */
import {
  createTakeReceipt,
  exportBundle,
  importBundle,
  type BareStore,
  type EnrolmentFile,
  type Mirror,
} from '@murram/agent/weather'
import { err, fault } from '@murram/ground'
import type { SigningKey } from '@murram/seal'
import type { LaptopFiles } from './laptop-files.ts'
import { readStick, writeStick, type Stick } from './stick.ts'

type ImportDeps = Parameters<typeof importBundle>[0]
type Receipt = Parameters<typeof createTakeReceipt>[0]

export interface LaptopStickDeps extends Pick<ImportDeps, 'foldNews' | 'log' | 'onServerTime' | 'crashPoint'> {
  readonly enrolment: EnrolmentFile
  readonly deviceKey: SigningKey
  readonly store: BareStore
  readonly mirror: Mirror
  readonly files: LaptopFiles | null
  readonly writeStates: Receipt['writeStates']
  readonly isAlone: () => boolean
  readonly now: () => number
}

export interface LaptopSticks {
  readonly write: (which: 'unsent' | 'all') => Promise<Stick>
  /** @returns Of how many submissions and rows it told. */
  readonly read: (stick: Stick) => Promise<number>
}

const NO_FILES = {
  of: () => [],
  open: () => err(fault('attachment.not-here', 'no files')),
  awaiting: () => new Map(),
}

export function createLaptopSticks(deps: LaptopStickDeps): LaptopSticks {
  const { store, files, mirror, writeStates, isAlone } = deps
  const { outbox, values, collections } = store
  const receipt = createTakeReceipt({ outbox, values, writeStates, isAlone })
  const attachments = files?.room ?? NO_FILES
  const sketches = { untold: () => [], isHeard: () => false }
  return {
    write: async which =>
      writeStick((await exportBundle({ ...deps, outbox, collections, attachments, sketches }, which)).bytes),
    read: async stick => {
      const imported = await importBundle(
        {
          ...deps,
          mirror,
          values,
          receipt,
          provision: async () => {},
          orders: { state: () => 'open' } as ImportDeps['orders'],
          trust: { hear: () => [] },
          isAllSent: () => false,
        },
        readStick(stick),
      )
      return imported.ok ? imported.value.receipted + imported.value.rows : 0
    },
  }
}
