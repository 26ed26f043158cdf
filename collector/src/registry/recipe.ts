/**
 * A recipe: what a model is for and how it is made, as data (`models/<name>/recipe.yaml`).
 *
 * Laws, tested in `recipe.test.ts`:
 *   C1 an error names its line and its field    C2 a key that nobody knows is an error, never ignored
 *   C3 what is left out has the default that this file states
 *
 * Not here: what the form asks (model-inputs.ts), and what a run does with it (retrain).
 *
 * Why YAML and not code: the person who owns the thresholds is a programme manager.
 */
import { err, fault, ok, type FaultOf, type Result } from '@murram/ground'
import { LineCounter, parseDocument } from 'yaml'
import { z } from 'zod'
import { isCron } from './cron.ts'

const share = z.number().gt(0).lt(1)
const FormName = z.string().regex(/^[^\s/]{1,249}$/, 'is not a form id')
const InputKind = z.enum(['category', 'number', 'text'])

/**
 * Points are logits: added where the answer is given, or for each unit above `centre`. A number
 * outside `from` and `to` counts as the end it passed.
 */
const Points = z.union([
  z.strictObject({
    perUnit: z.number(),
    centre: z.number().default(0),
    from: z.number().optional(),
    to: z.number().optional(),
  }),
  z.record(z.string(), z.number()).refine(points => !('perUnit' in points) && !('centre' in points), {
    message: 'is either points by answer, or perUnit with centre',
  }),
])

/**
 * A question by its name; or with what it is read as; or an expression in the form language
 * (`${people} div ${rooms}`), which a device computes from the interview as the trainer does.
 */
const Feature = z.union([
  z.string().min(1),
  z.strictObject({
    name: z.string().min(1),
    kind: InputKind.optional(),
    unit: z.string().min(1).optional(),
    expression: z.string().min(1).max(2_000).optional(),
  }),
])

