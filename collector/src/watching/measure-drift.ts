/**
 * Sketches of many devices, added up and held against what the model learnt from.
 *
 * MD1 a region is held against itself: its own rows of training, or its own weeks before; that
 *     the north differs from the whole is no drift
 * MD2 what does not fit the plan is left out, and never added
 */
import {
  compareScores,
  compareSketches,
  DRIFT_ROWS,
  emptySketch,
  mergeSketches,
  referenceSketch,
  SCORE_BINS,
  unpackSketch,
  type QuestionDrift,
  type Sketch,
  type SketchPlan,
  type SketchQuestion,
} from '@murram/score'
import type { WatchedQuestion, WatchedRegion, WatchFigures } from '../http/watch-api-types.ts'
import type { Candidate } from '../registry/candidate.ts'

export interface StoredSketch {
  readonly deviceId: string
  readonly region: string
  readonly week: string
  readonly packed: Uint8Array
  readonly scores: readonly number[]
  readonly abstained: Readonly<Record<string, number>>
  readonly unscored: number
}

type Champion = Pick<Candidate, 'drift' | 'driftByRegion' | 'scores'>

export function measureDrift(
  champion: Champion | null,
  sketches: readonly StoredSketch[],
  sinceWeek: string,
): Pick<WatchFigures, 'drift' | 'scores'> {
  const plan = champion?.drift
  if (plan === undefined || champion === null)
    return { drift: { sinceWeek, devices: 0, hasPlan: false, regions: [] }, scores: nothingScored }
  const whole = sketches.flatMap(one => {
    const sketch = unpackSketch(plan, one.packed)
    return sketch.ok ? [{ ...one, sketch: sketch.value }] : [] // MD2
  })
  const now = whole.filter(({ week }) => week >= sinceWeek)
  const before = whole.filter(({ week }) => week < sinceWeek)
  const sum = (of: readonly { readonly sketch: Sketch }[]) =>
    of.reduce((total, { sketch }) => mergeSketches(total, sketch), emptySketch(plan))
  const total = sum(now)
  const names = [...new Set(now.map(({ region }) => region))].sort()
  const regions =
    names.length < 2 && (names[0] ?? '') === ''
      ? []
      : names.map(region => {
          const isHere = (one: { readonly region: string }) => one.region === region
          const trained = champion.driftByRegion?.[region]
          const earlier = sum(before.filter(isHere))
          return compare(plan, region, sum(now.filter(isHere)), {
            ...(trained === undefined ? {} : { trained: { rows: rowsOf(trained), counts: trained } }),
            earlier,
          })
        })
  return {
    drift: {
      sinceWeek,
      devices: new Set(now.map(({ deviceId }) => deviceId)).size,
      hasPlan: true,
      regions: [compare(plan, null, total, { trained: referenceSketch(plan) }), ...regions],
    },
    scores: scoresOf(champion, now, plan, total),
  }
}

/** Each row is counted once in each question. */
const rowsOf = (counts: Sketch['counts']): number => counts[0]?.reduce((a, b) => a + b, 0) ?? 0

/** MD1 */
function compare(
  plan: SketchPlan,
  region: string | null,
  now: Sketch,
  { trained, earlier }: { readonly trained?: Sketch; readonly earlier?: Sketch },
): WatchedRegion {
  const enough = (sketch: Sketch | undefined) =>
    sketch !== undefined && sketch.rows >= DRIFT_ROWS ? sketch : undefined
  const before = enough(trained) ?? enough(earlier)
  const against = before === undefined ? null : before === trained ? 'training' : 'earlier weeks'
  const drifts = compareSketches(plan, before ?? emptySketch(plan), now)
  const questions = drifts.map((drift, i) => toQuestion(plan[i]!, drift, before?.counts[i], now.counts[i]!))
  return { region, rows: now.rows, against, questions }
}

function toQuestion(
  question: SketchQuestion,
  { input, verdict, psi, psiLimit, test, p }: QuestionDrift,
  before: readonly number[] | undefined,
  now: readonly number[],
): WatchedQuestion {
  const found = { input, verdict, psi, psiLimit, test, p }
  if (verdict !== 'drifted' || before === undefined) return found
  const share = (counts: readonly number[], bin: number) => counts[bin]! / Math.max(1, rowsOf([counts]))
  return {
    ...found,
    bins: binNames(question).map((name, bin) => ({ name, before: share(before, bin), now: share(now, bin) })),
  }
}

export function binNames({ kind, edges, values }: SketchQuestion): readonly string[] {
  const unit = kind === 'text' ? ' words' : ''
  if (kind === 'category') return [...values, 'another answer', 'not answered']
  const [first] = edges
  if (first === undefined) return ['answered', 'not answered']
  return [
    `up to ${first}${unit}`,
    ...edges.slice(1).map((edge, i) => `above ${edges[i]!} to ${edge}${unit}`),
    `above ${edges.at(-1)!}${unit}`,
    'not answered',
  ]
}

const noScores = (): number[] => Array.from({ length: SCORE_BINS }, () => 0)
const nothingScored: WatchFigures['scores'] = {
  atPromotion: null,
  now: noScores(),
  verdict: 'too few',
  psi: null,
  psiLimit: null,
  abstained: {},
  unscored: 0,
  missing: null,
}

function scoresOf(
  { scores: trained }: Champion,
  sketches: readonly StoredSketch[],
  plan: SketchPlan,
  total: Sketch,
): WatchFigures['scores'] {
  const atPromotion = trained ?? null
  const now = noScores()
  const abstained: Record<string, number> = {}
  for (const { scores, abstained: why } of sketches) {
    for (const [bin, n] of scores.entries()) if (bin < SCORE_BINS) now[bin]! += n
    for (const [reason, n] of Object.entries(why)) abstained[reason] = (abstained[reason] ?? 0) + n
  }
  const compared = atPromotion === null ? null : compareScores(atPromotion, now)
  return {
    atPromotion,
    now,
    verdict: compared?.verdict ?? 'too few',
    psi: compared?.psi ?? null,
    psiLimit: compared?.psiLimit ?? null,
    abstained,
    unscored: sketches.reduce((sum, { unscored }) => sum + unscored, 0),
    missing: total.rows === 0 ? null : { before: blankShare(referenceSketch(plan)), now: blankShare(total) },
  }
}

/** The last bin of each question holds those who did not answer it. */
const blankShare = ({ rows, counts }: Sketch): number =>
  counts.reduce((sum, bins) => sum + (bins.at(-1) ?? 0), 0) / Math.max(1, rows * counts.length)
