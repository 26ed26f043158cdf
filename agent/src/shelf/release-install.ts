/**
 * From a release in the feed to a model in force, or a reason why not.
 *
 *   signatures → counter → expiry → fit → fresh, from the line ─► files, by hash ─► loads, test rows pass
 *     ─► slot written ─► pointer switched ─► reported
 *
 * RI1 whatever fails, the model before stays in force, and the failure is reported
 * RI2 what is in force after a kill is a whole bundle that passed its test rows
 * RI3 a release that was refused for good is not tried again; one that could not be fetched is, and
 *     one that was in force here and failed is not
 * RI4 a release whose order does not open this device's ring, or was halted, is not installed,
 *     whichever way it comes; the number of an order only rises, over restarts too
 * RI5 a release outside its rings, or a challenger, is scored in shadow: verified and tried as any other,
 *     and never put into force
 * RI6 what some slot of the form has already is not fetched
 * RI7 while an order that the line has named is missing, nothing of its model is installed, and the centre
 *     is told (`withheld`)
 * RI8 a number counts as long as the key that signed it may release: what a stolen key has counted up is
 *     forgotten with it
 *
 * Not here: the rules themselves (score), the slots (`model-slots.ts`), fetching (sync).
 */
import { err, ok, type CrashPoint, type Fault, type Result, type Sha256 } from '@murram/ground'
import {
  CHALLENGER_PURPOSE,
  isOrderHere,
  ordersMissed,
  parseManifest,
  stepOf,
  verifyFiles,
  verifyRelease,
  verifyRolloutOrder,
  type Manifest,
  type RolloutOrder,
} from '@murram/score'
import type { Scorer } from '@murram/score/onnx'
import { sha256 as hashOf } from '@murram/seal'
import type { DeviceReport, ReleaseBody, RolloutBody } from '@murram/wire'
import type { Log } from '../diagnostics/log.ts'
import type { EnrolmentFile } from '../enrolment/enrolment-file.ts'
import type { TrustStore } from '../trust/trust-store.ts'
import type { DeviceValues } from '../store/device-values.ts'
import type { FormShelf } from './form-shelf.ts'
import type { ModelSlots, OlderFile } from './model-slots.ts'
import { createReleaseChannels } from './release-channels.ts'

type ReleaseReport = Extract<DeviceReport, { kind: 'release' }>
export type WithheldReport = Extract<DeviceReport, { kind: 'withheld' }>

/** The bytes of a content-addressed file, whole and with the right hash. */
export type FetchBlob = (
  hash: Sha256,
  sizeBytes: number,
  /** A file of the model in force that may be much like it. */
  options?: { readonly older?: OlderFile },
) => Promise<Result<Uint8Array>>

export interface ReleaseInstall {
  /** An order on how far a release goes out. Heard before anything is installed by it. */
  readonly hear: (rollout: RolloutBody) => void
  /** `null`: nothing to do, or to be tried again later. */
  readonly consider: (
    release: ReleaseBody,
    fetchBlob: FetchBlob,
    /** The line must say that it is what is in force; a stick cannot. */
    channel?: Channel,
  ) => Promise<ReleaseReport | null>
  /** RI7. Orders that have not come, though all that the collector spoke of is here. */
  readonly withheld: () => readonly WithheldReport[]
  /** What the order that was heard says of this device: installed, scored in shadow, or neither. */
  readonly follow: (rollout: RolloutBody, fetchBlob: FetchBlob, channel?: Channel) => Promise<ReleaseReport | null>
}

export type Channel = 'line' | 'stick'

export interface ReleaseInstallDeps {
  readonly enrolment: Pick<EnrolmentFile, 'rootPublicKey' | 'certificate'>
  readonly forms: Pick<FormShelf, 'versions'>
  readonly slots: ModelSlots
  readonly values: DeviceValues
  readonly trust: Pick<TrustStore, 'current' | 'vouch' | 'statement' | 'ordersStated' | 'nowMs'>
  readonly allowDemo: boolean
  readonly now: () => number
  readonly log: Log
  readonly crashPoint: CrashPoint
}

