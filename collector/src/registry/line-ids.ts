/**
 * What a line of the gate's report is about: a name that programs go by, and that stays where the
 * words for people change. A line on one part of the households names the part behind a stroke:
 * `part-gain/region: northern`.
 */

const SINGLE = [
  'spoilt',
  'withdrawn-rows',
  'holdout',
  'audit-gain',
  'looks',
  'gain-mean',
  'gain-bound',
  'better',
  'auc-drop',
  'calibration-slope',
  'accuracy-floor',
  'auc-floor',
  'missed',
  'missed-worst',
  'flips',
  'numbers',
  'parity',
  'size',
  'latency',
] as const
const OF_PARTS = ['part-calibration', 'part-gain'] as const

export type LineKind = (typeof SINGLE)[number] | (typeof OF_PARTS)[number]
export type LineId = (typeof SINGLE)[number] | `${(typeof OF_PARTS)[number]}/${string}`

/** Reports of an older program have names alone. */
const NAMED_BEFORE: Readonly<Record<string, LineId>> = {
  'spoilt on purpose': 'spoilt',
  'holdout outcomes': 'holdout',
  'audit share, log-loss gain': 'audit-gain',
  looks: 'looks',
  'log-loss gain, mean': 'gain-mean',
  'log-loss gain, lower bound': 'gain-bound',
  'better, or not worse': 'better',
  'AUC drop': 'auc-drop',
  'calibration slope': 'calibration-slope',
  'accuracy floor': 'accuracy-floor',
  'AUC floor': 'auc-floor',
  'exclusion errors': 'missed',
  'exclusion errors, worst subgroup': 'missed-worst',
  'flips (share)': 'flips',
  'scores that are no number': 'numbers',
  parity: 'parity',
  'bundle size (bytes)': 'size',
  'p99 latency (ms)': 'latency',
}
const CALIBRATION_BEFORE = 'calibration, '

/** @param line One of a stored report; of any other name an older program judged the harm of a part. */
export function idOf({ id, name }: { readonly id?: LineId; readonly name: string }): LineId {
  if (id !== undefined) return id
  const known = Object.hasOwn(NAMED_BEFORE, name) ? NAMED_BEFORE[name] : undefined
  if (known !== undefined) return known
  return name.startsWith(CALIBRATION_BEFORE)
    ? `part-calibration/${name.slice(CALIBRATION_BEFORE.length)}`
    : `part-gain/${name}`
}

export const kindOf = (id: LineId): LineKind => id.split('/')[0] as LineKind

/** What limit and value are counted in; a bare number where nothing is said. */
export type LineUnit = 'share' | 'points' | 'bytes' | 'ms'
const UNITS: Partial<Readonly<Record<LineKind, LineUnit>>> = {
  looks: 'share',
  'withdrawn-rows': 'share',
  'accuracy-floor': 'share',
  'part-calibration': 'points',
  missed: 'share',
  flips: 'share',
  size: 'bytes',
  latency: 'ms',
}
export const unitOf = (id: LineId): LineUnit | null => UNITS[kindOf(id)] ?? null

/** Whose value must reach the limit; all others must stay within it. */
const REACH: ReadonlySet<LineKind> = new Set([
  'holdout',
  'audit-gain',
  'gain-mean',
  'accuracy-floor',
  'auc-floor',
  'part-gain',
])
/** Whose value must lie above the limit. */
const BEYOND: ReadonlySet<LineKind> = new Set(['looks', 'gain-bound'])

/** How a value keeps a single limit. */
export type LineBound = 'at least' | 'above' | 'at most'
export function boundOf(id: LineId): LineBound {
  const kind = kindOf(id)
  return REACH.has(kind) ? 'at least' : BEYOND.has(kind) ? 'above' : 'at most'
}
