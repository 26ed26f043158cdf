/**
 * The freshness statement: what is in force in a project, said anew each day by a key that stays
 * online. It keeps whoever stands between a device and the centre from showing yesterday for
 * ever, or an older release than the others have.
 *
 * Laws, in `freshness.test.ts`:
 *   Y1 a statement counts under the root document that it names, and under no other
 *   Y2 none that is older than one that was heard, none that has expired
 *   Y3 a release below the one that is stated is not installed from the line
 *   Y4 an order that is stated and has not come keeps every release of its model out, from the line
 *      and from a stick, and its number never goes down under the same key
 *
 * It comes over the line alone: a stick cannot be fresh, and rests on counter, root, age, and the orders of
 * which the line has spoken. Scoring never waits for it.
 */
import { err, fault, ok, ProjectIdSchema, type FaultOf, type Result } from '@murram/ground'
import type { Signed } from '@murram/seal'
import { z } from 'zod'
import type { Manifest } from './manifest.ts'
import { verifyByRole, type RootDocument } from './root-document.ts'

export const FRESHNESS_PURPOSE = 'freshness'

const DAY_MS = 86_400_000
/** Of a statement, unless told. */
export const FRESH_MS = 7 * DAY_MS
/** Whatever a stolen key writes: no statement is good for longer. */
const LONGEST_MS = 31 * DAY_MS
const MOST_MODELS = 1_000

export interface StatedRelease {
  readonly releaseId: string
  readonly counter: number
}

/** The newest order on how far a release of a model goes out. */
export interface StatedOrder extends StatedRelease {
  readonly orderNumber: number
  readonly state: 'advancing' | 'halted' | 'complete'
}

export interface FreshnessStatement {
  readonly format: 1
  readonly projectId: string
  readonly rootVersion: number
  /** By model: what has reached every ring, so that nobody is offered less. */
  readonly releases: Readonly<Record<string, StatedRelease>>
  /** By model: so that nobody can keep back a halt and hand out what is fresh. */
  readonly orders: Readonly<Record<string, StatedOrder>>
  readonly issuedAtMs: number
  readonly expiresAtMs: number
}

const count = z.number().int().nonnegative()
const release = { releaseId: z.string().min(1).max(249), counter: count }
const byModel = <T>(stated: z.ZodType<T>) =>
  z
    .record(z.string().min(1).max(249), stated)
    .refine(models => Object.keys(models).length <= MOST_MODELS, 'too many models')

export const FreshnessStatementSchema: z.ZodType<FreshnessStatement> = z
  .strictObject({
    format: z.literal(1),
    projectId: ProjectIdSchema,
    rootVersion: count.positive(),
    releases: byModel(z.strictObject(release)),
    orders: byModel(
      z.strictObject({
        ...release,
        orderNumber: count.positive(),
        state: z.enum(['advancing', 'halted', 'complete']),
      }),
    ),
    issuedAtMs: count,
    expiresAtMs: count,
  })
  .refine(({ issuedAtMs, expiresAtMs }) => expiresAtMs - issuedAtMs <= LONGEST_MS, 'is good for too long')

export const SignedFreshnessSchema: z.ZodType<Signed<FreshnessStatement>> = z.strictObject({
  body: FreshnessStatementSchema,
  keyId: z.string().max(64),
  signature: z.string().max(128),
})

export type FreshnessFault = FaultOf<'freshness.missing' | 'freshness.refused' | 'bundle.withheld'>

const refused = (why: string): Result<never, FaultOf<'freshness.refused'>> => err(fault('freshness.refused', why))

/**
 * Y1 Y2
 * @param heard.issuedAtMs Of the newest statement of the same key that was heard; 0 for none.
 */