/** Another day, another link or another form may cure these. */
const PASSING: ReadonlySet<string> = new Set([
  'sync.unreachable',
  'bundle.incompatible',
  'bundle.hash-mismatch',
  'form.not-found',
  'http.not-found',
  'key.root-expired',
  'bundle.counter-absurd',
  'freshness.missing',
  'freshness.refused',
  'bundle.withheld',
  'bundle.order-withheld',
  'bundle.expired',
])

/** Told by other ways, or of no interest to the centre. */
const UNTOLD: ReadonlySet<string> = new Set(['sync.unreachable', 'bundle.order-withheld'])

/** As it is kept: with the key that signed it. */
interface HeardOrder extends RolloutOrder {
  readonly signedBy?: string
}

export function createReleaseInstall(deps: ReleaseInstallDeps): ReleaseInstall {
  const { slots, now, log, values } = deps
  const { deviceId } = deps.enrolment.certificate.body
  const refusedForGood = new Set<string>()
  const told = new Map<string, string>()
  const channels = createReleaseChannels(values)

  const orderOn = (modelName: string): RolloutOrder | null => {
    const kept = values.get(orderName(modelName))
    const order = kept === null ? null : (JSON.parse(kept) as HeardOrder)
    return order === null || !mayRelease(deps, order.signedBy) ? null : order
  }
  const numberHeard = (modelName: string): number => orderOn(modelName)?.orderNumber ?? 0
  const isHere = (manifest: Manifest): Result<void, Fault> => {
    const said = { stated: deps.trust.ordersStated(), statement: deps.trust.statement() }
    return isOrderHere(manifest, said, numberHeard(manifest.modelName))
  }

  /** RI4. Of a release that no order is about, none is asked for: it has reached everybody. */
  const isHeldBack = ({ modelName, counter }: Manifest): boolean => {
    const order = orderOn(modelName)
    return order !== null && order.counter === counter && stepOf(order, deviceId) !== 'install'
  }

  /** Behind what is in force here by way of a ring: nothing to say. */
  const isBehind = ({ formId, modelName, counter }: Manifest): boolean => {
    const active = slots.active(formId)?.manifest
    if (orderOn(modelName) === null || active?.modelName !== modelName) return false
    return counter < active.counter && counter <= highestOf(deps, modelName)
  }

  /** Under another root document another key may release: what was refused under one is looked at under the next. */
  const triedAs = ({ signed }: ReleaseBody): string => `${deps.trust.current().version} ${signed.signature}`

  const reportOf = (release: ReleaseBody, refused: Fault): ReleaseReport | null => {
    const stated = parseManifest(release.signed)
    const { releaseId, counter } = stated.ok ? stated.value : { releaseId: 'unreadable', counter: 0 }
    const { fault } = refused
    log.warn({ releaseId, counter, fault }, 'a release was not installed')
    if (UNTOLD.has(fault)) return null
    if (!PASSING.has(fault)) refusedForGood.add(triedAs(release)) // RI3
    if (told.get(triedAs(release)) === fault) return null
    told.set(triedAs(release), fault)
    return { kind: 'release', releaseId, counter, state: 'refused', fault: refused, atMs: now() }
  }

  const consider: ReleaseInstall['consider'] = async (release, fetchBlob, channel = 'line') => {
    const stated = parseManifest(release.signed)
    if (refusedForGood.has(triedAs(release))) return null
    if (stated.ok) {
      const { formId, counter } = stated.value
      if (slots.active(formId)?.manifest.counter === counter || slots.isLeft(counter)) return null
      if (isHeldBack(stated.value) || isBehind(stated.value)) return null
    }
    const here = stated.ok ? isHere(stated.value) : ok(undefined)
    const installed = here.ok ? await install(release, deps, fetchBlob, channel) : here
    if (!installed.ok) return reportOf(release, installed.error)
    const { releaseId, counter } = installed.value
    channels.note(installed.value, channel)
    log.info({ releaseId, counter }, 'a release is in force')
    return { kind: 'release', releaseId, counter, state: 'installed', atMs: now() }
  }

  /** RI5 */
  const shadow = async (release: ReleaseBody, purpose: string | undefined, fetchBlob: FetchBlob) => {
    const stated = parseManifest(release.signed)
    if (refusedForGood.has(triedAs(release))) return null
    if (stated.ok) {
      const { formId, counter } = stated.value
      if (slots.shadow(formId)?.manifest.counter === counter || slots.isLeft(counter)) return null
      if (slots.active(formId)?.manifest.counter === counter) return null // one folder a number
    }
    const here = stated.ok ? isHere(stated.value) : ok(undefined)
    const opened = here.ok ? await openAsShadow(release, { ...deps, purpose }, fetchBlob) : here
    if (!opened.ok) return reportOf(release, opened.error)
    log.info({ releaseId: opened.value.releaseId }, 'a model is scored in shadow')
    return null
  }

  const verifyOrder = ({ order, chain }: RolloutBody): Result<RolloutOrder, Fault> =>
    verifyRolloutOrder({
      order,
      chain,
      rootPublicKey: deps.enrolment.rootPublicKey,
      trust: deps.trust,
      projectId: deps.enrolment.certificate.body.projectId,
      heard: numberHeard,
      allowDemo: deps.allowDemo,
      nowMs: deps.trust.nowMs(),
    })

  return {
    hear: rollout => {
      const order = verifyOrder(rollout)
      if (!order.ok) return log.warn({ fault: order.error.fault, detail: order.error.detail }, 'an order was not heard')
      const { modelName, orderNumber, releaseId, state, openRing } = order.value
      if (numberHeard(modelName) === orderNumber) return
      const heard: HeardOrder = { ...order.value, signedBy: rollout.order.keyId }
      values.set(orderName(modelName), JSON.stringify(heard)) // RI4
      log.info({ modelName, orderNumber, releaseId, state, openRing }, 'an order was heard')
    },
    follow: async (rollout, fetchBlob, channel = 'line') => {
      const stated = parseManifest(rollout.release.signed)
      const order = stated.ok ? orderOn(stated.value.modelName) : null
      const said = rollout.order.body as RolloutOrder
      // What came with another order than the one that holds is not what that one is about.
      if (!stated.ok || order === null || order.orderNumber !== said.orderNumber) return null
      if (order.counter !== stated.value.counter) return null
      const step = stepOf(order, deviceId)
      const report = step === 'install' ? await consider(rollout.release, fetchBlob, channel) : null
      const { challenger } = rollout
      const named = challenger === undefined ? null : parseManifest(challenger.signed)
      if (step === 'shadow') return shadow(rollout.release, undefined, fetchBlob)
      if (challenger !== undefined && named?.ok === true && named.value.counter === order.challenger?.counter)
        return (await shadow(challenger, CHALLENGER_PURPOSE, fetchBlob)) ?? report
      if (slots.shadow(stated.value.formId) !== null) await slots.setShadow(stated.value.formId, null)
      return report
    },
    consider,
    withheld: () =>
      ordersMissed(deps.trust.ordersStated(), numberHeard).map(([modelName, orderNumber]) => {
        const heard = numberHeard(modelName)
        log.warn({ modelName, orderNumber, heard }, 'an order was given and has not come')
        return { kind: 'withheld', modelName, orderNumber, heard, atMs: now() }
      }),
  }
}

