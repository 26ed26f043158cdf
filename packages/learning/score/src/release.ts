/**
 * May this release be installed here? In this order, and the first no is the answer:
 *
 *   signatures (root → release key → manifest) → a demo key only in the demo → a counter
 *   higher than ever seen → not expired → made for this project and a form that is here
 *
 * What each step stops: a release of a stranger · a demo key in a real project · going back
 * to an old model · being held on an old one for ever · the model of another survey.
 *
 * Not here: the files (`bundle.ts`), loading and test rows (`onnx.ts`), and where the highest
 * counter is remembered (the agent). Expiry blocks installing, never scoring.
 */
import { err, fault, ok, type Fault, type FaultOf, type Result } from '@murram/ground'
import { verifyDocument, type Signed } from '@murram/seal'
import { z } from 'zod'
import {
  ManifestSchema,
  RELEASE_KEY_PURPOSE,
  RELEASE_PURPOSE,
  ReleaseKeyCertificateSchema,
  type Manifest,
  type ReleaseKeyCertificate,
} from './manifest.ts'

const signedSchema = <T>(body: z.ZodType<T>): z.ZodType<Signed<T>> =>
  z.strictObject({ body, keyId: z.string().max(64), signature: z.string().max(128) })

export const SignedManifestSchema = signedSchema(ManifestSchema)
export const SignedReleaseKeySchema = signedSchema(ReleaseKeyCertificateSchema)

export interface ReleaseCheck {
  /** As it came from a link or a stick. */
  readonly signed: unknown
  readonly chain: unknown
  readonly rootPublicKey: string
  readonly projectId: string
  /** The highest counter this device has ever installed or refused for age; -1 for none. */
  readonly highestCounter: number
  readonly nowMs: number
  /** Versions of the release's form that are on this device. */
  readonly formVersions: readonly string[]
  readonly allowDemo: boolean
}

/** The manifest as it says of itself, unverified: to find the form and counter to check it by. */
export function parseManifest(signed: unknown): Result<Manifest, FaultOf<'bundle.malformed'>> {
  const parsed = SignedManifestSchema.safeParse(signed)
  return parsed.success ? ok(parsed.data.body) : err(fault('bundle.malformed', firstIssue(parsed.error)))
}

export function verifyRelease(check: ReleaseCheck): Result<Manifest, Fault> {
  const { rootPublicKey, projectId, highestCounter, nowMs, formVersions, allowDemo } = check
  const chain = SignedReleaseKeySchema.safeParse(check.chain)
  if (!chain.success) return err(fault('bundle.malformed', `certificate: ${firstIssue(chain.error)}`))
  const signed = SignedManifestSchema.safeParse(check.signed)
  if (!signed.success) return err(fault('bundle.malformed', firstIssue(signed.error)))

  const verified = verifyChain(rootPublicKey, chain.data, signed.data)
  if (!verified.ok) return verified
  const { certificate, manifest } = verified.value

  if ((certificate.demo || manifest.demo) && !allowDemo)
    return err(fault('key.demo-refused', `release ${manifest.releaseId}`))
  if (manifest.counter <= highestCounter)
    return err(
      fault('bundle.counter-not-higher', `${manifest.counter} against ${highestCounter}`, {
        counter: manifest.counter,
        highestCounter,
      }),
    )
  if (manifest.expiresAtMs <= nowMs)
    return err(
      fault('bundle.expired', new Date(manifest.expiresAtMs).toISOString(), { expiresAtMs: manifest.expiresAtMs }),
    )
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
  return ok(manifest)
}

function verifyChain(
  rootPublicKey: string,
  chain: Signed<ReleaseKeyCertificate>,
  signed: Signed<Manifest>,
): Result<
  { readonly certificate: ReleaseKeyCertificate; readonly manifest: Manifest },
  FaultOf<'bundle.bad-signature'>
> {
  const certificate = verifyDocument(rootPublicKey, RELEASE_KEY_PURPOSE, chain)
  if (!certificate.ok) return err(fault('bundle.bad-signature', 'the root key did not certify the release key'))
  const manifest = verifyDocument(certificate.value.publicKey, RELEASE_PURPOSE, signed)
  if (!manifest.ok) return err(fault('bundle.bad-signature', 'the release key did not sign the manifest'))
  if (manifest.value.projectId !== certificate.value.projectId)
    return err(fault('bundle.bad-signature', `the release key is of project ${certificate.value.projectId}`))
  return ok({ certificate: certificate.value, manifest: manifest.value })
}

const firstIssue = ({ issues: [issue] }: z.ZodError): string =>
  issue === undefined ? 'unknown' : `${issue.path.join('.')} ${issue.message}`
