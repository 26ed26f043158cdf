/**
 * Planning: draws every interview that was not drawn yet, once; ends what is over; sends what is due.
 *
 * Laws, tested in `follow-ups.test.ts`:
 *   FP1 planning twice plans nothing twice, and no correction is drawn again
 *   FP2 of interviews with an outcome the audit share is known as well, and nobody is sent
 *   FP3 an officer is sent no more decisions a week than the recipe allows; audits come first
 *   FP4 dry is what would be, and changes nothing
 *
 * Several collectors may plan at once: one does, the others find it done.
 */
import { err, fault, ok, type FaultOf, type InstanceId, type Result } from '@murram/ground'
import { sha256 } from '@murram/seal'
import { inTransaction, type ReadDb, type WriteDb } from '../db/handles.ts'
import type { Recipe } from '../registry/recipe.ts'
import { chooseFollowUps, type Chance } from './choose.ts'
import {
  addDrawn,
  endFollowUps,
  markSent,
  sendable,
  sentSince,
  settleFollowUps,
  spentSince,
  type DrawnChance,
  type NewFollowUp,
} from './follow-up-repo.ts'
import { undrawnInterviews, type Interview } from './interviews-repo.ts'

export interface Planned {
  /** Interviews that were looked at for the first time. */
  readonly drawn: number
  readonly audits: number
  readonly decisions: number
  /** Chosen, and nobody needs to go: the outcome was here, or its time is over. */
  readonly notNeeded: number
  /** Told to their officers now. */
  readonly sent: number
  readonly done: number
  readonly expired: number
}

export interface PlanDeps {
  readonly read: ReadDb
  readonly write: WriteDb
  readonly now: () => number
  /** What the draws hang on beside the interview: the project. */
  readonly salt: string
  readonly modelOf: (modelName: string) => Promise<{ readonly formId: string; readonly recipe: Recipe } | undefined>
  /** Puts the present state of these into the feed. */
  readonly tell: (tx: WriteDb, followUpIds: readonly string[]) => Promise<void>
}

export type PlanFaults = FaultOf<'http.not-found'> | FaultOf<'follow-ups.not-in-recipe'> | FaultOf<'house.recovering'>
export type PlanFollowUps = (request: {
  readonly modelName: string
  readonly dryRun: boolean
}) => Promise<Result<Planned, PlanFaults>>

const DAY_MS = 86_400_000
const WEEK_MS = 7 * DAY_MS

type Rules = NonNullable<Recipe['followUps']>
interface Model {
  readonly modelName: string
  readonly formId: string
  readonly recipe: Recipe
  readonly rules: Rules
}

export interface Planner {
  readonly plan: PlanFollowUps
  /**
   * Draws what was not drawn yet, and sends nobody. Whoever is about to store outcomes does it first: by
   * their coming nothing may change of how an interview was chosen.
   */
  readonly draw: (model: Pick<Model, 'modelName' | 'formId' | 'recipe'>, known: readonly InstanceId[]) => Promise<void>
}

export function createPlanner(deps: PlanDeps): Planner {
  return {
    plan: async ({ modelName, dryRun }) => {
      const found = await deps.modelOf(modelName)
      if (found === undefined) return err(fault('http.not-found', `model ${modelName}`))
      const rules = found.recipe.followUps
      if (rules === undefined) return err(fault('follow-ups.not-in-recipe', modelName))
      const model = { modelName, ...found, rules }
      if (dryRun) {
        const { chances, chosen } = await drawAll(deps, deps.read, model)
        return ok({ ...counted(chances, chosen), sent: 0, done: 0, expired: 0 })
      }
      return ok(await inTransaction(deps.write, tx => plan(deps, tx, model)))
    },
    draw: async (model, known) => {
      const rules = model.recipe.followUps
      if (rules === undefined) return
      await inTransaction(deps.write, async tx => {
        const { chances, chosen } = await drawAll(deps, tx, { ...model, rules }, known)
        await addDrawn(tx, chances, chosen)
      })
    },
  }
}

async function plan(deps: PlanDeps, tx: WriteDb, model: Model): Promise<Planned> {
  const { now, tell } = deps
  const { modelName, rules } = model
  const nowMs = now()
  const { chances, chosen } = await drawAll(deps, tx, model)
  await addDrawn(tx, chances, chosen)
  const done = await settleFollowUps(tx, nowMs)
  const expired = await endFollowUps(
    tx,
    { dueBeforeMs: nowMs, modelName },
    { state: 'expired', atMs: nowMs, reason: null },
  )
  const sent = await whomToSend(tx, { modelName, rules, nowMs })
  await markSent(tx, sent, nowMs)
  await tell(tx, [...done, ...expired, ...sent])
  return { ...counted(chances, chosen), sent: sent.length, done: done.length, expired: expired.length }
}

