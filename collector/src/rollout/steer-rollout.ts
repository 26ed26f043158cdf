/**
 * A release on its way: looked at when devices have said something, and steered by people.
 *
 *   evidence  advancing ──► the next ring … complete      or halted, with the reason in words
 *   a person  halted ──► as it was before; a ring opened by hand; a challenger; who is of the staff
 *
 * ST1 whatever is decided, is decided on the order that is in force when it is written
 * ST2 a halt stops what goes out and takes nothing away; only a rollback does
 * ST3 what a person resumes is not halted again by what they have seen
 *
 * Not here: the policy (advance-policy.ts), orders (give-order.ts), rollbacks (release-candidate.ts).
 */
import { err, fault, ok, type Fault, type Result } from '@murram/ground'
import { inTransaction, type ReadDb, type WriteDb } from '../db/handles.ts'
import type { HouseDeps } from '../main/room.ts'
import { findCandidate, findModel, lockModel, type ModelRow } from '../registry/registry-repo.ts'
import { decideAdvance, nextOpening, type Decision, type PastTheGate, type RingEvidence } from './advance-policy.ts'
import { evidenceOf, judgedPairs, promisedOf } from './evidence-repo.ts'
import { giveOrder, type OrderToGive } from './give-order.ts'
import {
  activeDevices,
  advancingModels,
  listStaff,
  newestComplete,
  orderInForce,
  ordersOf,
  putStaff,
  type OrderRow,
} from './order-repo.ts'
import { makeChallenger } from './release-candidate.ts'
import { findRelease, type ReleaseRow } from './release-repo.ts'
import { judgeShadow, type ShadowVerdict } from './shadow-verdict.ts'

/** A person, and why. */
export interface SaidBy {
  readonly who: string
  readonly reason: string
}

export interface RolloutView {
  readonly order: OrderRow
  /** `null`: it is not on its way, so nothing is counted. */
  readonly evidence: RingEvidence | null
  readonly decision: Decision | null
  readonly history: readonly OrderRow[]
}

export interface ChallengerView extends ShadowVerdict {
  readonly releaseId: string
  readonly candidateId: string | null
  /** A release outside its rings, or one that a person named. */
  readonly kind: 'release' | 'named'
}

export interface RolloutDoor {
  find(modelName: string): Promise<Result<RolloutView, Fault>>
  halt(modelName: string, by: SaidBy): Promise<Result<OrderRow, Fault>>
  resume(modelName: string, by: SaidBy): Promise<Result<OrderRow, Fault>>
  /** The next ring, whatever is known by now. */
  advance(modelName: string, by: SaidBy): Promise<Result<OrderRow, Fault>>
  /** `null`: none any more. */
  challenge(modelName: string, candidateId: string | null, by: SaidBy): Promise<Result<OrderRow, Fault>>
  challengers(modelName: string): Promise<Result<readonly ChallengerView[], Fault>>
  staff(): Promise<readonly string[]>
  setStaff(deviceIds: readonly string[], who: string): Promise<void>
}

export interface Steering extends RolloutDoor {
  /** Looks at every release that is on its way. */
  evaluate(): Promise<void>
}

type Chosen = Omit<OrderToGive, 'release' | 'shares'>

