/**
 * What repeated looks at the same holdout households may cost: a budget of error, 5 % in any
 * 365 days, for *ever* promoting a candidate that is truly worse by the margin of the gate.
 *
 *   stake of a look = left × min(.85, fresh households ÷ all holdout households)
 *   left            = .85 × .05 − stakes of the looks of the last 365 days that refused
 *
 * The gain's lower bound is asked for at level 1 − stake: a look that stakes little must see
 * much. What nobody has looked at renews a look: with nothing fresh it stakes nothing and
 * promotes nothing. A stake below .0005 is not made, and those households stay fresh.
 *
 * Law, simulated in `gate-power.test.ts`:
 *   E1 whatever candidates come, in whatever number, a year holds a false promotion with at
 *      most 5 % probability
 *
 * Why a promotion gets its stake back: consider the first false promotion of a year. Every
 * promotion before it was a right one, so the truly worse candidates before it were all refused
 * and paid for; their stakes and its own are within the budget, and the chances add up to no
 * more. A right promotion is no error and costs nothing. (Recycling, as in Bretz et al. 2009,
 * "A graphical approach to sequentially rejective multiple test procedures".)
 *
 * docs/decisions/0031-the-gate.md
 */

export const BUDGET_MS = 365 * 86_400_000

/**
 * Of the budget so much is staked: a few households lose much where a candidate is wrong and
 * sure, and at 200 households a bound at 4 in 100 is broken by 4.6 (measured, `bench/gate.ts`).
 */
const STAKED = 0.85
/** The rest stays for the looks of the same year. */
const MOST_AT_ONCE = 0.85
/** Beyond it a normal bound says nothing that can be trusted. */
const LEAST_STAKE = 0.0005

export interface BudgetOrder {
  /** Probability of a false promotion in a year. */
  readonly yearly: number
  /** Staked by looks of the last 365 days that refused. */
  readonly spent: number
  readonly holdout: number
  readonly fresh: number
}

export interface Stake {
  readonly stake: number
  readonly left: number
  /** The share of fresh households from which a look stakes anything; above 1: none does. */
  readonly freshFrom: number
}

export function stakeOf({ yearly, spent, holdout, fresh }: BudgetOrder): Stake {
  const left = Math.max(0, STAKED * yearly - spent)
  const stake = holdout === 0 ? 0 : left * Math.min(MOST_AT_ONCE, fresh / holdout)
  const freshFrom = left * MOST_AT_ONCE < LEAST_STAKE ? Number.POSITIVE_INFINITY : LEAST_STAKE / left
  return { stake: stake < LEAST_STAKE ? 0 : stake, left, freshFrom }
}
