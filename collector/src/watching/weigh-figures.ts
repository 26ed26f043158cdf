/**
 * What the figures of a model in the field mean, in words: what changed, and what to do. Pure.
 *
 * Laws, in `weigh-figures.test.ts`:
 *   WF1 too little to say is said, and is no alarm
 *   WF2 drift raises a flag and starts nothing: the flag says where, and in which questions
 *   WF3 where the model has become worse and training again did not help, it is said, with why
 *       that may be so; only of what a refused run had the outcomes of, else a run is waited for
 *   WF4 every finding says what to do
 *
 * Not here: since when it holds and who was told (watch-repo.ts).
 */
import type { FindingKind, Severity, WatchedRegion, WatchFigures, WatchFinding } from '../http/watch-api-types.ts'
import { USUAL_LIMITS, type WatchLimits } from './measure-outcomes.ts'
import { DRIFT_ROWS } from '@murram/score'

export interface WeighedFinding extends Omit<WatchFinding, 'sinceMs'> {
  /** The kind, and the region where there is one. */
  readonly key: string
}

const RANK: Readonly<Record<Severity, number>> = { info: 0, note: 1, warning: 2, alarm: 3 }
export const isGraver = (a: Severity, b: Severity): boolean => RANK[a] > RANK[b]
/** Of those that are as grave, what says most of what to do comes first. */
const ORDER: readonly FindingKind[] = ['retraining does not help', 'performance', 'calibration', 'scores', 'drift']
export const byGravity = (
  a: Pick<WatchFinding, 'kind' | 'severity'>,
  b: Pick<WatchFinding, 'kind' | 'severity'>,
): number => RANK[b.severity] - RANK[a.severity] || placeOfKind(a.kind) - placeOfKind(b.kind)
const placeOfKind = (kind: FindingKind): number => (ORDER.includes(kind) ? ORDER.indexOf(kind) : ORDER.length)

/** Notes and what cannot be said alert nobody. */
export const isAlerting = (severity: Severity): boolean => RANK[severity] >= RANK.warning

export interface Weighing {
  readonly figures: WatchFigures
  /** The class whose probability is told: `vulnerable`. */
  readonly positive: string
  readonly limits?: WatchLimits
}

/** The gravest first. */
export function weighFigures({ figures, positive, limits = USUAL_LIMITS }: Weighing): readonly WeighedFinding[] {
  const worse = [...performance(figures), ...calibration(figures, positive)]
  const refused = figures.runs.filter(({ handicap, judged, verdict }) => !handicap && judged && verdict === 'refused')
  const hadBy = (one: WeighedFinding) => refused.filter(run => hasHad(run, one))
  const tried = refused.filter(run => worse.some(one => hasHad(run, one)))
  return [
    ...unhelped(figures, tried),
    // Who is told that training does not help is not told to train.
    ...worse.map(one =>
      hadBy(one).length > 0
        ? { ...one, todo: AFTER_TRYING }
        : refused.length > 0
          ? { ...one, todo: dueTodo(one) }
          : one,
    ),
    ...drift(figures),
    ...scores(figures, positive),
    ...labels(figures),
    ...tooFew(figures, limits),
  ].sort(byGravity)
}

function performance({ performance: found }: WatchFigures): WeighedFinding[] {
  const { from, outcomes, logLoss, lower, atPromotion } = found
  if (logLoss === null || lower === null || atPromotion === null || lower <= atPromotion) return []
  const who =
    from === 'audit' ? 'households that chance chose' : 'households with an outcome (nobody was chosen by chance)'
  return [
    {
      key: 'performance',
      kind: 'performance',
      severity: from === 'audit' ? 'alarm' : 'warning',
      what: `The model has become worse. Its log-loss is ${decimals(logLoss)} on ${outcomes} ${who}; when it was promoted it was ${decimals(atPromotion)}. That is more than chance explains.`,
      evidence: { outcomes, logLoss, lower, atPromotion, from },
      todo:
        from === 'audit'
          ? 'Start a run, so that it learns from the newest outcomes. Until a better one is through the gate, let officers decide where it is not sure.'
          : 'Have some households looked at again that chance chooses (the audit share of follow-ups): outcomes that people chose may be the hard cases. Then look here again.',
    },
  ]
}