export function verifyFreshness(
  root: RootDocument,
  signed: unknown,
  heard: { readonly keyId: string; readonly issuedAtMs: number } | null,
): Result<Signed<FreshnessStatement>, FaultOf<'freshness.refused'>> {
  const parsed = SignedFreshnessSchema.safeParse(signed)
  if (!parsed.success) return refused(z.prettifyError(parsed.error))
  const { projectId, rootVersion, issuedAtMs } = parsed.data.body
  const verified = verifyByRole(root, 'freshness', FRESHNESS_PURPOSE, parsed.data)
  if (!verified.ok) return refused(verified.error.detail ?? 'signature')
  if (projectId !== root.projectId) return refused(`it is of the project ${projectId}`)
  if (rootVersion !== root.version) return refused(`it names root document ${rootVersion}, here is ${root.version}`)
  // A new key begins anew: what a stolen one wrote far ahead must not outlive it.
  if (heard?.keyId === parsed.data.keyId && issuedAtMs < heard.issuedAtMs)
    return refused(`it is of ${iso(issuedAtMs)}, one of ${iso(heard.issuedAtMs)} was heard already`)
  return ok(parsed.data)
}

/** Y2 Y3 @param statement The newest one that was heard under the present root document. */
export function isVouchedFor(
  manifest: Pick<Manifest, 'modelName' | 'counter' | 'releaseId'>,
  statement: FreshnessStatement | null,
  nowMs: number,
): Result<void, FreshnessFault> {
  if (statement === null) return err(fault('freshness.missing', manifest.releaseId))
  if (statement.expiresAtMs <= nowMs)
    return refused(`it was good until ${iso(statement.expiresAtMs)}, here it is ${iso(nowMs)}`)
  const stated = Object.hasOwn(statement.releases, manifest.modelName)
    ? statement.releases[manifest.modelName]
    : undefined
  if (stated !== undefined && stated.counter > manifest.counter)
    return err(
      fault('bundle.withheld', `${stated.releaseId} is in force, ${manifest.releaseId} is offered`, {
        counter: manifest.counter,
        inForce: stated.counter,
      }),
    )
  return ok(undefined)
}

/** By model, the highest number of an order that was ever stated. */
export type StatedNumbers = Readonly<Record<string, number>>

/** Y4. Within an hour all statements bear the same time, so the newer one is told by its numbers. */
export function raiseStated(before: StatedNumbers, { orders }: Pick<FreshnessStatement, 'orders'>): StatedNumbers {
  const raised = Object.entries(orders).filter(([model, { orderNumber }]) => orderNumber > numberOf(before, model))
  return { ...before, ...Object.fromEntries(raised.map(([model, { orderNumber }]) => [model, orderNumber])) }
}

export interface OrdersSaid {
  readonly stated: StatedNumbers
  /** The newest one that was heard, or `null`. */
  readonly statement: Pick<FreshnessStatement, 'orders'> | null
}

/**
 * Y4. An agent that was updated, or came new, may hear of the next order only: where none was ever heard, what is
 * fresh says by itself that this release is held back.
 *
 * @param heard The highest number of an order on this model that has come; 0 for none.
 */
export function isOrderHere(
  { modelName, counter }: Pick<Manifest, 'modelName' | 'counter'>,
  { stated, statement }: OrdersSaid,
  heard: number,
): Result<void, FaultOf<'bundle.order-withheld'>> {
  const named =
    statement !== null && Object.hasOwn(statement.orders, modelName) ? statement.orders[modelName] : undefined
  const isHeldBack = named?.counter === counter && named.state !== 'complete'
  const orderNumber = numberOf(stated, modelName)
  if (heard === 0 ? !isHeldBack : orderNumber <= heard) return ok(undefined)
  return err(
    fault('bundle.order-withheld', `${modelName}: order ${orderNumber} was given, ${heard} is here`, {
      modelName,
      orderNumber,
      heard,
    }),
  )
}

/** Y4. Orders that are missed, by model: of a model whose orders are heard at all. */
export const ordersMissed = (
  stated: StatedNumbers,
  heard: (modelName: string) => number,
): readonly (readonly [string, number])[] =>
  Object.entries(stated).filter(([model, number]) => heard(model) > 0 && number > heard(model))

const numberOf = (numbers: StatedNumbers, model: string): number =>
  Object.hasOwn(numbers, model) ? (numbers[model] ?? 0) : 0

/** Also of what no calendar knows. */
export const iso = (ms: number): string => {
  const date = new Date(ms)
  return Number.isNaN(date.getTime()) ? `${ms} ms` : date.toISOString()
}