/** RI8. Of an earlier build nothing is known of the key. */
const mayRelease = ({ trust }: Pick<ReleaseInstallDeps, 'trust'>, keyId: string | undefined): boolean => {
  const { version, roles } = trust.current()
  return version === 0 || keyId === undefined || roles.release.keyIds.includes(keyId)
}

/** RI8 */
const highestOf = (deps: Pick<ReleaseInstallDeps, 'slots' | 'trust'>, modelName: string): number => {
  const { counter, signedBy } = deps.slots.highest(modelName)
  return mayRelease(deps, signedBy) ? counter : -1
}

const orderName = (modelName: string): string => `rollout.order.${modelName}`

async function install(
  release: ReleaseBody,
  deps: ReleaseInstallDeps,
  fetchBlob: FetchBlob,
  channel: Channel,
): Promise<Result<Manifest, Fault>> {
  const { slots, crashPoint } = deps
  const manifest = verify(release, deps)
  if (!manifest.ok) return manifest
  const vouched = channel === 'line' ? deps.trust.vouch(manifest.value) : ok(undefined)
  if (!vouched.ok) return vouched
  const files = await gather(manifest.value, slots, fetchBlob)
  if (!files.ok) return files
  const scorer = await slots.tryBundle(manifest.value, files.value)
  if (!scorer.ok) return scorer

  await orClose(scorer.value, async () => {
    await slots.writeSlot(manifest.value, release, files.value)
    crashPoint('agent.bundle-written')
  })
  await slots.activate(scorer.value, release.signed.keyId)
  crashPoint('agent.pointer-switched')
  return ok(manifest.value)
}