export function createSteering(house: HouseDeps): Steering {
  const { read, write, feed, live, log, now } = house

  const announce = (row: OrderRow): void => {
    const { modelName, releaseId, state, openRing, who, reason } = row
    feed.ring()
    live.publish({ kind: 'rollout', modelName, releaseId, state, openRing, who, reason })
    log[state === 'halted' ? 'warn' : 'info']({ modelName, releaseId, openRing, state, who, reason }, 'a rollout')
  }

  /** ST1. `null`: nothing is to be done after all. */
  const order = async (
    modelName: string,
    choose: (tx: WriteDb, model: ModelRow, inForce: OrderRow) => Promise<Result<Chosen | null, Fault>>,
  ): Promise<Result<OrderRow, Fault>> => {
    const given = await inTransaction(write, async tx => {
      const model = await lockModel(tx, modelName)
      const inForce = model === undefined ? undefined : await begun(house, tx, model)
      if (model === undefined || inForce === undefined) return err(fault('http.not-found', `a release of ${modelName}`))
      const chosen = await choose(tx, model, inForce)
      if (!chosen.ok) return chosen
      if (chosen.value === null) return ok({ row: inForce, fresh: false })
      const { releaseId, signed } = inForce
      const release = { modelName, releaseId, counter: signed.body.counter }
      const row = await giveOrder(house, tx, { release, shares: model.recipe.rollout.shares, ...chosen.value })
      return ok({ row, fresh: true })
    })
    if (!given.ok) return given
    if (given.value.fresh) announce(given.value.row)
    return ok(given.value.row)
  }

  const look = async (modelName: string): Promise<void> => {
    const seen = await orderInForce(read, modelName)
    const model = await findModel(read, modelName)
    if (seen === undefined || model === undefined || seen.state !== 'advancing') return
    const decision = await decide(read, model, seen, await gather(read, model, seen))
    if (decision.do === 'wait') return
    await order(modelName, async (tx, { recipe }, inForce) => {
      if (inForce.orderNumber !== seen.orderNumber) return ok(null) // ST1
      const { openRing } = inForce
      const by = { who: 'evidence', reason: decision.why }
      if (decision.do === 'halt') return ok({ openRing, state: 'halted', ...by })
      const fleet = { modelName, staff: await listStaff(tx), deviceIds: await activeDevices(tx) }
      return ok({ ...nextOpening({ rings: recipe.rings, ...recipe.rollout }, fleet, openRing), ...by })
    })
  }

  return {
    evaluate: async () => {
      for (const modelName of await advancingModels(read)) await look(modelName)
    },
    find: async modelName => {
      const inForce = await orderInForce(read, modelName)
      const model = await findModel(read, modelName)
      if (inForce === undefined || model === undefined) return err(fault('http.not-found', `a rollout of ${modelName}`))
      const isMoving = inForce.state !== 'complete'
      const evidence = isMoving ? await gather(read, model, inForce) : null
      const decision =
        evidence === null || inForce.state === 'halted' ? null : await decide(read, model, inForce, evidence)
      return ok({ order: inForce, evidence, decision, history: await ordersOf(read, modelName) })
    },
    halt: (modelName, by) =>
      order(modelName, async (_tx, _model, { openRing, state }) =>
        state === 'halted'
          ? err(fault('rollout.not-now', 'it is halted already'))
          : ok({ openRing, state: 'halted', ...by }),
      ),
    resume: (modelName, by) =>
      order(modelName, async (tx, model, inForce) => {
        if (inForce.state !== 'halted') return err(fault('rollout.not-now', 'it is not halted'))
        const { openRing } = inForce
        const evidence = await gather(tx, model, inForce)
        const accepted = {
          devices: evidence.failures.map(({ deviceId }) => deviceId),
          unscored: true,
          flips: true,
          judged: evidence.judged === 'worse' || inForce.accepted.judged,
        } // ST3
        const state = openRing >= model.recipe.rollout.shares.length ? 'complete' : 'advancing'
        return ok({ openRing, state, accepted, ...by })
      }),
    advance: (modelName, by) =>
      order(modelName, async (tx, { recipe }, { openRing, state }) => {
        if (state !== 'advancing') return err(fault('rollout.not-now', `it is ${state}`))
        const fleet = { modelName, staff: await listStaff(tx), deviceIds: await activeDevices(tx) }
        return ok({ ...nextOpening({ rings: recipe.rings, ...recipe.rollout }, fleet, openRing), ...by })
      }),
    challenge: (modelName, candidateId, by) =>
      order(modelName, async (tx, { recipe, championId }, { openRing, state }) => {
        if (candidateId === championId)
          return err(fault('rollout.not-now', 'it is in force: there is nothing to compare'))
        if (candidateId === null) return ok({ openRing, state, challenger: null, ...by })
        const found = await findCandidate(tx, candidateId)
        if (found?.candidate.modelName !== modelName) return err(fault('http.not-found', `candidate ${candidateId}`))
        return ok({
          openRing,
          state,
          challenger: await makeChallenger(house, tx, { candidate: found.candidate, recipe }),
          ...by,
        })
      }),
    challengers: async modelName => {
      const model = await findModel(read, modelName)
      if (model === undefined) return err(fault('http.not-found', `model ${modelName}`))
      const seen = await shadowsOf(read, modelName)
      return ok(
        await Promise.all(
          seen.map(async shadow => ({
            ...shadow,
            ...judgeShadow(
              await judgedPairs(read, {
                formId: model.formId,
                releaseId: shadow.releaseId,
                positive: model.recipe.outcome.positive,
                horizon: model.recipe.outcome.horizon,
              }),
            ),
          })),
        ),
      )
    },
    staff: () => listStaff(read),
    setStaff: async (deviceIds, who) => {
      await inTransaction(write, tx => putStaff(tx, deviceIds, { who, atMs: now() }))
      // What is on its way is told again, with the staff as it is now.
      for (const modelName of await advancingModels(read))
        await order(modelName, async (_tx, _model, { openRing, state }) =>
          ok({ openRing, state, who, reason: `${deviceIds.length} devices are of the staff` }),
        )
    },
  }
}

