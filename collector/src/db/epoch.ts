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
 * ask from nought and send again what the database has lost. A further collector of a running
 * project has no file yet: it says so (`join`), and its keys must be the project's.
 *
 * Each collector keeps a file of its own and notes what it sees: one that comes late finds a
 * database ahead of its file, and one that comes to an older copy finds it behind.
 *
 * "Behind" is a lower epoch, another lineage in the same epoch, or a feed, an inbox or a list of
 * outcomes that has not got to where the file saw it: a backup of this very epoch is noticed too.
 * (Not every submission changes the feed, and no outcome does.)
 */
import { readFileSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { err, fault, ok, type FaultOf, type Result, type StoreId } from '@murram/ground'
import { eq, sql } from 'drizzle-orm'
import { z } from 'zod'
import type { ProjectKeys } from '../config/project-keys.ts'
import { inTurn } from './advisory-lock.ts'
import { inTransaction, type ReadDb, type WriteDb } from './handles.ts'
import { readSuccession, signSuccession, type SignedSuccession } from './succession.ts'
import { projects } from './tables.ts'

export interface Epoch {
  readonly epoch: number
  readonly lineage: string
  /** Signed: devices verify it. */
  readonly succession: SignedSuccession
  /** This start has begun it, after a restore. */
  readonly isNew: boolean
  readonly ownStoreId: StoreId
  /** Writes down how far the database has got, outside of it. */
  readonly note: (reach: Reach) => Promise<void>
}

/** How far a database has got: no number ever goes down in one life. */
export interface Reach {
  readonly feedNumber: number
  /** The last place in the inbox. */
  readonly inboxSeq: number
  /** Of outcomes, of what was said of them, and of looks at the households kept aside. */
  readonly outcomeSeq: number
}

export async function readReach(db: ReadDb, projectId: string): Promise<Reach> {
  const { rows } = await db.execute<{ feed: string; seq: string; outcomes: string }>(sql`
    select feed_number as feed, (select coalesce(max(seq), 0) from submissions) as seq,
           (select coalesce(max(seq), 0) from outcomes) + (select coalesce(max(event_id), 0) from outcome_events)
             + (select count(*) from holdout_looks) as outcomes
      from projects where project_id = ${projectId}`)
  const { feed = 0, seq = 0, outcomes = 0 } = rows[0] ?? {}
  return { feedNumber: Number(feed), inboxSeq: Number(seq), outcomeSeq: Number(outcomes) }
}

export interface EpochOptions {
  readonly write: WriteDb
  readonly dataDir: string
  readonly keys: Pick<ProjectKeys, 'projectId' | 'root' | 'collector'>
  readonly now: () => number
  readonly acceptRestore: boolean
  /** The project runs already: this is a further collector of it. */
  readonly join?: boolean
  /** A copy was put back, whatever the comparison says. */
  readonly isRestored?: boolean
}

type Refusal = FaultOf<'house.epoch-mismatch'> | FaultOf<'house.database-unreachable'> | FaultOf<'house.other-keys'>

/** One collector at a time: of two that accept a restore at once, the second one finds it accepted. */
export const openEpoch = (options: EpochOptions): Promise<Result<Epoch, Refusal>> =>
  inTurn(options.write, 'epoch', () => open(options))

async function open(options: EpochOptions): Promise<Result<Epoch, Refusal>> {
  const { write, keys, isRestored = false } = options
  const { projectId } = keys
  const file = join(options.dataDir, 'epoch.json')
  const outside = readOutside(file)
  const rows = await write.select().from(projects)
  const stored = rows.find(row => row.projectId === projectId)
  if (stored === undefined && rows.length > 0)
    return err(fault('house.database-unreachable', `this database belongs to the project ${rows[0]?.projectId}`))
  const known = stored?.succession == null ? ok(undefined) : readSuccession(keys, stored.succession)
  if (!known.ok) return known

  if (stored === undefined && options.join === true && outside === undefined)
    return err(fault('house.database-unreachable', 'it is empty: the first collector of a project does not join'))
  const reach = await readReach(write, projectId)
  const there = stored === undefined ? undefined : { ...stored, ...reach }
  const difference = options.join === true && outside === undefined ? undefined : compareEpochs(there, outside)
  if (difference !== undefined && !options.acceptRestore) return err(fault('house.epoch-mismatch', difference))

  const isNew = stored === undefined || difference !== undefined || isRestored
  const life = isNew ? await mint(options, stored, outside) : stored
  const succession = known.value !== undefined && !isNew ? known.value : await sign(options, life, stored, isNew)
  let highest: Reach = { feedNumber: 0, inboxSeq: 0, outcomeSeq: 0 }
  const writeDown = async ({ feedNumber, inboxSeq, outcomeSeq }: Reach) => {
    // An older copy that is put back under us is not believed.
    highest = {
      feedNumber: Math.max(highest.feedNumber, feedNumber),
      inboxSeq: Math.max(highest.inboxSeq, inboxSeq),
      outcomeSeq: Math.max(highest.outcomeSeq, outcomeSeq),
    }
    const text = JSON.stringify({ epoch: life.epoch, lineage: life.lineage, ...highest })
    await writeFile(`${file}.new`, text, { flush: true })
    await rename(`${file}.new`, file)
  }
  let writing: Promise<void> = Promise.resolve()
  const note = (seen: Reach) => {
    const written = writing.then(() => writeDown(seen))
    writing = written.catch(() => {}) // whoever asked is told
    return written
  }
  await note(reach)
  const { epoch, lineage, ownStoreId } = life
  return ok({
    epoch,
    lineage,
    succession,
    ownStoreId: ownStoreId as StoreId,
    note,
    isNew: isNew && (stored !== undefined || outside !== undefined),
  })
}

interface Life {
  readonly epoch: number
  readonly lineage: string
  readonly feedNumber: number
  /** Absent in a file of before they were noted. */
  readonly inboxSeq?: number | undefined
  readonly outcomeSeq?: number | undefined
}

/** Why the database is not the one that the file knew; `undefined` when it is. */
export function compareEpochs(stored: Life | undefined, outside: Life | undefined): string | undefined {
  if (outside === undefined)
    return stored === undefined || (stored.feedNumber === 0 && (stored.inboxSeq ?? 0) === 0)
      ? undefined
      : 'the file epoch.json is missing (a further collector of a running project starts with --join)'
  if (stored === undefined) return `the database is empty, the file knows epoch ${outside.epoch}`
  if (stored.epoch > outside.epoch) return undefined
  if (stored.epoch < outside.epoch) return `the database is at epoch ${stored.epoch}, the file at ${outside.epoch}`
  if (stored.lineage !== outside.lineage) return `epoch ${stored.epoch} of another lineage`
  if (stored.feedNumber < outside.feedNumber)
    return `the database's feed is at ${stored.feedNumber}, the file saw ${outside.feedNumber}`
  const [here, seen] = [stored.inboxSeq ?? 0, outside.inboxSeq ?? 0]
  if (here < seen) return `the database's inbox ends at ${here}, the file saw ${seen}`
  return (stored.outcomeSeq ?? 0) < (outside.outcomeSeq ?? 0)
    ? 'the file saw outcomes, words on them or looks at the holdout that the database does not have'
    : undefined
}

const mint = (
  { write, keys: { projectId } }: EpochOptions,
  stored: Pick<Life, 'epoch'> | undefined,
  outside: Pick<Life, 'epoch'> | undefined,
) =>
  inTransaction(write, async tx => {
    const epoch = Math.max(stored?.epoch ?? 0, outside?.epoch ?? 0) + 1
    const fresh = { epoch, lineage: randomBytes(16).toString('hex'), ownStoreId: randomBytes(16).toString('hex') }
    const [life] = await tx
      .insert(projects)
      .values({ projectId, feedNumber: 0, ...fresh })
      .onConflictDoUpdate({ target: projects.projectId, set: { ...fresh, succession: null } })
      .returning()
    if (life === undefined) throw new Error('the project row was not written')
    return life
  })

async function sign(
  { write, keys, now }: EpochOptions,
  { epoch, lineage }: Life,
  before: Life | undefined,
  isNew: boolean,
): Promise<SignedSuccession> {
  const previous = isNew && before !== undefined ? { epoch: before.epoch, lineage: before.lineage } : null
  const succession = signSuccession(keys, { epoch, lineage, previous, issuedAtMs: now() })
  await write.update(projects).set({ succession }).where(eq(projects.projectId, keys.projectId))
  return succession
}

const Outside = z.object({
  epoch: z.number().int(),
  lineage: z.string(),
  feedNumber: z.number().int(),
  inboxSeq: z.number().int().optional(),
  outcomeSeq: z.number().int().optional(),
})

/** A file that cannot be read counts as missing: then a database with content is refused. */
function readOutside(file: string): z.infer<typeof Outside> | undefined {
  try {
    return Outside.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    return undefined
  }
}
