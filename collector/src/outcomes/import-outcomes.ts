/**
 * Verified outcomes into the house: each row is read, tied to the interview it is about, and
 * stored once.
 *
 * Laws, tested in `import-outcomes.test.ts`:
 *   I1 the same rows again change nothing            I2 one bad row never holds back the others
 *   I3 an outcome belongs to the interview that stood when it was observed: the household's
 *      latest live one before that moment, of a form that a model reads, a scored one first
 *   I4 how a household was chosen is what the planner says, and where it planned nothing, the row
 *   I5 what came together is a batch; rows of a batch that was withdrawn stay withdrawn when they
 *      are sent again, unless the sender says that they are to count (`restore`)
 *   I6 what was exported here changes nothing when it is imported again; elsewhere what stood is taken
 *   I7 what is taken and may be a mistake is said: rows of one file that contradict each other, and
 *      chances so small that they count less than they say
 *
 * Not here: what a fresh outcome sets going (retrain; `afterImport` tells it).
 */
import { err, fault, ok, type EntityId, type FaultOf, type InstanceId, type Result } from '@murram/ground'
import { canonicalBytes, sha256 } from '@murram/seal'
import { inTransaction, type ReadDb, type WriteDb } from '../db/handles.ts'
import { countIntoImport, findImport, formsOfImport, moveToImport } from './imports-repo.ts'
import { doubtsOf, type RowNote } from './row-doubts.ts'
import { appendOutcomes, knownOutcomes, type LinkedOutcome } from './outcome-repo.ts'
import type { Selection } from './outcome-states.ts'
import {
  readOutcomeCsv,
  readOutcomeList,
  refuseRow,
  type OutcomeRow,
  type ReadRows,
  type RefusedRow,
} from './outcome-row.ts'

/** A submission, as far as an outcome needs to know it. */
export interface Visit {
  readonly instanceId: InstanceId
  readonly formId: string
  /** The household as it was asked for, which may be an alias of the one it is folded into. */
  readonly entityId: EntityId | null
  readonly capturedAtMs: number
  readonly scored: boolean
}

export interface Chosen {
  readonly selection: Selection
  /** Of having been chosen, above 0 to 1; `null` where nobody planned it. */
  readonly probability: number | null
}

export type SelectionOf = (instanceIds: readonly InstanceId[]) => Promise<ReadonlyMap<InstanceId, Chosen>>

export interface ImportDeps {
  readonly read: ReadDb
  readonly write: WriteDb
  /** Live submissions of these households (aliases followed), and any with these instance ids. */
  readonly visitsOf: (
    db: ReadDb,
    about: { readonly entityIds: readonly EntityId[]; readonly instanceIds: readonly InstanceId[] },
  ) => Promise<readonly Visit[]>
  /** The classes that the model of a form knows; `null` where no model reads the form. */
  readonly classesOf: (formId: string) => Promise<readonly string[] | null>
  /** How these interviews' households were chosen to be looked at again, where somebody planned it. */
  readonly selectionOf: SelectionOf
  readonly afterImport: (formIds: readonly string[]) => Promise<void>
  readonly now: () => number
}

/** Rows as JSON, or the text of a CSV file. */
export type OutcomeInput = { readonly list: readonly unknown[] } | { readonly csv: string }

export interface Batch {
  /** A large file comes in pieces: the pieces of one batch have one id. */
  readonly importId: string
  /** The file's, or what the sender called it. */
  readonly name: string
  readonly by: string
  /** Rows whose batch was withdrawn are to count again, in this one. */
  readonly restore: boolean
  /** More pieces follow: nothing is set going yet. */
  readonly more: boolean
}

export interface Imported {
  readonly importId: string
  readonly imported: number
  /** Rows that were here already. */
  readonly known: number
  /** Known rows that stay withdrawn, because the batch they came in was. */
  readonly withdrawn: number
  readonly refused: readonly RefusedRow[]
  readonly notes: readonly RowNote[]
}

export type ImportOutcomes = (
  input: OutcomeInput,
  batch: Batch,
) => Promise<Result<Imported, FaultOf<'table.unreadable'> | FaultOf<'outcome.import-withdrawn'>>>