const calibration = ({ calibration: regions }: WatchFigures, positive: string): WeighedFinding[] =>
  regions
    .filter(({ verdict }) => verdict === 'off')
    .map(({ region, outcomes, said, was, lower, upper }) => ({
      key: `calibration ${region}`,
      kind: 'calibration',
      severity: 'alarm',
      what: `In ${placeOf(region)} the model says too ${said > was ? 'much' : 'little'}. On average ${percent(said)} ${inWords(positive)}, and ${percent(was)} of ${outcomes} verified households were.`,
      evidence: { region, outcomes, said, was, lower, upper },
      todo: `Do not rely on the percentages in ${placeOf(region)}: ${said > was ? 'some households are named who are not' : 'some households are missed'}. Start a run with the newest outcomes from there, and look whether the questions mean the same to people there.`,
    }))

type WatchedRun = WatchFigures['runs'][number]

/** A run has tried what half of the outcomes that show a finding could teach. */
const ENOUGH_HAD = 0.5
const hadOf = ({ had }: WatchedRun, { kind, evidence }: WeighedFinding): number =>
  kind === 'performance' ? had.performance : (had.regions[String(evidence['region'])] ?? 0)
const hasHad = (run: WatchedRun, one: WeighedFinding): boolean =>
  hadOf(run, one) >= ENOUGH_HAD * Number(one.evidence['outcomes'])

const dueTodo = ({ kind, evidence }: WeighedFinding): string =>
  `A run is due that learns from this: those that were refused had few of the ${evidence['outcomes']} outcomes which show it. Wait for the next one, or start it now.${
    kind === 'calibration'
      ? ` Until then do not rely on the percentages in ${placeOf(String(evidence['region']))}.`
      : ''
  }`

/** WF3 */
function unhelped(
  { labels: { twice, changed }, drift: { regions } }: WatchFigures,
  refused: readonly WatchedRun[],
): WeighedFinding[] {
  const [last] = refused
  if (last === undefined) return []
  const churn = twice >= CHURN_HOUSEHOLDS ? changed / twice : null
  const shifted = regions.filter(({ region, questions }) => region !== null && questions.some(isDrifted))
  const causes = [
    ...(churn !== null && churn >= MUCH_CHURN
      ? [
          `${percent(churn)} of the households that were verified twice have changed: the outcome itself moves faster than these questions tell`,
        ]
      : []),
    ...(shifted.length > 0
      ? [
          `the answers changed in ${shifted.map(({ region }) => placeOf(region ?? '')).join(', ')}: outcomes from there are needed first`,
        ]
      : []),
    ...(last.gain !== null && last.gain <= 0
      ? [
          'on the same households the new model was no better than the one in force, so the answers hold nothing more to learn',
        ]
      : []),
  ]
  const times =
    refused.length === 1 ? 'A run that had these outcomes was' : `${refused.length} runs that had these outcomes were`
  return [
    {
      key: 'retraining does not help',
      kind: 'retraining does not help',
      severity: 'alarm',
      what: `The model has become worse, and training it again does not help. ${times} refused at the gate. ${causes.length > 0 ? `It looks like this: ${causes.join('; ')}.` : `The gate said: ${last.summary}`}`,
      evidence: { runs: refused.length, lastGain: last.gain ?? '?', lastRun: last.runId },
      todo: 'Do not wait for the next run. Visit some of the households it was wrong about and ask what the form does not; change or add questions; verify more households in the regions named here; and say to officers that its percentages are a weak hint until then.',
    },
  ]
}

const AFTER_TRYING =
  'Training was tried and did not help: do what is said there. Until then let officers decide wherever it is not sure.'

const isDrifted = ({ verdict }: { readonly verdict: string }): boolean => verdict === 'drifted'