export const RecipeSchema = z
  .strictObject({
    name: z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, 'is not a model name (a-z, 0-9, -)'),
    form: FormName,
    outcome: z.strictObject({
      classes: z.array(z.string().min(1)).min(2).max(50),
      /** Of two classes the one whose probability is given; of several the one that reports are about. */
      positive: z.string().min(1),
      /** Days after the interview within which an outcome counts; absent: whenever it was seen. */
      horizon: z
        .strictObject({ fromDays: z.number().nonnegative(), toDays: z.number().positive() })
        .refine(({ fromDays, toDays }) => fromDays < toDays, { message: 'ends before it begins' })
        .optional(),
    }),
    features: z.union([z.literal('all'), z.array(Feature).min(1)], {
      error: 'is `all`, or a list of question names (or of {name, kind, unit})',
    }),
    exclude: z.array(z.string().min(1)).default([]),
    /** The expert's part: share of positives where nothing is known, and round points. */
    prior: z.strictObject({ baseRate: share, points: z.record(z.string(), Points).default({}) }).optional(),
    /** What may be trained; `auto` goes by the ladder and by what unseen households say. */
    learner: z.enum(['auto', 'logistic', 'gbdt', 'text']).default('auto'),
    /** Questions by whose answers a candidate is judged apart, beside all households together. */
    subgroups: z.array(z.string().min(1)).default([]),
    /** The question whose answer is the region: drift and calibration are told apart by it. */
    region: z.string().min(1).max(249).optional(),
    /** What a candidate must reach whatever the champion does. */
    floor: z.strictObject({ accuracy: share.optional(), auc: share.optional() }).default({}),
    holdout: z.strictObject({ ratio: share }).default({ ratio: 0.25 }),
    /** What starts a run, beside a person. */
    triggers: z
      .strictObject({
        newOutcomes: z.number().int().positive().default(50),
        /** The champion is worse on so many outcomes that chance chose than it was when it was promoted. */
        degradation: z
          .union([z.literal('off'), z.strictObject({ atLeast: z.number().int().positive().default(50) })], {
            error: 'is `off`, or { atLeast } outcomes of the audit share',
          })
          .prefault({}),
        /** Where it says too much or too little, by the answers to one question. */
        calibration: z
          .strictObject({
            question: z.string().min(1),
            atLeast: z.number().int().positive().default(100),
            offBy: share.default(0.05),
          })
          .optional(),
        /** Both look again only once so many outcomes have come since the last run: the same rows make the same model. */
        freshAtLeast: z.number().int().positive().default(10),
        schedule: z
          .string()
          .refine(isCron, 'is no cron expression of five fields (minute hour day month weekday, in UTC)')
          .optional(),
        /** Rest between runs that no person asked for. */
        hoursBetween: z.number().nonnegative().default(24),
      })
      .prefault({}),
    ladder: z
      .strictObject({ logisticFrom: z.number().int().positive(), treesFrom: z.number().int().positive() })
      .default({ logisticFrom: 200, treesFrom: 1000 }),
    gate: z
      .strictObject({
        minHoldout: z.number().int().positive().default(200),
        maxAucDrop: z.number().nonnegative().default(0.01),
        calibrationSlope: z.tuple([z.number(), z.number()]).default([0.8, 1.25]),
        bootstrapLowerBound: z.number().default(-0.005),
        maxBundleBytes: z.number().int().positive().default(1_000_000),
        maxP99Ms: z.number().positive().default(20),
        /** By so much log-loss no subgroup may be worse off, beyond what chance explains. */
        maxSubgroupLoss: z.number().nonnegative().default(0.02),
        /** From so many households that were drawn at random they are judged by themselves too. */
        minAudit: z.number().int().positive().default(50),
        /** How far the mean probability of a hundred households or more may be from what turned out. */
        maxMiscalibration: share.default(0.05),
        /** Missed positives of the worst subgroup against those of all. */
        maxExclusionRatio: z.number().min(1).default(1.25),
        /** Share of households whose class may change without a person; a hand-set prior may be changed more. */
        maxFlips: z.number().min(0).max(1).default(0.1),
        maxFlipsFromPrior: z.number().min(0).max(1).default(1),
        /** Probability that a year holds a false promotion. */
        errorBudget: z.number().gt(0).max(0.5).default(0.05),
      })
      .prefault({}),
    threshold: share.default(0.5),
    /** Through which rings a release goes, one after the other; after the last of them all have it. */
    rings: z.array(z.number().int().nonnegative()).min(1).default([0, 1, 2, 3]),
    rollout: z
      .strictObject({
        /** Of all devices, up to which share ring 1, ring 2 … reach. */
        shares: z.array(z.number().gt(0).lte(1)).min(1).max(20).default([0.1, 0.5, 1]),
        /** What a ring must bring before the next one is opened; all of its devices where it has fewer. */
        minScores: z.number().int().nonnegative().default(200),
        minDevices: z.number().int().positive().default(5),
        /** So many devices on which the model fails halt it, or so large a share of `minDevices` and more. */
        haltDevices: z.number().int().positive().default(2),
        haltShare: share.default(0.05),
        /** Decisions may change so much more often than the gate's report said, beyond chance. */
        flipMargin: z.number().nonnegative().lt(1).default(0.05),
        /** The share of changed decisions that is promised where no report states one. */
        flips: share.default(0.2),
      })
      .prefault({}),
    /** Visits that are made only to learn how it was; absent: none are planned. */
    followUps: z
      .strictObject({
        /** Asked on the visit; the interview's own form unless told. */
        form: FormName.optional(),
        /** Of all interviews, whatever was said of them: what is known of these holds for all. */
        auditShare: share.default(0.1),
        /** Of one officer, audits first; audits are not left out for it. */
        perWeek: z.number().int().positive().default(5),
        /** So near to the threshold it matters to know. */
        near: z.number().nonnegative().max(0.5).default(0.1),
        /** An officer is told so long before the outcome may be observed. */
        leadDays: z.number().nonnegative().default(14),
        /** What was received earlier than that when it is first looked at is left alone. */
        lookBackDays: z.number().positive().default(30),
      })
      .optional(),
  })
  .superRefine(({ outcome, ladder, gate, prior, rings, rollout: { shares } }, context) => {
    const issue = (path: (string | number)[], message: string) => context.addIssue({ code: 'custom', path, message })
    if (new Set(outcome.classes).size < outcome.classes.length)
      issue(['outcome', 'classes'], 'names the same class twice')
    if (outcome.classes.length === 2 && prior === undefined)
      issue(['prior'], 'is missing: what is said of two classes where nothing is known yet')
    if (!outcome.classes.includes(outcome.positive)) issue(['outcome', 'positive'], 'is not one of the classes')
    if (ladder.treesFrom < ladder.logisticFrom) issue(['ladder', 'treesFrom'], 'is below logisticFrom')
    if (shares.at(-1) !== 1 || shares.some((value, i) => i > 0 && value <= shares[i - 1]!))
      issue(['rollout', 'shares'], 'do not rise to 1')
    if (rings.some((ring, i) => ring > shares.length || (i > 0 && ring <= rings[i - 1]!)))
      issue(['rings'], `do not rise, or go beyond ring ${shares.length}`)
    if (gate.calibrationSlope[0] >= gate.calibrationSlope[1]) issue(['gate', 'calibrationSlope'], 'is not [low, high]')
  })