async function decide(db: ReadDb, { recipe }: ModelRow, order: OrderRow, evidence: RingEvidence): Promise<Decision> {
  const { rollout, rings } = recipe
  return decideAdvance({ ...rollout, rings }, evidence, order.accepted, await pastTheGate(db, order.releaseId))
}

/** AP6 of the policy. Judged again and passed, a candidate needs nobody who answers for it. */
async function pastTheGate(db: ReadDb, releaseId: string): Promise<PastTheGate | null> {
  const release = await findRelease(db, releaseId)
  const candidate = release === undefined ? undefined : await findCandidate(db, release.candidateId)
  const { approval, report } = candidate ?? { approval: null, report: null }
  // What was made elsewhere has no report: no gate has judged it.
  return approval !== null && report?.verdict !== 'promote' ? { by: approval.by } : null
}

/** The order in force; for a release of before there were orders, as all of them were: out everywhere. */
async function begun(house: HouseDeps, tx: WriteDb, model: ModelRow): Promise<OrderRow | undefined> {
  const { modelName, recipe } = model
  const inForce = await orderInForce(tx, modelName)
  if (inForce !== undefined) return inForce
  const release = await newestComplete(tx, modelName)
  if (release === undefined) return undefined
  const { shares } = recipe.rollout
  const openRing = shares.length
  return giveOrder(house, tx, {
    release,
    shares,
    openRing,
    state: 'complete',
    who: 'the gate',
    reason: 'out everywhere',
  })
}

async function gather(db: ReadDb, model: ModelRow, order: OrderRow): Promise<RingEvidence> {
  const { modelName, formId, recipe } = model
  const release = await findRelease(db, order.releaseId)
  const before = (await ordersOf(db, modelName)).filter(
    ({ releaseId, openRing }) => releaseId === order.releaseId && openRing < order.openRing,
  )
  return evidenceOf(db, {
    order,
    formId,
    positive: recipe.outcome.positive,
    horizon: recipe.outcome.horizon,
    promisedFlips: await promisedFlips(db, model, release),
    ringBefore: Math.max(-1, ...before.map(({ openRing }) => openRing)),
    against: (await newestComplete(db, modelName))?.releaseId ?? null,
  })
}

async function promisedFlips(
  db: ReadDb,
  { recipe }: ModelRow,
  release: ReleaseRow | undefined,
): Promise<number | null> {
  if (release === undefined || release.reason !== 'promotion') return null
  const candidate = await findCandidate(db, release.candidateId)
  return promisedOf(candidate?.report ?? null) ?? recipe.rollout.flips
}

/** Whatever devices were asked to score in shadow, the newest first. */
async function shadowsOf(
  db: ReadDb,
  modelName: string,
): Promise<readonly Pick<ChallengerView, 'releaseId' | 'candidateId' | 'kind'>[]> {
  const shadows = new Map<string, Pick<ChallengerView, 'releaseId' | 'candidateId' | 'kind'>>()
  for (const { releaseId, state, challenger } of await ordersOf(db, modelName)) {
    if (state === 'advancing' && !shadows.has(releaseId)) {
      const release = await findRelease(db, releaseId)
      shadows.set(releaseId, { releaseId, candidateId: release?.candidateId ?? null, kind: 'release' })
    }
    if (challenger === null) continue
    const { candidateId, signed } = challenger
    shadows.set(signed.body.releaseId, { releaseId: signed.body.releaseId, candidateId, kind: 'named' })
  }
  return [...shadows.values()]
}