/** WF2 */
const drift = ({ drift: { regions } }: WatchFigures): WeighedFinding[] =>
  regions.flatMap(one => {
    const drifted = one.questions.filter(isDrifted).toSorted((a, b) => (b.psi ?? 0) - (a.psi ?? 0))
    const [first] = drifted
    if (first === undefined) return []
    const names = drifted.slice(0, MOST_NAMED).map(({ input }) => inWords(input))
    const more = drifted.length > MOST_NAMED ? ` and ${drifted.length - MOST_NAMED} more` : ''
    return [
      {
        key: `drift ${one.region ?? 'all'}`,
        kind: 'drift' as const,
        severity: 'warning' as const,
        what: `${capital(inPlace(one))} people answer otherwise than the model learnt: ${names.join(', ')}${more}. ${mostMoved(first)}`,
        evidence: {
          region: one.region ?? 'all',
          interviews: one.rows,
          questions: drifted.length,
          psi: first.psi ?? 0,
          psiLimit: first.psiLimit ?? 0,
          question: first.input,
        },
        todo: `Ask whether something changed on the ground (a season, a price, a programme) or in how it is asked (a new officer, a translation). Drift alone does not say that the model is wrong: have some of these households verified, which shows it.`,
      },
    ]
  })

const inPlace = ({ region, rows }: WatchedRegion): string =>
  region === null ? `over all ${rows} interviews` : `in ${placeOf(region)} (${rows} interviews)`

function mostMoved({ input, bins = [] }: WatchedRegion['questions'][number]): string {
  const [most] = bins.toSorted((a, b) => Math.abs(b.now - b.before) - Math.abs(a.now - a.before))
  return most === undefined
    ? ''
    : `Of ${inWords(input)}, “${inWords(most.name)}” was ${percent(most.before)} and is ${percent(most.now)}.`
}

function scores({ scores: found }: WatchFigures, positive: string): WeighedFinding[] {
  const { atPromotion, now, verdict, psi, psiLimit, unscored } = found
  const scored = sumOf(now)
  const shifted: WeighedFinding[] =
    verdict !== 'drifted' || atPromotion === null
      ? []
      : [
          {
            key: 'scores',
            kind: 'scores',
            severity: 'warning',
            what: `The model says ${inWords(positive)} ${meanOf(now) > meanOf(atPromotion) ? 'more' : 'less'} often than when it was promoted: on average ${percent(meanOf(now))} of ${scored} interviews, then ${percent(meanOf(atPromotion))}.`,
            evidence: {
              interviews: scored,
              meanNow: meanOf(now),
              meanAtPromotion: meanOf(atPromotion),
              psi: psi ?? 0,
              psiLimit: psiLimit ?? 0,
            },
            todo: 'Look at the drift below: either other households are visited, or their lives changed. Whoever plans by how many households are named should count again.',
          },
        ]
  const share = unscored / Math.max(1, scored + unscored)
  return share > MANY_UNSCORED && scored + unscored >= DRIFT_ROWS
    ? [
        ...shifted,
        {
          key: 'unscored',
          kind: 'unscored',
          severity: 'warning',
          what: `${percent(share)} of the interviews got no score on the laptops.`,
          evidence: { unscored, scored },
          todo: 'Look at the logs of the devices (Devices, diagnostics): the form may have a version that the model does not read, or the model does not load there.',
        },
      ]
    : shifted
}

function labels({
  labels: { learntFrom, medianAgeDays, olderThanAYear, twice, changed },
}: WatchFigures): WeighedFinding[] {
  const found: WeighedFinding[] = []
  if (medianAgeDays !== null && olderThanAYear !== null && olderThanAYear >= SOME_OLD)
    found.push({
      key: 'label age',
      kind: 'label age',
      severity: olderThanAYear >= MANY_OLD ? 'warning' : 'note',
      what: `What the model learnt from grows old: ${percent(olderThanAYear)} of its ${learntFrom} outcomes were seen more than a year ago, half of them more than ${Math.round(medianAgeDays)} days.`,
      evidence: { learntFrom, medianAgeDays, olderThanAYear },
      todo: 'Have households looked at again this season, some of them chosen by chance.',
    })
  if (twice >= CHURN_HOUSEHOLDS && changed / twice >= SOME_CHURN)
    found.push({
      key: 'churn',
      kind: 'churn',
      severity: 'note',
      what: `Of ${twice} households that were verified again a season or more later, ${percent(changed / twice)} had changed.`,
      evidence: { twice, changed },
      todo: 'Read each score as a picture of its day. Verify again before a decision that rests on an interview older than a season; no model can tell what has not happened yet.',
    })
  return found
}

