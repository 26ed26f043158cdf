/**
 * Does a batch of outcomes look like the others? How often it agrees with what the model had
 * said of the same interviews, against how often other outcomes do. Where there are too few of
 * those, against what the model promised.
 *
 * A model may be wrong, and a batch may be of another region: so an odd batch is named and never
 * refused. What it says of a batch is for the person who decides.
 */
export interface AgreementCounts {
  /** Outcomes whose interview had an assessment. */
  readonly scored: number
  /** Of those, where the class that was seen is the one that the model had named. */
  readonly agreed: number
  /** How many would have agreed, by the model's own probabilities. */
  readonly expected: number
}

export interface Agreement {
  readonly isOdd: boolean
  readonly words: string
}

const FEWEST = 20
const FEWEST_OTHERS = 100
/** Less than this is no poison, however sure it is. */
const ODD_SHARE = 0.15
/** In standard errors: chance does that once in thirty thousand batches. */
const ODD_ERRORS = 4

export function judgeAgreement(own: AgreementCounts, others: AgreementCounts): Agreement {
  const { scored, agreed } = own
  if (scored < FEWEST) {
    const words = `${scored} of them are of interviews that a model had scored: too few to compare.`
    return { isOdd: false, words }
  }
  const hasOthers = others.scored >= FEWEST_OTHERS
  // Neither none nor all: then a single one that differs would be impossible.
  const usual = hasOthers
    ? (others.agreed + 1) / (others.scored + 2)
    : Math.min(0.99, Math.max(0.01, own.expected / scored))
  const share = agreed / scored
  const error = Math.sqrt(usual * (1 - usual) * (1 / scored + (hasOthers ? 1 / others.scored : 0)))
  const isOdd = usual - share >= ODD_SHARE && (usual - share) / error >= ODD_ERRORS
  const against = hasOthers ? `of other outcomes ${percent(usual)} do` : `the model itself expected ${percent(usual)}`
  const words = `${agreed} of ${scored} say what the model had said (${percent(share)}); ${against}.`
  return {
    isOdd,
    words: isOdd
      ? `${words} Chance alone does not do that: look at where these came from, and withdraw the batch if they are wrong.`
      : words,
  }
}

const percent = (share: number): string => `${Math.round(share * 100)} %`
