/**
 * An order on how far a release goes out: signed by the release key, kept, and told in the feed.
 *
 *   `rollout`   devices of version 3: the order, its release, a challenger
 *   `release`   everybody: the newest release that has reached all rings and is not halted
 *
 * OG1 the number of an order rises with each one on its model, over restores too
 * OG2 the order and both rows of the feed are one transaction
 * OG3 told again, nothing changes
 *
 * Not here: when one is given (advance-policy.ts, or a person).
 */
import { ROLLOUT_PURPOSE, type RolloutOrder } from '@murram/score'
import { signDocument } from '@murram/seal'
import type { ProjectKeys } from '../config/project-keys.ts'
import type { WriteDb } from '../db/handles.ts'
import type { Feed } from '../feed/feed.ts'
import { NOTHING_ACCEPTED, type Accepted } from './advance-policy.ts'
import {
  appendOrder,
  lastSeq,
  listStaff,
  newestComplete,
  orderInForce,
  releaseInFeed,
  type OrderRow,
} from './order-repo.ts'
import { findRelease, type ReleaseRow } from './release-repo.ts'
import type { Challenger } from './tables.ts'

export interface OrderDeps {
  readonly keys: Pick<ProjectKeys, 'projectId' | 'release' | 'releaseCertificate'>
  readonly feed: Pick<Feed, 'append'>
  readonly now: () => number
}

export interface OrderToGive {
  readonly release: Pick<ReleaseRow, 'modelName' | 'releaseId' | 'counter'>
  readonly shares: readonly number[]
  readonly openRing: number
  readonly state: RolloutOrder['state']
  readonly who: string
  readonly reason: string
  readonly accepted?: Accepted
  /** `undefined`: as it was. */
  readonly challenger?: Challenger | null
}

/** The caller holds the model's row (`lockModel`), and rings after commit. */
export async function giveOrder(deps: OrderDeps, tx: WriteDb, order: OrderToGive): Promise<OrderRow> {
  const { release, shares, openRing, state, who, reason } = order
  const { modelName, releaseId, counter } = release
  const nowMs = deps.now()
  const before = await orderInForce(tx, modelName)
  const isSame = before?.releaseId === releaseId
  const isSameRing = isSame && before.openRing === openRing
  const challenger = order.challenger === undefined ? (before?.challenger ?? null) : order.challenger
  const orderNumber = Math.max((before?.orderNumber ?? 0) + 1, Math.floor(nowMs / 1000)) // OG1
  const told = challenger?.signed.body
  const body: RolloutOrder = {
    projectId: deps.keys.projectId,
    modelName,
    releaseId,
    counter,
    orderNumber,
    openRing,
    shares: [...shares],
    staff: [...(await listStaff(tx))],
    state,
    challenger: told === undefined ? null : { releaseId: told.releaseId, counter: told.counter },
    atMs: nowMs,
  }
  const row: OrderRow = {
    modelName,
    orderNumber,
    releaseId,
    openRing,
    state,
    who,
    reason,
    accepted: order.accepted ?? (isSame ? before.accepted : NOTHING_ACCEPTED),
    // A ring is judged by what came since it was opened.
    fromSeq: isSameRing ? before.fromSeq : await lastSeq(tx),
    signed: signDocument(deps.keys.release, ROLLOUT_PURPOSE, body),
    chain: deps.keys.releaseCertificate,
    challenger,
    atMs: nowMs,
  }
  await appendOrder(tx, row)
  await tellRollout(deps, tx, modelName)
  return row
}

/** Both rows of the feed as the orders say. OG3 */
export async function tellRollout({ feed }: Pick<OrderDeps, 'feed'>, tx: WriteDb, modelName: string): Promise<void> {
  const order = await orderInForce(tx, modelName)
  const release = order === undefined ? undefined : await findRelease(tx, order.releaseId)
  if (order !== undefined && release !== undefined) {
    const { signed, chain, challenger } = order
    const body = {
      order: signed,
      chain,
      release: { signed: release.signed, chain: release.chain },
      ...(challenger === null ? {} : { challenger: { signed: challenger.signed, chain: challenger.chain } }),
    }
    await feed.append(tx, [{ kind: 'rollout', key: modelName, body }])
  }
  const complete = await newestComplete(tx, modelName)
  if ((await releaseInFeed(tx, modelName)) === complete?.releaseId) return
  const body = complete === undefined ? null : { signed: complete.signed, chain: complete.chain }
  await feed.append(tx, [{ kind: 'release', key: modelName, body }])
}
