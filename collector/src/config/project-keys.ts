/**
 * The keys a project lives by, in one file that only its owner can read.
 *
 *   root       the first root key, and the centre's own for good: it signs enrolments, orders, epochs
 *   release    signs releases of models; the root document of the project gives it that role
 *   freshness  says what is in force; the root document gives it that role
 *   next       of a rotation that was drafted: they take over when its root document is published
 *   box        opens the fields that devices seal
 *   collector  the collector's own device: what people decide here is a submission of it
 *
 * Demo keys are marked inside what they sign, and a collector that is no demo refuses them.
 */
import { chmodSync, readFileSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { err, fault, ok, ProjectIdSchema, type FaultOf, type ProjectId, type Result } from '@murram/ground'
import { RELEASE_KEY_PURPOSE, type ReleaseKeyCertificate } from '@murram/score'
import {
  createBoxKey,
  createSigningKey,
  deriveSigningKey,
  signDocument,
  type BoxKey,
  type Signed,
  type SigningKey,
} from '@murram/seal'
import { z } from 'zod'

export interface ProjectKeys {
  readonly projectId: ProjectId
  readonly demo: boolean
  readonly root: SigningKey
  readonly release: SigningKey
  readonly releaseCertificate: Signed<ReleaseKeyCertificate>
  readonly freshness: SigningKey
  readonly next?: NextKeys | undefined
  readonly box: BoxKey
  readonly collector: SigningKey
}

export interface NextKeys {
  readonly release?: SigningKey | undefined
  readonly freshness?: SigningKey | undefined
}

/** What devices of before there were root documents verify a release by. */
export const certifyRelease = (root: SigningKey, certificate: ReleaseKeyCertificate): Signed<ReleaseKeyCertificate> =>
  signDocument(root, RELEASE_KEY_PURPOSE, certificate)

export function createProjectKeys(options: {
  readonly projectId: ProjectId
  readonly demo: boolean
  readonly nowMs: number
}): ProjectKeys {
  const root = createSigningKey()
  const release = createSigningKey()
  const releaseCertificate = certifyRelease(root, {
    projectId: options.projectId,
    publicKey: release.publicKey,
    demo: options.demo,
    issuedAtMs: options.nowMs,
  })
  return {
    projectId: options.projectId,
    demo: options.demo,
    root,
    release,
    releaseCertificate,
    freshness: createSigningKey(),
    box: createBoxKey(),
    collector: createSigningKey(),
  }
}

export async function saveProjectKeys(file: string, keys: ProjectKeys): Promise<void> {
  const beside = `${file}.new`
  await writeFile(beside, `${JSON.stringify(keys, null, 2)}\n`, { mode: 0o600, flush: true })
  await rename(beside, file)
}

export function loadProjectKeys(file: string): Result<ProjectKeys, FaultOf<'store.key-missing'>> {
  try {
    const parsed = KeysFile.safeParse(JSON.parse(readFileSync(file, 'utf8')))
    if (!parsed.success) return err(fault('store.key-missing', `${file}: ${z.prettifyError(parsed.error)}`))
    chmodSync(file, 0o600) // a copy may have come with other rights
    // Files of before there was one: every copy of such a file arrives at the same key.
    return ok({ ...parsed.data, freshness: parsed.data.freshness ?? deriveSigningKey(parsed.data.root, 'freshness') })
  } catch (cause) {
    return err(fault('store.key-missing', `${file}: ${cause instanceof Error ? cause.message : String(cause)}`))
  }
}

const Pair = z.strictObject({ publicKey: z.string().length(43), privateKey: z.string().length(43) })

const KeysFile = z.strictObject({
  projectId: ProjectIdSchema,
  demo: z.boolean(),
  root: Pair,
  release: Pair,
  releaseCertificate: z.strictObject({
    body: z.strictObject({
      projectId: ProjectIdSchema,
      publicKey: z.string(),
      demo: z.boolean(),
      issuedAtMs: z.number(),
    }),
    keyId: z.string(),
    signature: z.string(),
  }),
  freshness: Pair.optional(),
  next: z.strictObject({ release: Pair.optional(), freshness: Pair.optional() }).optional(),
  box: Pair,
  collector: Pair,
})