/** WF1 */
function tooFew(
  { drift: { hasPlan, regions, devices }, calibration: places, performance: { outcomes, atPromotion } }: WatchFigures,
  limits: WatchLimits,
): WeighedFinding[] {
  const say = (about: string, what: string, todo: string, evidence: WeighedFinding['evidence']): WeighedFinding => ({
    key: `too few ${about}`,
    kind: 'too few',
    severity: 'info',
    what,
    evidence,
    todo,
  })
  const all = regions.find(({ region }) => region === null)
  const few = places.filter(({ verdict }) => verdict === 'too few')
  return [
    ...(hasPlan
      ? (all?.rows ?? 0) < DRIFT_ROWS
        ? [
            say(
              'drift',
              `Too few to say whether answers changed: ${all?.rows ?? 0} interviews of ${devices} devices were counted in eight weeks, ${DRIFT_ROWS} are the least.`,
              'Nothing; it is looked at again each hour.',
              { interviews: all?.rows ?? 0, devices },
            ),
          ]
        : []
      : [
          say(
            'drift',
            'Whether answers changed cannot be told: the model in force learnt from no rows that they could be held against.',
            'Nothing; the first model that is trained brings its own counts.',
            {},
          ),
        ]),
    ...(places.length === few.length
      ? [
          say(
            'calibration',
            `Too few to say whether its percentages are right: no region has ${limits.calibration} verified households that this model had scored.`,
            'Keep verifying, and let chance choose some of the households.',
            { outcomes: places.reduce((sum, one) => sum + one.outcomes, 0) },
          ),
        ]
      : []),
    ...(outcomes < limits.performance && atPromotion !== null
      ? [
          say(
            'performance',
            `Too few to say whether it has become worse: ${outcomes} outcomes of households that it had scored, ${limits.performance} are the least.`,
            'Keep verifying, and let chance choose some of the households.',
            { outcomes },
          ),
        ]
      : []),
  ]
}

/** What stands above all findings: the gravest, and how many more there are. */
export function summarise(findings: readonly Pick<WeighedFinding, 'kind' | 'severity' | 'what'>[]): string {
  const [first, ...others] = findings.filter(({ severity }) => isAlerting(severity))
  if (first !== undefined)
    return `${first.what.split(/(?<=\.) /)[0]}${others.length === 0 ? '' : others.length === 1 ? ' One more thing needs somebody.' : ` ${others.length} more things need somebody.`}`
  return findings.some(({ kind }) => kind === 'too few')
    ? 'Nothing is known to be wrong; of some things there is too little to say.'
    : 'Nothing has changed that matters: answers, scores and outcomes are as they were when the model was promoted.'
}

const CHURN_HOUSEHOLDS = 30
const SOME_CHURN = 0.25
const MUCH_CHURN = 0.3
const SOME_OLD = 0.25
const MANY_OLD = 0.5
const MANY_UNSCORED = 0.05
const MOST_NAMED = 3

const sumOf = (counts: readonly number[]): number => counts.reduce((a, b) => a + b, 0)
/** Each bin by its middle. */
const meanOf = (bins: readonly number[]): number =>
  bins.reduce((sum, n, bin) => sum + n * ((bin + 0.5) / bins.length), 0) / Math.max(1, sumOf(bins))
const decimals = (value: number): string => value.toFixed(3)
const percent = (share: number): string => `${Math.round(100 * share)} %`
const inWords = (name: string): string => name.replaceAll('_', ' ')
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
const placeOf = (region: string): string =>
  region === '' ? 'interviews without a region' : region === '*' ? 'the other regions' : inWords(region)