export function createImportOutcomes(deps: ImportDeps): ImportOutcomes {
  return async (input, { restore, more, ...batch }) => {
    const { importId } = batch
    if ((await findImport(deps.read, importId))?.state === 'withdrawn')
      return err(fault('outcome.import-withdrawn', importId))
    const nowMs = deps.now()
    const read = 'csv' in input ? readOutcomeCsv(input.csv, nowMs) : ok<ReadRows>(readOutcomeList(input.list, nowMs))
    if (!read.ok) return read

    const exported = read.value.rows.flatMap(row => (row.exported === null ? [] : [row.exported.outcomeId]))
    const here = await knownOutcomes(deps.read, [...new Set(exported)])
    const named = read.value.rows.map(row => {
      const isHere = row.exported !== null && here.has(row.exported.outcomeId)
      return { row, outcomeId: isHere ? row.exported.outcomeId : outcomeIdOf(row) }
    })
    const before = await knownOutcomes(
      deps.read,
      named.map(({ outcomeId }) => outcomeId),
    )
    const fresh = [
      ...new Map(named.filter(({ outcomeId }) => !before.has(outcomeId)).map(one => [one.outcomeId, one])).values(),
    ]

    const found: { readonly row: OutcomeRow; readonly outcomeId: string; readonly visit: Visit }[] = []
    const refused: RefusedRow[] = [...read.value.refused]
    const link = await createLink(
      deps,
      fresh.map(({ row }) => row),
    )
    for (const { row, outcomeId } of fresh) {
      const { state = 'verified' } = row.exported ?? {}
      const visit =
        state === 'verified' ? link(row) : refuseRow(row.row, 'state', `is ${state}: what did not stand is not taken`) // I6
      if ('fault' in visit) refused.push(visit)
      else found.push({ row, outcomeId, visit })
    }
    const planned = await deps.selectionOf(found.map(({ visit }) => visit.instanceId))
    const linked = found.map(({ row, outcomeId, visit }): LinkedOutcome => {
      const { instanceId, formId } = visit
      const { value, method, verifier, observedAtMs } = row
      const chosen = planned.get(instanceId) ?? row.chosen ?? UNPLANNED
      return { outcomeId, instanceId, formId, value, method, verifier, observedAtMs, ...chosen }
    })
    const withdrawn = [...before].filter(([, known]) => known.isBatchWithdrawn).map(([outcomeId]) => outcomeId)
    const elsewhere = [...before.values()].filter(known => known.importId !== importId).length
    const imported = await inTransaction(deps.write, async tx => {
      const rows = linked.map(outcome => ({ ...outcome, importId }))
      const added = await appendOutcomes(tx, rows, nowMs)
      const moved = restore ? withdrawn : []
      if (moved.length > 0) await moveToImport(tx, moved, { ...batch, atMs: nowMs })
      if (added + moved.length + refused.length > 0) {
        const counts = { imported: added + moved.length, known: elsewhere - moved.length, refused: refused.length }
        await countIntoImport(tx, { ...batch, ...counts, createdAtMs: nowMs })
      }
      return added + moved.length
    })
    if (!more) await deps.afterImport(await formsOfImport(deps.read, importId))
    return ok({
      importId,
      notes: doubtsOf(
        found.map(({ row, visit }, at) => ({ ...linked[at]!, row: row.row, instanceId: visit.instanceId })),
      ),
      imported,
      withdrawn: restore ? 0 : withdrawn.length,
      known: read.value.rows.length - (refused.length - read.value.refused.length) - imported,
      refused: refused.sort((a, b) => a.row - b.row),
    })
  }
}

const UNPLANNED: Chosen = { selection: 'unplanned', probability: null }

/** What the sender wrote, apart from its place in the list. */
const outcomeIdOf = ({ about, value, method, verifier, observedAtMs, chosen }: OutcomeRow): string =>
  sha256(canonicalBytes([about, value, method, verifier, observedAtMs, ...(chosen === null ? [] : [chosen])]))

/** Asks once for all visits and classes, then answers row by row. */
async function createLink(
  { read, visitsOf, classesOf }: ImportDeps,
  rows: readonly OutcomeRow[],
): Promise<(row: OutcomeRow) => Visit | RefusedRow> {
  const entityIds = rows.flatMap(({ about }) => (about.by === 'entity' ? [about.entityId] : []))
  const instanceIds = rows.flatMap(({ about }) => (about.by === 'instance' ? [about.instanceId] : []))
  const visits =
    rows.length === 0
      ? []
      : await visitsOf(read, { entityIds: [...new Set(entityIds)], instanceIds: [...new Set(instanceIds)] })

  const byInstance = new Map(visits.map(visit => [visit.instanceId, visit]))
  const byEntity = Map.groupBy(visits, visit => visit.entityId)
  const classes = new Map<string, readonly string[] | null>()
  for (const formId of new Set(visits.map(visit => visit.formId))) classes.set(formId, await classesOf(formId))

  return outcome => {
    const { row, about, value, observedAtMs } = outcome
    const visit =
      about.by === 'instance'
        ? byInstance.get(about.instanceId)
        : standingAt(byEntity.get(about.entityId) ?? [], observedAtMs, formId => classes.get(formId) !== null)
    if (visit === undefined) {
      return about.by === 'instance'
        ? refuseRow(row, 'instanceId', 'names no interview that was received')
        : refuseRow(row, 'entityId', 'names no household that was interviewed before the outcome was observed')
    }
    const known = classes.get(visit.formId)
    if (known !== null && known !== undefined && !known.includes(value)) {
      return refuseRow(row, 'value', `'${value}' is none of the classes of the model (${known.join(', ')})`)
    }
    return visit
  }
}

const standingAt = (
  visits: readonly Visit[],
  observedAtMs: number,
  hasModel: (formId: string) => boolean,
): Visit | undefined =>
  visits
    .filter(({ capturedAtMs }) => capturedAtMs <= observedAtMs)
    .toSorted(
      (a, b) =>
        Number(hasModel(b.formId)) - Number(hasModel(a.formId)) ||
        Number(b.scored) - Number(a.scored) ||
        b.capturedAtMs - a.capturedAtMs ||
        (a.instanceId < b.instanceId ? -1 : 1),
    )[0]
