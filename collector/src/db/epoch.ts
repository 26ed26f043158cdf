/**
 * Which life of the database this is. The epoch stands in the database and in a file outside
 * it, so that a database restored from a backup cannot pass for the one that devices knew:
 * numbers it would hand out again would name other things.
 *
 *   file      database            then
 *   none      new                 epoch 1, both written
 *   none      with content        refused: nobody knows whether it is the latest
 *   present   new, or behind it   refused
 *   present   at it, or ahead     go on (ahead: a restore was cut before the file was written)
 *
 * What is refused goes on with `acceptRestore`, which mints the next epoch: the devices then
 * ask from nought and send again what the database has lost.
 *
 * "Behind" is a lower epoch, another lineage in the same epoch, or a feed that has not got to
 * where the file saw it: a backup of this very epoch is noticed too.
 */
import { readFileSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { err, fault, ok, type FaultOf, type ProjectId, type Result, type StoreId } from '@murram/ground'
import { z } from 'zod'
import { inTransaction, type WriteDb } from './handles.ts'
import { projects } from './tables.ts'

export interface Epoch {
  readonly epoch: number
  readonly ownStoreId: StoreId
  /** Writes down how far the feed has got, outside the database. */
  readonly note: (feedNumber: number) => Promise<void>
}

export interface EpochOptions {
  readonly write: WriteDb
  readonly dataDir: string
  readonly projectId: ProjectId
  readonly acceptRestore: boolean
}

type Refusal = FaultOf<'house.epoch-mismatch'> | FaultOf<'house.database-unreachable'>

export async function openEpoch(options: EpochOptions): Promise<Result<Epoch, Refusal>> {
  const { write, projectId } = options
  const file = join(options.dataDir, 'epoch.json')
  const outside = readOutside(file)
  const rows = await write.select().from(projects)
  const stored = rows.find(row => row.projectId === projectId)
  if (stored === undefined && rows.length > 0)
    return err(fault('house.database-unreachable', `this database belongs to the project ${rows[0]?.projectId}`))

  const difference = compareEpochs(stored, outside)
  if (difference !== undefined && !options.acceptRestore) return err(fault('house.epoch-mismatch', difference))

  const life =
    stored !== undefined && difference === undefined
      ? stored
      : await mint(write, projectId, Math.max(stored?.epoch ?? 0, outside?.epoch ?? 0) + 1)
  const note = async (feedNumber: number) => {
    const text = JSON.stringify({ epoch: life.epoch, lineage: life.lineage, feedNumber })
    await writeFile(`${file}.new`, text, { flush: true })
    await rename(`${file}.new`, file)
  }
  await note(life.feedNumber)
  return ok({ epoch: life.epoch, ownStoreId: life.ownStoreId as StoreId, note })
}

interface Life {
  readonly epoch: number
  readonly lineage: string
  readonly feedNumber: number
}

/** Why the database is not the one that the file knew; `undefined` when it is. */
export function compareEpochs(stored: Life | undefined, outside: Life | undefined): string | undefined {
  if (outside === undefined)
    return stored === undefined || stored.feedNumber === 0 ? undefined : 'the file epoch.json is missing'
  if (stored === undefined) return `the database is empty, the file knows epoch ${outside.epoch}`
  if (stored.epoch > outside.epoch) return undefined
  if (stored.epoch < outside.epoch) return `the database is at epoch ${stored.epoch}, the file at ${outside.epoch}`
  if (stored.lineage !== outside.lineage) return `epoch ${stored.epoch} of another lineage`
  return stored.feedNumber < outside.feedNumber
    ? `the database's feed is at ${stored.feedNumber}, the file saw ${outside.feedNumber}`
    : undefined
}

const mint = (write: WriteDb, projectId: ProjectId, epoch: number) =>
  inTransaction(write, async tx => {
    const fresh = { epoch, lineage: randomBytes(16).toString('hex'), ownStoreId: randomBytes(16).toString('hex') }
    const [life] = await tx
      .insert(projects)
      .values({ projectId, feedNumber: 0, ...fresh })
      .onConflictDoUpdate({ target: projects.projectId, set: fresh })
      .returning()
    if (life === undefined) throw new Error('the project row was not written')
    return life
  })

const Outside = z.object({ epoch: z.number().int(), lineage: z.string(), feedNumber: z.number().int() })

/** A file that cannot be read counts as missing: then a database with content is refused. */
function readOutside(file: string): z.infer<typeof Outside> | undefined {
  try {
    return Outside.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    return undefined
  }
}
