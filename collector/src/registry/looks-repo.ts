/** The SQL of the ledger: what looks at the holdout have staked, and which interviews they saw. */
import { and, eq, gt, ne, sql, sum } from 'drizzle-orm'
import { inTransaction, type ReadDb, type WriteDb } from '../db/handles.ts'
import { BUDGET_MS } from './error-budget.ts'
import { holdoutLooks, lookedAt } from './tables.ts'

export interface Ledger {
  readonly spent: number
  readonly seen: ReadonlyMap<string, number>
  /** What `runId` has staked already. */
  readonly own: { readonly stake: number; readonly fresh: number } | null
}

/** @param runId A run whose own look is told apart: it may be tried again on the same rows. */
export async function readLedger(db: ReadDb, modelName: string, nowMs: number, runId = ''): Promise<Ledger> {
  const [row] = await db
    .select({ spent: sum(holdoutLooks.stake) })
    .from(holdoutLooks)
    .where(
      and(
        eq(holdoutLooks.modelName, modelName),
        eq(holdoutLooks.isPromoted, false),
        gt(holdoutLooks.atMs, nowMs - BUDGET_MS),
        ne(holdoutLooks.runId, runId),
      ),
    )
  const [own] = await db
    .select({ stake: holdoutLooks.stake, fresh: holdoutLooks.fresh })
    .from(holdoutLooks)
    .where(eq(holdoutLooks.runId, runId))
  const seen = await db
    .select({ instanceId: lookedAt.instanceId, looks: lookedAt.looks })
    .from(lookedAt)
    .where(eq(lookedAt.modelName, modelName))
  return {
    spent: Number(row?.spent ?? 0),
    seen: new Map(seen.map(({ instanceId, looks }) => [instanceId, looks])),
    own: own ?? null,
  }
}

export interface NotedLook extends Readonly<typeof holdoutLooks.$inferSelect> {
  readonly instances: readonly string[]
}

/**
 * Before anybody knows what was seen: whatever then befalls the run, the look is paid for. Noted again
 * by a later attempt it is the same look.
 */
export async function noteLook(tx: WriteDb, { instances, ...look }: NotedLook): Promise<void> {
  const { rowCount } = await tx.insert(holdoutLooks).values(look).onConflictDoNothing()
  if (rowCount === 0) return
  await tx.execute(sql`
    insert into looked_at (model_name, instance_id, looks)
    select ${look.modelName}, id, 1 from unnest(${sql.param(instances)}::text[]) as row (id)
    on conflict (model_name, instance_id) do update set looks = looked_at.looks + 1`)
}

/** Inside the transaction that releases what it promoted: the stake is given back. */
export async function giveBack(tx: WriteDb, runId: string): Promise<void> {
  await tx.update(holdoutLooks).set({ isPromoted: true }).where(eq(holdoutLooks.runId, runId))
}

/** A look that a restored database has forgotten. */
export interface LookAgain extends Readonly<typeof holdoutLooks.$inferSelect> {
  /** Interviews of the model, and in how many looks each had taken part when this one was kept. */
  readonly seen: readonly (readonly [instanceId: string, looks: number])[]
}

/** Twice changes nothing; that it promoted was written after that it looked. */
export async function lookAgain(write: WriteDb, { seen, ...look }: LookAgain): Promise<void> {
  await inTransaction(write, async tx => {
    await tx.insert(holdoutLooks).values(look).onConflictDoNothing()
    if (look.isPromoted) await giveBack(tx, look.runId)
    await tx.execute(sql`
      insert into looked_at (model_name, instance_id, looks)
      select ${look.modelName}, id, looks
        from unnest(${sql.param(seen.map(([id]) => id))}::text[], ${sql.param(seen.map(([, looks]) => looks))}::int[])
             as row (id, looks)
      on conflict (model_name, instance_id) do update set looks = greatest(looked_at.looks, excluded.looks)`)
  })
}
