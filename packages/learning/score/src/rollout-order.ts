/**
 * How far a release has gone out, as an order of the centre that each device reads for itself:
 * signed by the release key (purpose `rollout`), its number strictly rising for each model.
 *
 *   ring 0      devices by name (staff)
 *   ring 1, 2…  a device by its place, a hash of its id and the model's name: below the first share
 *               it is in ring 1, below the second in ring 2, and so on
 *
 * RO1 a device's place depends on its id and the model's name alone; places are spread evenly
 * RO2 an order of a stranger, of another project, or older than one that was heard, orders nothing
 * RO3 in an open ring it is installed; outside, it is scored in shadow; halted, it goes to nobody new
 * RO4 a number that lies years ahead is refused: nothing could follow it
 *
 * Not here: whether the release itself may be installed (release.ts), and when a ring is opened
 * (the collector).
 */
import { DeviceIdSchema, err, fault, ok, ProjectIdSchema, type Fault, type Result } from '@murram/ground'
import { sha256, verifyDocument, type Signed } from '@murram/seal'
import { z } from 'zod'
import { RELEASE_KEY_PURPOSE, type ReleaseKeyCertificate } from './manifest.ts'
import { believableCounter, SignedReleaseKeySchema } from './release.ts'
import { verifyByRelease, type Trust } from './root-document.ts'

/** The domains of the signatures: an order, and a manifest of a model that is only scored in shadow. */
export const ROLLOUT_PURPOSE = 'rollout'
export const CHALLENGER_PURPOSE = 'challenger'

const id = z.string().min(1).max(249)
const count = z.int().nonnegative()

export interface RolloutOrder {
  readonly projectId: string
  readonly modelName: string
  readonly releaseId: string
  readonly counter: number
  /** Rises with every order on this model, whichever release it is about. */
  readonly orderNumber: number
  readonly openRing: number
  /** Of all devices, up to which share ring 1, ring 2 … reach; the last is all of them. */
  readonly shares: readonly number[]
  /** Devices of ring 0. */
  readonly staff: readonly string[]
  readonly state: 'advancing' | 'halted' | 'complete'
  /** What else is scored in shadow; `null`: nothing. */
  readonly challenger: { readonly releaseId: string; readonly counter: number } | null
  readonly atMs: number
}

export const RolloutOrderSchema: z.ZodType<RolloutOrder> = z
  .strictObject({
    projectId: ProjectIdSchema,
    modelName: id,
    releaseId: id,
    counter: count,
    orderNumber: z.int().positive(),
    openRing: z.int().min(0).max(20),
    shares: z.array(z.number().gt(0).lte(1)).min(1).max(20),
    staff: z.array(DeviceIdSchema).max(1_000),
    state: z.enum(['advancing', 'halted', 'complete']),
    challenger: z.strictObject({ releaseId: id, counter: count }).nullable(),
    atMs: count,
  })
  .refine(({ shares }) => shares.every((share, i) => i === 0 || share > shares[i - 1]!), 'the shares do not rise')
  .refine(({ shares }) => shares.at(-1) === 1, 'the last ring is not all devices')

export const SignedRolloutOrderSchema: z.ZodType<Signed<RolloutOrder>> = z.strictObject({
  body: RolloutOrderSchema,
  keyId: z.string().max(64),
  signature: z.string().max(128),
})

const PLACES = 2 ** 32

/** RO1. From 0 up to, not including, 1. */
export const placeOf = (deviceId: string, modelName: string): number =>
  Number.parseInt(sha256(`${modelName}\n${deviceId}`).slice(0, 8), 16) / PLACES

export function ringOf(
  { modelName, shares, staff }: Pick<RolloutOrder, 'modelName' | 'shares' | 'staff'>,
  deviceId: string,
): number {
  if (staff.includes(deviceId)) return 0
  const place = placeOf(deviceId, modelName)
  const ring = shares.findIndex(share => place < share)
  return ring < 0 ? shares.length : ring + 1
}

/** RO3. `leave`: what is here stays, and nothing comes. */
export function stepOf(order: RolloutOrder, deviceId: string): 'install' | 'shadow' | 'leave' {
  if (order.state === 'halted') return 'leave'
  return order.state === 'complete' || ringOf(order, deviceId) <= order.openRing ? 'install' : 'shadow'
}

export interface OrderCheck {
  /** As it came from a link or a stick. */
  readonly order: unknown
  readonly chain: unknown
  readonly rootPublicKey: string
  /** Absent: there are no root documents here. */
  readonly trust?: Trust | undefined
  readonly projectId: string
  /** The highest number of an order on this model that was ever heard here; 0 for none. */
  readonly heard: (modelName: string) => number
  readonly allowDemo: boolean
  readonly nowMs: number
}

/** RO2 RO4. The order that was heard last may be read again. */
export function verifyRolloutOrder(check: OrderCheck): Result<RolloutOrder, Fault> {
  const chain = SignedReleaseKeySchema.safeParse(check.chain)
  if (!chain.success) return err(fault('bundle.malformed', 'the certificate of an order'))
  const order = SignedRolloutOrderSchema.safeParse(check.order)
  if (!order.success) {
    const [issue] = order.error.issues
    return err(fault('bundle.malformed', `order: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`))
  }
  const verified = verifySigned(check, chain.data, order.data)
  if (!verified.ok) return verified
  const { projectId, modelName, orderNumber } = verified.value
  if (chain.data.body.demo && !check.allowDemo) return err(fault('key.demo-refused', `order on ${modelName}`))
  if (projectId !== check.projectId) return err(fault('bundle.incompatible', `an order of project ${projectId}`))
  const upto = believableCounter(check.nowMs)
  if (orderNumber > upto)
    return err(fault('bundle.counter-absurd', `order ${orderNumber}, at most ${upto}`, { counter: orderNumber, upto }))
  const heard = check.heard(modelName)
  if (orderNumber < heard)
    return err(fault('bundle.order-not-higher', `${orderNumber} against ${heard}`, { orderNumber, heard }))
  return ok(verified.value)
}

/** By the root document where one is known; by the certificate of the release key before that. */
function verifySigned(
  { trust, rootPublicKey, projectId }: OrderCheck,
  chain: Signed<ReleaseKeyCertificate>,
  order: Signed<RolloutOrder>,
): Result<RolloutOrder, Fault> {
  if (trust !== undefined && trust.current().version > 0) return verifyByRelease(trust, ROLLOUT_PURPOSE, order)
  const certificate = verifyDocument(rootPublicKey, RELEASE_KEY_PURPOSE, chain)
  if (!certificate.ok) return err(fault('bundle.bad-signature', 'the root key did not certify the release key'))
  if (certificate.value.projectId !== projectId)
    return err(fault('bundle.incompatible', `the release key is of project ${certificate.value.projectId}`))
  const verified = verifyDocument(certificate.value.publicKey, ROLLOUT_PURPOSE, order)
  return verified.ok ? verified : err(fault('bundle.bad-signature', 'the release key did not sign the order'))
}
