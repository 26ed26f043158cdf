/** The SQL of the ledger: what looks at the holdout have staked, and which interviews they saw. */
import { and, eq, gt, sql, sum } from 'drizzle-orm'
import type { ReadDb, WriteDb } from '../db/handles.ts'
import { BUDGET_MS } from './error-budget.ts'
import { holdoutLooks, lookedAt } from './tables.ts'

export interface Ledger {
  readonly spent: number
  readonly seen: ReadonlyMap<string, number>
}

export async function readLedger(db: ReadDb, modelName: string, nowMs: number): Promise<Ledger> {
  const [row] = await db
    .select({ spent: sum(holdoutLooks.stake) })
    .from(holdoutLooks)
    .where(
      and(
        eq(holdoutLooks.modelName, modelName),
        eq(holdoutLooks.isPromoted, false),
        gt(holdoutLooks.atMs, nowMs - BUDGET_MS),
      ),
    )
  const seen = await db
    .select({ instanceId: lookedAt.instanceId, looks: lookedAt.looks })
    .from(lookedAt)
    .where(eq(lookedAt.modelName, modelName))
  return { spent: Number(row?.spent ?? 0), seen: new Map(seen.map(({ instanceId, looks }) => [instanceId, looks])) }
}

export interface NotedLook extends Readonly<typeof holdoutLooks.$inferSelect> {
  readonly instances: readonly string[]
}

/** Inside the transaction that ends the run. */
export async function noteLook(tx: WriteDb, { instances, ...look }: NotedLook): Promise<void> {
  await tx.insert(holdoutLooks).values(look)
  await tx.execute(sql`
    insert into looked_at (model_name, instance_id, looks)
    select ${look.modelName}, id, 1 from unnest(${sql.param(instances)}::text[]) as row (id)
    on conflict (model_name, instance_id) do update set looks = looked_at.looks + 1`)
}

/** A look that a restored database has forgotten. */
export interface LookAgain extends Readonly<typeof holdoutLooks.$inferSelect> {
  /** Interviews of the model, and in how many looks each had taken part when this one was kept. */
  readonly seen: readonly (readonly [instanceId: string, looks: number])[]
}

/** Twice changes nothing. */
export async function lookAgain(write: WriteDb, { seen, ...look }: LookAgain): Promise<void> {
  await write.transaction(async tx => {
    await tx.insert(holdoutLooks).values(look).onConflictDoNothing()
    await tx.execute(sql`
      insert into looked_at (model_name, instance_id, looks)
      select ${look.modelName}, id, looks
        from unnest(${sql.param(seen.map(([id]) => id))}::text[], ${sql.param(seen.map(([, looks]) => looks))}::int[])
             as row (id, looks)
      on conflict (model_name, instance_id) do update set looks = greatest(looked_at.looks, excluded.looks)`)
  })
}
