/**
 * From a release in the feed to a model in force, or a reason why not.
 *
 *   signatures → counter → expiry → fit → fresh, from the line ─► files, by hash ─► loads, test rows pass
 *     ─► slot written ─► pointer switched ─► reported
 *
 * RI1 whatever fails, the model before stays in force, and the failure is reported
 * RI2 what is in force after a kill is a whole bundle that passed its test rows
 * RI3 a release that was refused for good is not tried again; one that could not be fetched is
 *
 * Not here: the rules themselves (score), the slots (`model-slots.ts`), fetching (sync).
 */
import { err, ok, type CrashPoint, type Fault, type Result, type Sha256 } from '@murram/ground'
import { parseManifest, verifyFiles, verifyRelease, type Manifest } from '@murram/score'
import type { DeviceReport, ReleaseBody } from '@murram/wire'
import type { Log } from '../diagnostics/log.ts'
import type { EnrolmentFile } from '../enrolment/enrolment-file.ts'
import type { TrustStore } from '../trust/trust-store.ts'
import type { FormShelf } from './form-shelf.ts'
import type { ModelSlots, OlderFile } from './model-slots.ts'
import type { ReleaseChannels } from './release-channels.ts'

type ReleaseReport = Extract<DeviceReport, { kind: 'release' }>

/** The bytes of a content-addressed file, whole and with the right hash. */
export type FetchBlob = (
  hash: Sha256,
  sizeBytes: number,
  /** A file of the model in force that may be much like it. */
  options?: { readonly older?: OlderFile },
) => Promise<Result<Uint8Array>>

export interface ReleaseInstall {
  /** `null`: nothing to do, or to be tried again later. */
  readonly consider: (
    release: ReleaseBody,
    fetchBlob: FetchBlob,
    /** The line must say that it is what is in force; a stick cannot. */
    channel?: 'line' | 'stick',
  ) => Promise<ReleaseReport | null>
}

export interface ReleaseInstallDeps {
  readonly enrolment: Pick<EnrolmentFile, 'rootPublicKey' | 'certificate'>
  readonly forms: Pick<FormShelf, 'versions'>
  readonly slots: ModelSlots
  readonly channels: Pick<ReleaseChannels, 'note'>
  readonly trust: Pick<TrustStore, 'current' | 'vouch' | 'nowMs'>
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
])

export function createReleaseInstall(deps: ReleaseInstallDeps): ReleaseInstall {
  const { slots, now, log } = deps
  const refusedForGood = new Set<string>()
  const told = new Map<string, string>()

  const consider: ReleaseInstall['consider'] = async (release, fetchBlob, channel = 'line') => {
    const stated = parseManifest(release.signed)
    const isInForce = stated.ok && slots.active(stated.value.formId)?.manifest.counter === stated.value.counter
    if (isInForce || refusedForGood.has(release.signed.signature)) return null
    const installed = await install(release, deps, fetchBlob, channel)
    const { releaseId, counter } = stated.ok ? stated.value : { releaseId: 'unreadable', counter: 0 }
    if (installed.ok) {
      deps.channels.note(installed.value, channel)
      log.info({ releaseId, counter }, 'a release is in force')
      return { kind: 'release', releaseId, counter, state: 'installed', atMs: now() }
    }
    const { fault } = installed.error
    log.warn({ releaseId, counter, fault }, 'a release was not installed')
    if (fault === 'sync.unreachable') return null
    if (!PASSING.has(fault)) refusedForGood.add(release.signed.signature) // RI3
    if (told.get(release.signed.signature) === fault) return null
    told.set(release.signed.signature, fault)
    return { kind: 'release', releaseId, counter, state: 'refused', fault: installed.error, atMs: now() }
  }
  return { consider }
}

async function install(
  release: ReleaseBody,
  deps: ReleaseInstallDeps,
  fetchBlob: FetchBlob,
  channel: 'line' | 'stick',
): Promise<Result<Manifest, Fault>> {
  const { slots, crashPoint } = deps
  const manifest = verify(release, deps)
  if (!manifest.ok) return manifest
  const vouched = channel === 'line' ? deps.trust.vouch(manifest.value) : ok(undefined)
  if (!vouched.ok) return vouched

  const files = new Map<string, Uint8Array>()
  for (const { name, sha256, sizeBytes } of manifest.value.files) {
    const older = slots.fileInForce(manifest.value.formId, name)
    const bytes = await fetchBlob(sha256 as Sha256, sizeBytes, older === null ? {} : { older })
    if (!bytes.ok) return bytes
    files.set(name, bytes.value)
  }
  const whole = verifyFiles(manifest.value, files)
  if (!whole.ok) return whole
  const scorer = await slots.tryBundle(manifest.value, files)
  if (!scorer.ok) return scorer

  await slots.writeSlot(manifest.value, release, files)
  crashPoint('agent.bundle-written')
  await slots.activate(scorer.value)
  crashPoint('agent.pointer-switched')
  return ok(manifest.value)
}

function verify(release: ReleaseBody, deps: ReleaseInstallDeps): Result<Manifest, Fault> {
  const stated = parseManifest(release.signed)
  if (!stated.ok) return err(stated.error)
  return verifyRelease({
    ...release,
    rootPublicKey: deps.enrolment.rootPublicKey,
    trust: deps.trust,
    projectId: deps.enrolment.certificate.body.projectId,
    highestCounter: deps.slots.highestCounter(stated.value.modelName),
    nowMs: deps.trust.nowMs(),
    formVersions: deps.forms.versions(stated.value.formId),
    allowDemo: deps.allowDemo,
  })
}
