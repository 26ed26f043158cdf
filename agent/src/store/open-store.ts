/**
 * Opens the encrypted file of a device: one SQLite handle that holds RxDB's collections and
 * our own tables, so that a submission and its outbox row are one transaction.
 *
 * ST1 a wrong key, a truncated file and a file in use are faults, and leave the file as it was
 * ST2 nothing that an officer entered is written outside this file
 *
 * Not here: cipher, pragmas and locking (rxdb-sqlite), the data key (`key-file.ts`).
 */
import { randomUUID } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { err, fault, ok, type Result } from '@murram/ground'
import { getRxStorageSqlite, openEncrypted, storeFaultOf, type SqliteHandle } from '@murram/rxdb-sqlite'
import { createRxDatabase } from 'rxdb'
import { collectionSchemas, type AgentCollections, type SubmissionDoc } from './collections.ts'
import {
  createDeviceSecrets,
  databaseName,
  openDeviceValues,
  type DeviceSecrets,
  type DeviceValues,
} from './device-values.ts'
import { openHouseholdIndex, type HouseholdIndex } from '../households/household-index.ts'
import { fillHouseholdIndex, indexRow } from '../households/index-mirror.ts'
import { isMissing } from './atomic-file.ts'
import { openDiskReserve } from './disk-reserve.ts'
import { storePath } from './key-file.ts'

export interface Store {
  readonly database: SqliteHandle
  readonly collections: AgentCollections
  readonly values: DeviceValues
  readonly secrets: DeviceSecrets
  readonly householdIndex: HouseholdIndex
  /** Runs `act` inside the transaction of the one storage write that `write` makes with this context. */
  readonly alongside: (act: () => void, write: (context: string) => Promise<void>) => Promise<void>
  readonly close: () => Promise<void>
}

export interface StoreOptions {
  readonly dataDir: string
  readonly dataKey: Uint8Array
  readonly create: boolean
  /** Called inside the transaction that writes a new submission; what it throws undoes both. */
  readonly onNewSubmission?: (submission: SubmissionDoc) => void
}

export async function openStore(options: StoreOptions): Promise<Result<Store>> {
  const path = storePath(options.dataDir)
  if (!options.create && !(await isThere(path))) return err(fault('store.damaged', `${path} is not there`))
  const opened = openEncrypted({ path, key: options.dataKey, create: options.create })
  if (!opened.ok) return err(fault(opened.error.fault, opened.error.detail))
  const database = opened.value
  let closeCollections: () => Promise<unknown> = async () => undefined
  try {
    const values = openDeviceValues(database)
    const householdIndex = openHouseholdIndex(database)
    const { byName, alongside, close } = await openCollections(database, databaseName(values), householdIndex, options)
    closeCollections = close
    await fillHouseholdIndex(values, byName, database, householdIndex)
    return ok({
      database,
      collections: byName,
      values,
      secrets: createDeviceSecrets(values),
      householdIndex,
      alongside,
      close: async () => {
        await close()
        database.close()
      },
    })
  } catch (error) {
    await closeCollections()
    database.close()
    return asDamaged(error)
  }
}

/** A page that does not read is met only when it is read, which may be long after the file was opened. */
export function asDamaged(error: unknown): Result<never> {
  const harm = storeFaultOf(error)
  if (harm?.fault !== 'store.damaged') throw error
  return err(fault(harm.fault, harm.detail))
}

/** What a person entered. */
const OWN_WORK: ReadonlySet<string> = new Set(['drafts', 'submissions'])

async function openCollections(
  database: SqliteHandle,
  name: string,
  householdIndex: HouseholdIndex,
  { dataDir, onNewSubmission }: StoreOptions,
) {
  const reserve = openDiskReserve(dataDir)
  const acts = new Map<string, () => void>()
  const storage = getRxStorageSqlite({
    database,
    makeRoom: collection => OWN_WORK.has(collection) && reserve.spend(), // DR1
    inTransaction: (_, { collection, rows }, context) => {
      acts.get(context)?.()
      acts.delete(context)
      if (collection === 'mirror') for (const { document } of rows) indexRow(householdIndex, document)
      if (collection !== 'submissions' || onNewSubmission === undefined) return
      for (const { document, previous } of rows)
        if (previous === undefined) onNewSubmission(document as unknown as SubmissionDoc)
    },
  })
  const rx = await createRxDatabase<AgentCollections>({ name, storage, multiInstance: false })
  const byName = await rx.addCollections(collectionSchemas).catch(async (error: unknown) => {
    await rx.close() // else its name is taken in this process
    throw error
  })
  const alongside: Store['alongside'] = async (act, write) => {
    const context = `agent-alongside-${randomUUID()}`
    acts.set(context, act)
    try {
      await write(context)
      if (acts.has(context)) throw new Error('a write that should carry another wrote nothing')
    } finally {
      acts.delete(context)
    }
  }
  return { byName: byName, alongside, close: () => rx.close() }
}

async function isThere(path: string): Promise<boolean> {
  try {
    return (await stat(path)).size > 0
  } catch (error) {
    if (isMissing(error)) return false
    throw error
  }
}
