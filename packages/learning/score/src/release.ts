/**
 * May this release be installed here? In this order, and the first no is the answer:
 *
 *   signatures (root document → release key → manifest) → a demo key only in the demo → a counter
 *   higher than ever seen, and not years ahead → not expired, nor its root → made for this project
 *   and a form that is here → not larger than a device takes
 *
 * What each step stops: a release of a stranger · a demo key in a real project · going back
 * to an old model · a number so high that nothing could follow it · being held on an old one for
 * ever · the model of another survey · a disk that fills.
 *
 * The certificate (`chain`) is what devices knew before there were root documents; where one is
 * known it must still fit: it is of the centre, and for the key that signed the manifest.
 *
 * Not here: the files (`bundle.ts`), loading and test rows (`onnx.ts`), what is fresh
 * (`freshness.ts`), and where the highest counter is remembered (the agent). Expiry blocks
 * installing, never scoring.
 */
import { err, fault, ok, type Fault, type FaultOf, type Result } from '@murram/ground'
import { verifyDocument, type Signed } from '@murram/seal'
import { z } from 'zod'
import { iso } from './freshness.ts'
import {
  ManifestSchema,
  MAX_BUNDLE_BYTES,
  RELEASE_KEY_PURPOSE,
  RELEASE_PURPOSE,
  ReleaseKeyCertificateSchema,
  type Manifest,
  type ReleaseKeyCertificate,
} from './manifest.ts'
import { verifyByRole, type RootDocument, type Trust } from './root-document.ts'

const signedSchema = <T>(body: z.ZodType<T>): z.ZodType<Signed<T>> =>
  z.strictObject({ body, keyId: z.string().max(64), signature: z.string().max(128) })

export const SignedManifestSchema = signedSchema(ManifestSchema)
export const SignedReleaseKeySchema = signedSchema(ReleaseKeyCertificateSchema)

export interface ReleaseCheck {
  /** As it came from a link or a stick. */
  readonly signed: unknown
  readonly chain: unknown
  /** Of the enrolment: it counts as long as no root document is known. */
  readonly rootPublicKey: string
  /** Absent: there are no root documents here. */
  readonly trust?: Trust | undefined
  readonly projectId: string
  /** The highest counter this device has ever installed or refused for age; -1 for none. */
  readonly highestCounter: number
  readonly nowMs: number
  /** Versions of the release's form that are on this device. */
  readonly formVersions: readonly string[]
  readonly allowDemo: boolean
  /** Of the manifest's signature; a release unless told. */
  readonly purpose?: string | undefined
}

/** The manifest as it says of itself, unverified: to find the form and counter to check it by. */
export function parseManifest(signed: unknown): Result<Manifest, FaultOf<'bundle.malformed'>> {
  const parsed = SignedManifestSchema.safeParse(signed)
  return parsed.success ? ok(parsed.data.body) : err(fault('bundle.malformed', firstIssue(parsed.error)))
}

export function verifyRelease(check: ReleaseCheck): Result<Manifest, Fault> {
  const { projectId, highestCounter, nowMs, formVersions } = check
  const signed = verifySignedRelease(check)
  if (!signed.ok) return signed
  const manifest = signed.value

  if (manifest.counter <= highestCounter)
    return err(
      fault('bundle.counter-not-higher', `${manifest.counter} against ${highestCounter}`, {
        counter: manifest.counter,
        highestCounter,
      }),
    )
  const believable = believableCounter(nowMs)
  if (manifest.counter > believable)
    return err(fault('bundle.counter-absurd', `${manifest.counter}, believable are numbers up to ${believable}`))
  const root = check.trust?.current()
  if (root !== undefined && root.expiresAtMs <= nowMs)
    return err(fault('key.root-expired', `root document ${root.version}, ${iso(root.expiresAtMs)}`))
  if (manifest.expiresAtMs <= nowMs)
    return err(fault('bundle.expired', iso(manifest.expiresAtMs), { expiresAtMs: manifest.expiresAtMs }))
  if (manifest.projectId !== projectId)
    return err(fault('bundle.incompatible', `made for project ${manifest.projectId}`))
  if (!manifest.formVersions.some(version => formVersions.includes(version)))
    return err(
      fault('bundle.incompatible', `made for ${manifest.formId} ${manifest.formVersions.join(', ')}`, {
        formId: manifest.formId,
        wanted: manifest.formVersions,
        present: formVersions,
      }),
    )
  const totalBytes = manifest.files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  if (totalBytes > MAX_BUNDLE_BYTES)
    return err(fault('bundle.too-large', `${totalBytes} bytes, at most ${MAX_BUNDLE_BYTES}`))
  return ok(manifest)
}

