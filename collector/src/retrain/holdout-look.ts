/** One look at the households kept aside: what it stakes, and what the ledger notes of it. */
import type { LookFigures } from '../registry/gate-figures.ts'
import { stakeOf } from '../registry/error-budget.ts'

/** What the ledger knows when an attempt at a run begins (registry/looks-repo.ts). */
export interface LedgerState {
  /** Staked by looks of the last 365 days that refused, this run's own apart. */
  readonly spent: number
  /** In how many looks each interview took part. */
  readonly seen: ReadonlyMap<string, number>
  /** What an earlier attempt at this run staked: the rows are the same ones, so it is the same look. */
  readonly own: { readonly stake: number; readonly fresh: number } | null
}

/** What a run leaves in the ledger before it looks; `null` where nothing is staked. */
export interface HoldoutLook {
  readonly stake: number
  readonly holdout: number
  readonly fresh: number
  /** Interviews that were looked at. */
  readonly instances: readonly string[]
}

export function lookAtHoldout(
  { groups, instances }: { readonly groups: readonly string[]; readonly instances: readonly string[] },
  { spent, seen, own }: LedgerState,
  /** `mayPromote`: nothing is staked on a look that cannot promote whatever it sees. */
  { yearly, mayPromote }: { readonly yearly: number; readonly mayPromote: boolean },
): { readonly figures: LookFigures; readonly look: HoldoutLook | null } {
  const holdout = new Set(groups).size
  const fresh = own?.fresh ?? new Set(groups.filter((_, row) => !seen.has(instances[row]!))).size
  const { stake: offered, left, freshFrom } = stakeOf({ yearly, spent, holdout, fresh })
  const stake = mayPromote ? (own?.stake ?? offered) : 0
  const most = instances.reduce((found, instance) => Math.max(found, seen.get(instance) ?? 0), 0)
  return {
    figures: { stake, left, fresh, freshFrom, mostLooks: own === null ? most : Math.max(0, most - 1) },
    look: stake > 0 ? { stake, holdout, fresh, instances: [...instances] } : null,
  }
}