/** A disk that is full must not fill the memory as well, for it is tried again. */
async function orClose(scorer: Scorer, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    await scorer[Symbol.asyncDispose]()
    throw error
  }
}

/** RI5 */
async function openAsShadow(
  release: ReleaseBody,
  deps: ReleaseInstallDeps & { readonly purpose: string | undefined },
  fetchBlob: FetchBlob,
): Promise<Result<Manifest, Fault>> {
  const { slots, crashPoint } = deps
  const manifest = verify(release, deps)
  if (!manifest.ok) return manifest
  const files = await gather(manifest.value, slots, fetchBlob)
  if (!files.ok) return files
  const scorer = await slots.tryBundle(manifest.value, files.value, 'shadow')
  if (!scorer.ok) return scorer
  await orClose(scorer.value, async () => {
    await slots.writeSlot(manifest.value, release, files.value)
    crashPoint('agent.shadow-written')
  })
  await slots.setShadow(manifest.value.formId, scorer.value)
  return ok(manifest.value)
}

/** RI6. Whole, and each with its hash. */
async function gather(
  manifest: Manifest,
  slots: Pick<ModelSlots, 'fileHere' | 'fileInForce'>,
  fetchBlob: FetchBlob,
): Promise<Result<ReadonlyMap<string, Uint8Array>, Fault>> {
  const files = new Map<string, Uint8Array>()
  for (const { name, sha256, sizeBytes } of manifest.files) {
    const here = await slots.fileHere(manifest.formId, sha256)
    if (here !== null && hashOf(here) === sha256) {
      files.set(name, here)
      continue
    }
    const older = slots.fileInForce(manifest.formId, name)
    const bytes = await fetchBlob(sha256 as Sha256, sizeBytes, older === null ? {} : { older })
    if (!bytes.ok) return bytes
    files.set(name, bytes.value)
  }
  const whole = verifyFiles(manifest, files)
  return whole.ok ? ok(files) : whole
}

/** @param deps.purpose Of a challenger, whose number says nothing of what is newer. */
function verify(
  release: ReleaseBody,
  deps: ReleaseInstallDeps & { readonly purpose?: string | undefined },
): Result<Manifest, Fault> {
  const stated = parseManifest(release.signed)
  if (!stated.ok) return err(stated.error)
  return verifyRelease({
    ...release,
    purpose: deps.purpose,
    rootPublicKey: deps.enrolment.rootPublicKey,
    trust: deps.trust,
    projectId: deps.enrolment.certificate.body.projectId,
    highestCounter: deps.purpose === undefined ? highestBefore(deps, stated.value) : -1,
    nowMs: deps.trust.nowMs(),
    formVersions: deps.forms.versions(stated.value.formId),
    allowDemo: deps.allowDemo,
  })
}

/** What lies damaged on the disk may be fetched once more, under its own number. */
const highestBefore = (deps: Pick<ReleaseInstallDeps, 'slots' | 'trust'>, { modelName, formId, counter }: Manifest) => {
  const highest = highestOf(deps, modelName)
  return deps.slots.isDamaged(formId, counter) ? Math.min(highest, counter - 1) : highest
}
