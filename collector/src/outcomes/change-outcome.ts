/**
 * What people say of outcomes that are stored, and of whole batches. Nothing is deleted: each
 * change keeps who said it and why.
 *
 *   verified ──dispute──► disputed ──restore──► verified, chosen over what others saw that day
 *       └────withdraw───► withdrawn ──restore──► verified
 *
 * Laws, in `change-outcome.test.ts`:
 *   H1 what was done already is found done, and adds nothing to the history
 *   H2 a batch is withdrawn and restored as a whole; what was said of single outcomes stays
 */
import { err, fault, ok, type Fault, type Result } from '@murram/ground'
import { eq } from 'drizzle-orm'
import { inTransaction, type ReadDb, type WriteDb } from '../db/handles.ts'
import { addEvents, findImport, formsOfImport, putImportState, type OutcomeImport } from './imports-repo.ts'
import { afterWord } from './outcome-states.ts'
import { outcomes } from './tables.ts'

export type ChangeVerb = 'dispute' | 'withdraw' | 'restore'

export interface Said {
  readonly reason: string
  readonly by: string
}

const EVENT = { dispute: 'disputed', withdraw: 'withdrawn', restore: 'restored' } as const

export interface ChangeDeps {
  readonly read: ReadDb
  readonly write: WriteDb
  readonly now: () => number
  readonly afterChange: (formIds: readonly string[]) => Promise<void>
}

export interface Changing {
  readonly changeOutcome: (outcomeId: string, verb: ChangeVerb, said: Said) => Promise<Result<void, Fault>>
  readonly changeImport: (importId: string, verb: 'withdraw' | 'restore', said: Said) => Promise<Result<void, Fault>>
}

export function createChanging({ read, write, now, afterChange }: ChangeDeps): Changing {
  return {
    changeOutcome: async (outcomeId, verb, { reason, by }) => {
      const done = await inTransaction(write, async (tx): Promise<Result<string | null, Fault>> => {
        const [row] = await tx.select().from(outcomes).where(eq(outcomes.outcomeId, outcomeId)).for('update')
        if (row === undefined) return err(fault('http.not-found', `outcome ${outcomeId}`))
        const batch = row.importId === null ? undefined : await findImport(tx, row.importId)
        if (verb === 'restore' && batch?.state === 'withdrawn')
          return err(fault('outcome.import-withdrawn', batch.importId))
        const atMs = now()
        const after = afterWord(row, EVENT[verb], atMs)
        if (row.state === after.state && row.settledAtMs === after.settledAtMs) return ok(null) // H1
        await tx.update(outcomes).set(after).where(eq(outcomes.outcomeId, outcomeId))
        await addEvents(tx, [{ outcomeId, kind: EVENT[verb], reason, by, atMs }])
        return ok(row.formId)
      })
      if (!done.ok) return done
      if (done.value !== null) await afterChange([done.value])
      return ok(undefined)
    },
    changeImport: async (importId, verb, { reason, by }) => {
      const state: OutcomeImport['state'] = verb === 'withdraw' ? 'withdrawn' : 'standing'
      const done = await inTransaction(write, async (tx): Promise<Result<boolean, Fault>> => {
        const batch = await findImport(tx, importId)
        if (batch === undefined) return err(fault('http.not-found', `import ${importId}`))
        if (batch.state === state) return ok(false) // H1
        await putImportState(tx, importId, state)
        await addEvents(tx, [{ importId, kind: EVENT[verb], reason, by, atMs: now() }])
        return ok(true)
      })
      if (!done.ok) return done
      if (done.value) await afterChange(await formsOfImport(read, importId))
      return ok(undefined)
    },
  }
}
