/**
 * What this device believes: the root documents of its project, one by one, and the newest
 * freshness statement. Both are kept inside the encrypted store.
 *
 * TS1 the highest root document that was ever believed stays believed: it is kept before it counts
 * TS2 what is heard and does not follow changes nothing, and is said in the log
 * TS3 the line vouches for a release as soon as one root document is known; a device that knows
 *     none is of a project whose collector has none yet
 * TS4 a clock that stands behind what was signed is helped: a signed time has been
 *
 * TS5 of which orders the line has spoken is kept as long as the key that said so is trusted, also
 *     where a later word says less
 *
 * Not here: the laws of the documents themselves (score), and where they come from (sync, bundle).
 */
import { ok, type Fault, type FaultOf, type Result } from '@murram/ground'
import {
  isVouchedFor,
  raiseStated,
  rootOfEnrolment,
  verifyByRole,
  verifyFreshness,
  walkRoots,
  type FreshnessFault,
  type FreshnessStatement,
  type Manifest,
  type RootDocument,
  type SignedBySeveral,
  type StatedNumbers,
  type Trust,
} from '@murram/score'
import type { Signed } from '@murram/seal'
import type { TrustNews } from '@murram/wire'
import type { Log } from '../diagnostics/log.ts'
import type { EnrolmentFile } from '../enrolment/enrolment-file.ts'
import type { DeviceValues } from '../store/device-values.ts'

export interface TrustStore extends Trust {
  readonly hear: (news: Readonly<TrustNews>) => readonly Fault[]
  /** Heard under the present root document, expired or not. */
  readonly statement: () => FreshnessStatement | null
  /** Whether the line may hand this release over. */
  readonly vouch: (manifest: Pick<Manifest, 'modelName' | 'counter' | 'releaseId'>) => Result<void, FreshnessFault>
  /** TS5. By model, the highest number of an order that the line has named. */
  readonly ordersStated: () => StatedNumbers
  /** The newest document that gave this key its role: for what was installed under it. */
  readonly whenReleasedBy: (keyId: string) => Trust
  /** What the centre signs: orders to this device, epochs, files on a stick. */
  readonly verifyByCentre: <T>(purpose: string, signed: Signed<T>) => Result<T, FaultOf<'bundle.bad-signature'>>
  /** TS4 */
  readonly nowMs: () => number
}

export interface TrustStoreDeps {
  readonly values: DeviceValues
  readonly enrolment: Pick<EnrolmentFile, 'rootPublicKey' | 'certificate'>
  readonly now: () => number
  readonly log: Log
}

const ROOTS = 'trust.roots'
const FRESHNESS = 'trust.freshness'
const STATED = 'trust.stated'

interface Stated {
  readonly keyId: string
  readonly orders: StatedNumbers
}

export function openTrustStore({ values, enrolment, now, log }: TrustStoreDeps): TrustStore {
  const { rootPublicKey, certificate } = enrolment
  const { projectId, demo } = certificate.body
  const enrolled = rootOfEnrolment({ projectId, rootPublicKey, demo })
  const kept = walkRoots(enrolled, readJson(values.get(ROOTS), []) as readonly unknown[])
  let signedRoots: readonly SignedBySeveral<RootDocument>[] = kept.taken
  let root = kept.root
  let heard = readJson(values.get(FRESHNESS), null) as Signed<FreshnessStatement> | null
  let stated = readJson(values.get(STATED), null) as Stated | null

  const hearRoots = (offered: readonly unknown[]): Fault | null => {
    const { taken, refused, root: newest } = walkRoots(root, offered)
    if (taken.length > 0) {
      values.set(ROOTS, JSON.stringify([...signedRoots, ...taken])) // TS1
      signedRoots = [...signedRoots, ...taken]
      root = newest
      log.info({ version: root.version }, 'another root document of the project is known')
    }
    return refused
  }

  const hearFreshness = (offered: unknown): Fault | null => {
    const before = heard === null ? null : { keyId: heard.keyId, issuedAtMs: heard.body.issuedAtMs }
    const verified = verifyFreshness(root, offered, before)
    if (!verified.ok) return verified.error
    if (heard?.signature === verified.value.signature) return null
    const { keyId, body } = verified.value
    stated = { keyId, orders: raiseStated(stated?.keyId === keyId ? stated.orders : {}, body) } // TS5
    values.set(STATED, JSON.stringify(stated))
    values.set(FRESHNESS, JSON.stringify(verified.value))
    heard = verified.value
    return null
  }

  const statement = (): FreshnessStatement | null => {
    if (heard === null) return null
    const still = verifyFreshness(root, heard, null)
    return still.ok ? still.value.body : null
  }

  const nowMs = (): number => {
    const isOurs = heard !== null && root.roles.freshness.keyIds.includes(heard.keyId)
    return Math.max(now(), root.issuedAtMs, isOurs && heard !== null ? heard.body.issuedAtMs : 0)
  }

  return {
    current: () => root,
    hear: ({ roots, freshness }) => {
      // Roots first: the statement names the newest.
      const faults = [hearRoots(roots), freshness === null ? null : hearFreshness(freshness)].filter(
        reason => reason !== null,
      )
      for (const { fault, detail } of faults) log.warn({ fault, detail }, 'what was said of keys was not believed') // TS2
      return faults
    },
    statement,
    vouch: manifest => (root.version === 0 ? ok(undefined) : isVouchedFor(manifest, statement(), nowMs())), // TS3
    ordersStated: () => (stated !== null && root.roles.freshness.keyIds.includes(stated.keyId) ? stated.orders : {}),
    whenReleasedBy: keyId => {
      const then = signedRoots.findLast(({ body }) => body.roles.release.keyIds.includes(keyId))
      return { current: () => then?.body ?? enrolled }
    },
    verifyByCentre: (purpose, signed) => verifyByRole(root, 'centre', purpose, signed),
    nowMs,
  }
}

function readJson(text: string | null, otherwise: unknown): unknown {
  return text === null ? otherwise : JSON.parse(text)
}
