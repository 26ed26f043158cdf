/** What was taken of a file and may yet be a mistake: said, and left to a person. */
import type { LinkedOutcome } from './outcome-repo.ts'
import { MOST_WEIGHT, weightOf } from './outcome-states.ts'

/** About some rows of a file that were taken. */
export interface RowNote {
  /** As the sender counts; the first of many. */
  readonly rows: readonly number[]
  readonly note: string
}

type Taken = Pick<LinkedOutcome, 'instanceId' | 'value' | 'verifier' | 'observedAtMs' | 'probability'> & {
  readonly row: number
}

const DAY = 86_400_000
/** So many rows, and so many notes, are told. */
const MOST_TOLD = 20

export function doubtsOf(taken: readonly Taken[]): readonly RowNote[] {
  const small = taken.filter(({ probability }) => probability !== null && 1 / probability > weightOf(probability))
  const chances: readonly RowNote[] =
    small.length === 0
      ? []
      : [
          {
            rows: small.slice(0, MOST_TOLD).map(({ row }) => row),
            note: `probability is below ${1 / MOST_WEIGHT} in ${small.length === 1 ? 'one row' : `${small.length} rows`}: such a row counts as ${MOST_WEIGHT} households and not as more`,
          },
        ]
  const ofOneDay = Map.groupBy(taken, one => `${one.instanceId} ${Math.floor(one.observedAtMs / DAY)}`)
  const twice = [...ofOneDay.values()].filter(some => new Set(some.map(({ value }) => value)).size > 1)
  const isOfOne = (some: readonly Taken[]) => new Set(some.map(({ verifier }) => verifier)).size === 1
  const contradictions = twice.slice(0, MOST_TOLD).map((some): RowNote => ({
    rows: some.slice(0, MOST_TOLD).map(({ row }) => row),
    note: isOfOne(some)
      ? 'one verifier says different things of one interview on one day: the last one counts'
      : 'two verifiers contradict each other on one day: neither counts until somebody settles it',
  }))
  return [...chances, ...contradictions]
}
