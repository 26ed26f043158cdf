/**
 * A batch that the collector refuses for what it holds, and not for when it came: something in it can
 * never be accepted. It is looked for by halves, and what is found alone is set aside, so that one
 * submission does not stop the others.
 *
 * SU1 a batch is refused twice before anything is suspected: a link or a bug of the moment may pass
 * SU2 each refusal after that halves the batch; a batch of one that is refused is the one
 * SU3 what is accepted meanwhile lets the batches grow again
 */
export interface Suspicion {
  /** At most so many in the next batch. */
  readonly most: () => number
  /** @param count How many there were in the refused batch, which began with n = `firstN`. */
  readonly refused: (firstN: number, count: number) => 'again' | 'smaller' | 'aside'
  readonly accepted: () => void
}

const PATIENCE = 2

export function createSuspicion(): Suspicion {
  let most = Infinity
  let refusals = { firstN: 0, times: 0 }
  return {
    most: () => most,
    refused: (firstN, count) => {
      refusals = { firstN, times: refusals.firstN === firstN ? refusals.times + 1 : most === Infinity ? 1 : PATIENCE }
      if (refusals.times < PATIENCE) return 'again'
      if (count > 1) {
        most = Math.floor(count / 2)
        return 'smaller'
      }
      most = Infinity
      refusals = { firstN: 0, times: 0 }
      return 'aside'
    },
    accepted: () => {
      if (most !== Infinity) most = most * 2 > 1_000 ? Infinity : most * 2
    },
  }
}