const YEAR_SECONDS = 31_557_600

/**
 * Counters are unix seconds as a rule, and the centre goes one above whatever a device reports up
 * to a year ahead. Two years: no theft of a key makes the centre's next release unbelievable.
 */
export const believableCounter = (nowMs: number): number => Math.floor(nowMs / 1_000) + 2 * YEAR_SECONDS

/** Whose it is, whatever its age: also of what is in force already. */
export function verifySignedRelease(
  check: Pick<ReleaseCheck, 'signed' | 'chain' | 'rootPublicKey' | 'trust' | 'allowDemo' | 'purpose'>,
): Result<Manifest, Fault> {
  const { rootPublicKey, trust, allowDemo, purpose = RELEASE_PURPOSE } = check
  const chain = SignedReleaseKeySchema.safeParse(check.chain)
  if (!chain.success) return err(fault('bundle.malformed', `certificate: ${firstIssue(chain.error)}`))
  const signed = SignedManifestSchema.safeParse(check.signed)
  if (!signed.success) return err(fault('bundle.malformed', firstIssue(signed.error)))

  const root = trust?.current()
  const verified =
    root === undefined || root.version === 0
      ? verifyChain(rootPublicKey, chain.data, signed.data, purpose)
      : verifyUnderRoot(root, chain.data, signed.data, purpose)
  if (!verified.ok) return verified
  const { certificate, manifest } = verified.value
  return (certificate.demo || manifest.demo) && !allowDemo
    ? err(fault('key.demo-refused', `release ${manifest.releaseId}`))
    : ok(manifest)
}

interface Vouched {
  readonly certificate: ReleaseKeyCertificate
  readonly manifest: Manifest
}
type BadSignature = FaultOf<'bundle.bad-signature'>

function verifyChain(
  rootPublicKey: string,
  chain: Signed<ReleaseKeyCertificate>,
  signed: Signed<Manifest>,
  purpose: string,
): Result<Vouched, BadSignature> {
  const certificate = verifyDocument(rootPublicKey, RELEASE_KEY_PURPOSE, chain)
  if (!certificate.ok) return err(fault('bundle.bad-signature', 'the root key did not certify the release key'))
  return signedBy(certificate.value, signed, purpose)
}

/** The release key must have that role today; a certificate that says otherwise is out of another release. */
function verifyUnderRoot(
  root: RootDocument,
  chain: Signed<ReleaseKeyCertificate>,
  signed: Signed<Manifest>,
  purpose: string,
): Result<Vouched, BadSignature> {
  const manifest = verifyByRole(root, 'release', purpose, signed)
  if (!manifest.ok) return manifest
  const certificate = verifyByRole(root, 'centre', RELEASE_KEY_PURPOSE, chain)
  return certificate.ok ? signedBy(certificate.value, signed, purpose) : certificate
}

function signedBy(
  certificate: ReleaseKeyCertificate,
  signed: Signed<Manifest>,
  purpose: string,
): Result<Vouched, BadSignature> {
  const manifest = verifyDocument(certificate.publicKey, purpose, signed)
  if (!manifest.ok) return err(fault('bundle.bad-signature', 'the release key did not sign the manifest'))
  if (manifest.value.projectId !== certificate.projectId)
    return err(fault('bundle.bad-signature', `the release key is of project ${certificate.projectId}`))
  return ok({ certificate, manifest: manifest.value })
}

const firstIssue = ({ issues: [issue] }: z.ZodError): string =>
  issue === undefined ? 'unknown' : `${issue.path.join('.')} ${issue.message}`