/** FP3. The earlier in the list, the sooner sent. */
async function whomToSend(
  db: ReadDb,
  { modelName, rules, nowMs }: { readonly modelName: string; readonly rules: Rules; readonly nowMs: number },
): Promise<readonly string[]> {
  const sent = new Map(await sentSince(db, modelName, nowMs - WEEK_MS))
  const waiting = await sendable(db, modelName, nowMs + rules.leadDays * DAY_MS)
  return waiting.flatMap(({ followUpId, officer, selection }) => {
    const before = sent.get(officer) ?? 0
    if (selection === 'decision' && before >= rules.perWeek) return []
    sent.set(officer, before + 1)
    return [followUpId]
  })
}

interface Drawn {
  readonly chances: readonly DrawnChance[]
  readonly chosen: readonly NewFollowUp[]
}

/** All at once: the chance of a decision hangs on how many there are. */
async function drawAll(
  { now, salt }: PlanDeps,
  db: ReadDb,
  model: Model,
  known: readonly InstanceId[] = [],
): Promise<Drawn> {
  const { modelName, formId, recipe, rules } = model
  const nowMs = now()
  const receivedFromMs = nowMs - rules.lookBackDays * DAY_MS
  const interviews = await undrawnInterviews(db, { formId, receivedFromMs, known })
  const spent = await spentSince(db, modelName, nowMs - WEEK_MS)
  const drawn = chooseFollowUps(
    interviews.map(one => ({ ...one, known: one.known || isOver(windowOf(one, recipe), nowMs) })),
    { salt, threshold: recipe.threshold, rules, spent },
  )
  const byId = new Map(interviews.map(one => [one.instanceId as string, one]))
  const chances = drawn.map((chance): DrawnChance => {
    const { officer, known: knownBefore } = byId.get(chance.instanceId)!
    return { ...chance, modelName, officer, knownBefore, drawnAtMs: nowMs }
  })
  const chosen = drawn.flatMap((chance): NewFollowUp[] => {
    const interview = byId.get(chance.instanceId)!
    return chance.selection === null
      ? []
      : [toFollowUp({ ...chance, selection: chance.selection }, interview, model, nowMs)]
  })
  return { chances, chosen }
}

interface Window {
  readonly dueFromMs: number | null
  readonly dueToMs: number | null
}

/** When an outcome may be observed. */
function windowOf({ capturedAtMs }: Interview, { outcome }: Recipe): Window {
  const { horizon } = outcome
  return horizon === undefined
    ? { dueFromMs: null, dueToMs: null }
    : { dueFromMs: capturedAtMs + horizon.fromDays * DAY_MS, dueToMs: capturedAtMs + horizon.toDays * DAY_MS }
}

const isOver = ({ dueToMs }: Window, nowMs: number): boolean => dueToMs !== null && dueToMs < nowMs

function toFollowUp(
  { instanceId, selection, probability }: Chance & { readonly selection: NonNullable<Chance['selection']> },
  interview: Interview,
  { modelName, formId, recipe, rules }: Model,
  nowMs: number,
): NewFollowUp {
  const window = windowOf(interview, recipe)
  const end = interview.known ? 'done' : isOver(window, nowMs) ? 'expired' : null // FP2
  return {
    // The same one wherever it is planned.
    followUpId: sha256(`follow-up:${modelName}:${instanceId}`).slice(0, 32),
    instanceId,
    entityId: interview.entityId,
    modelName,
    formId: rules.form ?? formId,
    selection,
    probability,
    officer: interview.officer,
    plannedAtMs: nowMs,
    ...window,
    state: end ?? 'proposed',
    endedAtMs: end === null ? null : nowMs,
    doneBy: end === 'done' ? 'outcome' : null,
  }
}

function counted(chances: readonly DrawnChance[], chosen: readonly NewFollowUp[]) {
  const of = (selection: Chance['selection']) => chances.filter(one => one.selection === selection).length
  return {
    drawn: chances.length,
    audits: of('audit'),
    decisions: of('decision'),
    notNeeded: chosen.filter(({ state }) => state !== 'proposed').length,
  }
}
