/**
 * What the journal keeps of outcomes, and of looks at the households kept aside:
 *
 *   outcome   one outcome, as it was when it was kept
 *   batch     what came in together; kept again with each piece of it
 *   word      a doubt, a withdrawal, a restoration, a move to another batch
 *   look      what a look staked, and what had been looked at by then
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { sql, type SQL } from 'drizzle-orm'
import type { ReadDb, WriteDb } from '../db/handles.ts'
import { importAgain, outcomeAgain, wordAgain } from '../outcomes/outcomes-again.ts'
import type { ImportAgain, OutcomeAgain, WordAgain } from '../outcomes/outcomes-again.ts'
import { lookAgain, type LookAgain } from '../registry/looks-repo.ts'
import type { JournalKind } from './replay.ts'

interface OutcomeKindDeps {
  readonly read: ReadDb
  readonly write: WriteDb
}

/** In the order in which they are done again: what is said speaks of outcomes and batches. */
export const outcomeKinds = (deps: OutcomeKindDeps): readonly JournalKind[] => [
  outcomes(deps),
  batches(deps),
  words(deps),
  looks(deps),
]

/** A transaction may commit behind one that took its number later. */
const OVERLAP = 10_000
/** So many are read at once. */
const CHUNK = 1_000

const outcomes = ({ read, write }: OutcomeKindDeps): JournalKind => {
  let readUpto = 0
  return {
    kind: 'outcome',
    known: async () => {
      const { rows } = await read.execute<{ key: string; seq: string }>(
        sql`select outcome_id as key, seq from outcomes where seq > ${readUpto - OVERLAP} order by seq`,
      )
      readUpto = Math.max(readUpto, Number(rows.at(-1)?.seq ?? 0))
      return inChunks(rows, async (from, upto) => {
        const { rows: full } = await read.execute<{ key: string; row: unknown }>(sql`
          select outcome_id as key, json_build_object('outcomeId', outcome_id, 'instanceId', instance_id,
                   'formId', form_id, 'value', value, 'method', method, 'verifier', verifier,
                   'observedAtMs', observed_at_ms, 'importedAtMs', imported_at_ms, 'source', source,
                   'importId', import_id, 'sourceInstanceId', source_instance_id, 'state', state,
                   'settledAtMs', settled_at_ms, 'selection', selection, 'probability', probability) as row
            from outcomes where seq between ${from.seq} and ${upto.seq}`)
        return full
      })
    },
    replay: body => outcomeAgain(write, body as OutcomeAgain),
  }
}

/** Of most of them nobody asks more than the key. */
function inChunks<R extends { readonly key: string }>(
  rows: readonly R[],
  load: (from: R, upto: R) => Promise<readonly { readonly key: string; readonly row: unknown }[]>,
): ReadonlyMap<string, () => Promise<unknown>> {
  let loaded = new Map<string, unknown>()
  return new Map(
    rows.map(({ key }, at) => [
      key,
      async () => {
        if (!loaded.has(key)) {
          const upto = rows[Math.min(at + CHUNK, rows.length) - 1]!
          loaded = new Map((await load(rows[at]!, upto)).map(one => [one.key, one.row]))
        }
        return loaded.get(key)
      },
    ]),
  )
}

const batches = ({ read, write }: OutcomeKindDeps): JournalKind => ({
  kind: 'batch',
  known: () =>
    keyed(
      read,
      sql`select import_id || ' ' || imported || ' ' || known || ' ' || refused as key,
                 json_build_object('importId', import_id, 'name', name, 'by', by, 'imported', imported, 'known', known,
                   'refused', refused, 'createdAtMs', created_at_ms) as row
            from outcome_imports order by created_at_ms, import_id`,
    ),
  replay: body => importAgain(write, body as ImportAgain),
})

const words = ({ read, write }: OutcomeKindDeps): JournalKind => {
  let readUpto = 0
  return {
    kind: 'word',
    known: async () => {
      const { rows } = await read.execute<{ key: string; row: WordAgain; seq: string }>(sql`
        select coalesce(outcome_id, '') || ' ' || coalesce(import_id, '') || ' ' || kind || ' ' || at_ms as key,
               json_build_object('outcomeId', outcome_id, 'importId', import_id, 'kind', kind, 'reason', reason,
                 'by', by, 'atMs', at_ms) as row, event_id as seq
          from outcome_events where event_id > ${readUpto - OVERLAP} order by event_id`)
      readUpto = Math.max(readUpto, Number(rows.at(-1)?.seq ?? 0))
      return new Map(rows.map(({ key, row }) => [key, async () => row]))
    },
    replay: body => wordAgain(write, body as WordAgain),
  }
}

/** The newest look of a model carries all that was ever looked at for it. */
const looks = ({ read, write }: OutcomeKindDeps): JournalKind => ({
  kind: 'look',
  known: async () => {
    const { rows } = await read.execute<{ key: string; row: Omit<LookAgain, 'seen'>; isNewest: boolean }>(sql`
      select run_id || case when is_promoted then ' promoted' else '' end as key, json_build_object('runId', run_id, 'modelName', model_name, 'stake', stake, 'holdout', holdout,
               'fresh', fresh, 'isPromoted', is_promoted, 'atMs', at_ms) as row,
             row_number() over (partition by model_name order by at_ms desc, run_id desc) = 1 as "isNewest"
        from holdout_looks order by at_ms, run_id`)
    const seenOf = async (modelName: string) => {
      const seen = await read.execute<{ id: string; looks: number }>(
        sql`select instance_id as id, looks from looked_at where model_name = ${modelName} order by instance_id`,
      )
      return deflateRawSync(JSON.stringify(seen.rows.map(({ id, looks }) => [id, looks]))).toString('base64')
    }
    return new Map(
      rows.map(({ key, row, isNewest }) => [
        key,
        async () => (isNewest ? { ...row, base64: await seenOf(row.modelName) } : row),
      ]),
    )
  },
  replay: async body => {
    const { base64, ...look } = body as Omit<LookAgain, 'seen'> & { readonly base64?: string }
    const text = base64 === undefined ? '[]' : inflateRawSync(Buffer.from(base64, 'base64')).toString()
    await lookAgain(write, { ...look, seen: JSON.parse(text) as LookAgain['seen'] })
    return undefined
  },
})

async function keyed(read: ReadDb, query: SQL): Promise<ReadonlyMap<string, () => Promise<unknown>>> {
  const { rows } = await read.execute<{ key: string; row: unknown }>(query)
  return new Map(rows.map(({ key, row }) => [key, async () => row]))
}