export type Recipe = z.infer<typeof RecipeSchema>

type Prior = NonNullable<Recipe['prior']>
type Point = Prior['points'][string]
type Slope = Extract<Point, { readonly centre: number; readonly to?: number | undefined }>

export const isSlope = (point: Point): point is Slope => typeof point['perUnit'] === 'number'

export const priorPoints = ({ prior }: Recipe): Prior['points'] => prior?.points ?? {}

/** Negative before positive where there are two; several as the recipe lists them. */
export const classesOf = ({ outcome: { classes, positive } }: Recipe): readonly string[] =>
  classes.length === 2 && classes[0] === positive ? classes.toReversed() : classes

/** `[negative, positive]`, for what knows two classes alone; several are a broken invariant. */
export function orderedClasses(recipe: Recipe): readonly [string, string] {
  const [negative, positive, third] = classesOf(recipe)
  if (negative === undefined || positive === undefined || third !== undefined)
    throw new Error(`${recipe.name} has ${recipe.outcome.classes.length} classes, not two`)
  return [negative, positive]
}

/** Why this collector cannot train it by itself; `null` where it can. */
export const onlyByHand = ({ outcome, features, learner }: Recipe): string | null =>
  outcome.classes.length > 2
    ? `outcome.classes: ${outcome.classes.length} classes; the collector trains two, \`murram model train --recipe\` several`
    : learner === 'text' || (features !== 'all' && features.some(one => typeof one !== 'string' && one.kind === 'text'))
      ? 'features: the collector trains no text, `murram model train --recipe` does'
      : null

/** @returns The recipe, or `recipe.invalid` whose detail names each line and field at fault. */
export function parseRecipe(text: string): Result<Recipe, FaultOf<'recipe.invalid'>> {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  if (document.errors.length > 0) {
    return invalid(document.errors.map(({ pos, message }) => `line ${lines.linePos(pos[0]).line}: ${message}`))
  }
  const parsed = RecipeSchema.safeParse(document.toJS())
  if (parsed.success) return ok(parsed.data)
  const lineOf = (path: readonly PropertyKey[]): number => {
    for (let depth = path.length; depth >= 0; depth -= 1) {
      const node = document.getIn(path.slice(0, depth), true)
      if (hasRange(node)) return lines.linePos(node.range[0]).line
    }
    return 1
  }
  return invalid(
    parsed.error.issues.map(issue => {
      const unknown = issue.code === 'unrecognized_keys' ? issue.keys[0] : undefined
      const path = unknown === undefined ? issue.path : [...issue.path, unknown]
      const field = path.map(String).join('.') || 'recipe'
      return `line ${lineOf(path)}: ${field} ${unknown === undefined ? issue.message : 'is not a key that is known'}`
    }),
  )
}

const invalid = (lines: readonly string[]) => err(fault('recipe.invalid', lines.join('; '), { lines }))

const hasRange = (node: unknown): node is { range: readonly [number, number, number] } =>
  typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range)
