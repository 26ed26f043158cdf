/**
 * The root document: whose keys a project trusts, and for what. Everything else that is believed
 * hangs on it. It is signed by several root keys, and one document follows another:
 *
 *   enrolled with a key ─► 1 ─► 2 ─► …      n + 1 is signed by the threshold of n *and* of n + 1
 *
 *   root       signs the next root document; kept apart from the collector where that is possible
 *   centre     stays on the collector: enrolments, orders to devices, epochs, files on a stick
 *   release    signs releases of models and orders of a rollout
 *   freshness  says each day what is in force (`freshness.ts`)
 *
 * Laws, in `root-document.test.ts`:
 *   T1 a document below the threshold of the old or of the new root keys is none, whoever signed
 *   T2 one document follows the next: none is skipped, none comes again, none is of another project
 *   T3 an expired document is still followed by the next one
 *   T4 what a key signs counts only in the roles that the newest document gives it
 *
 * Not here: where a device keeps it (agent/trust), who makes it (collector/trust).
 *
 * Why by steps and not the newest alone: a device that was away for a year must be able to
 * see that each change was agreed by those who had the say before it.
 */
import { err, fault, ok, ProjectIdSchema, type FaultOf, type Result } from '@murram/ground'
import { keyIdOf, signDocument, verifyDocument, type Signed, type SigningKey } from '@murram/seal'
import { z } from 'zod'

export const ROOT_PURPOSE = 'root'

/** Far above any real ceremony; a hostile document must not cost an hour of arithmetic. */
const MOST_KEYS = 32

export const ROLES = ['root', 'centre', 'release', 'freshness'] as const
export type RoleName = (typeof ROLES)[number]

export interface Role {
  readonly keyIds: readonly string[]
  /** How many of them must sign. */
  readonly threshold: number
}

export interface TrustedKey {
  readonly publicKey: string
  /** Who keeps it: a person's name, or `collector`. */
  readonly holder: string
}

export interface RootDocument {
  readonly format: 1
  readonly projectId: string
  /** Rises by one; 0 is what a device was enrolled with, and is signed by nobody. */
  readonly version: number
  readonly demo: boolean
  /** By key id. */
  readonly keys: Readonly<Record<string, TrustedKey>>
  readonly roles: Readonly<Record<RoleName, Role>>
  readonly issuedAtMs: number
  readonly expiresAtMs: number
}

/** One document under several signatures. */
export interface SignedBySeveral<T> {
  readonly body: T
  readonly signatures: readonly { readonly keyId: string; readonly signature: string }[]
}

const KeyId = z.string().regex(/^[0-9a-f]{32}$/, 'is not a key id')
const atMs = z.number().int().nonnegative()

const RoleSchema: z.ZodType<Role> = z
  .strictObject({ keyIds: z.array(KeyId).max(MOST_KEYS), threshold: z.number().int().positive().max(MOST_KEYS) })
  .refine(({ keyIds }) => new Set(keyIds).size === keyIds.length, 'names a key twice')

export const RootDocumentSchema: z.ZodType<RootDocument> = z
  .strictObject({
    format: z.literal(1),
    projectId: ProjectIdSchema,
    version: z.number().int().positive(),
    demo: z.boolean(),
    keys: z
      .record(KeyId, z.strictObject({ publicKey: z.string().length(43), holder: z.string().min(1).max(249) }))
      .refine(keys => Object.keys(keys).length <= MOST_KEYS, 'too many keys'),
    roles: z.strictObject({ root: RoleSchema, centre: RoleSchema, release: RoleSchema, freshness: RoleSchema }),
    issuedAtMs: atMs,
    expiresAtMs: atMs,
  })
  .refine(
    ({ keys }) => Object.entries(keys).every(([id, { publicKey }]) => keyIdOf(publicKey) === id),
    'a key goes by the id of another',
  )
  .refine(
    ({ keys, roles }) => ROLES.every(role => roles[role].keyIds.every(id => Object.hasOwn(keys, id))),
    'a role names a key that is not there',
  )
  .refine(
    ({ roles }) => ROLES.every(role => roles[role].keyIds.length >= roles[role].threshold),
    'a role has fewer keys than must sign',
  )

export const SignedRootSchema: z.ZodType<SignedBySeveral<RootDocument>> = z.strictObject({
  body: RootDocumentSchema,
  signatures: z.array(z.strictObject({ keyId: KeyId, signature: z.string().max(128) })).max(2 * MOST_KEYS),
})

/** What a device trusts before any root document has come: the one key it was enrolled with. */
export function rootOfEnrolment(enrolled: {
  readonly projectId: string
  readonly rootPublicKey: string
  readonly demo: boolean
}): RootDocument {
  const { projectId, rootPublicKey, demo } = enrolled
  const keyId = keyIdOf(rootPublicKey)
  const [one, none] = [
    { keyIds: [keyId], threshold: 1 },
    { keyIds: [], threshold: 1 },
  ]
  return {
    format: 1,
    projectId,
    version: 0,
    demo,
    keys: { [keyId]: { publicKey: rootPublicKey, holder: 'collector' } },
    roles: { root: one, centre: one, release: none, freshness: none },
    issuedAtMs: 0,
    expiresAtMs: Number.MAX_SAFE_INTEGER,
  }
}

/** Another signature on it; a second one of the same key takes the place of the first. */
export function addSignature<T>(signed: SignedBySeveral<T>, purpose: string, key: SigningKey): SignedBySeveral<T> {
  const { keyId, signature } = signDocument(key, purpose, signed.body)
  const others = signed.signatures.filter(one => one.keyId !== keyId)
  return { ...signed, signatures: [...others, { keyId, signature }] }
}

/** Of this role, the keys whose signature stands under it. */
export const signersOf = <T>(
  root: RootDocument,
  role: RoleName,
  purpose: string,
  { body, signatures }: SignedBySeveral<T>,
): ReadonlySet<string> => {
  const { keyIds } = root.roles[role]
  return new Set(
    keyIds.filter(keyId => {
      const { publicKey } = root.keys[keyId] as TrustedKey
      return signatures.some(one => one.keyId === keyId && verifyDocument(publicKey, purpose, { body, ...one }).ok)
    }),
  )
}

/** T4 */
export function verifyByRole<T>(
  root: RootDocument,
  role: RoleName,
  purpose: string,
  signed: Signed<T> | SignedBySeveral<T>,
): Result<T, FaultOf<'bundle.bad-signature'>> {
  const several = 'signatures' in signed ? signed : { body: signed.body, signatures: [signed] }
  const { threshold } = root.roles[role]
  const signers = signersOf(root, role, purpose, several)
  if (signers.size >= threshold) return ok(several.body)
  const of = `${signers.size} of ${threshold} ${role} keys of root document ${root.version} signed it`
  return err(fault('bundle.bad-signature', `${purpose}: ${of}`))
}

export type RootRefused = FaultOf<'key.root-refused'>

/** T1 T2 T3 @param next As it came from a link or a stick. */
export function verifyNextRoot(
  current: RootDocument,
  next: unknown,
): Result<SignedBySeveral<RootDocument>, RootRefused> {
  const refused = (why: string): Result<never, RootRefused> => err(fault('key.root-refused', why))
  const parsed = SignedRootSchema.safeParse(next)
  if (!parsed.success) return refused(z.prettifyError(parsed.error))
  const { body } = parsed.data
  if (body.projectId !== current.projectId) return refused(`it is of the project ${body.projectId}`)
  if (body.version !== current.version + 1) return refused(`version ${body.version} does not follow ${current.version}`)
  if (body.demo !== current.demo) return refused('a demo stays one, and nothing else becomes one')
  for (const [root, whose] of [
    [current, 'known'],
    [body, 'new'],
  ] as const) {
    const { size } = signersOf(root, 'root', ROOT_PURPOSE, parsed.data)
    const { threshold } = root.roles.root
    if (size < threshold)
      return refused(`version ${body.version}: ${size} of ${threshold} ${whose} root keys signed it`)
  }
  return ok(parsed.data)
}

export interface RootWalk {
  readonly root: RootDocument
  /** What was new, in order. */
  readonly taken: readonly SignedBySeveral<RootDocument>[]
  /** Where it stopped. */
  readonly refused: RootRefused | null
}

/** As far as the documents lead from the one that is known; what is known already is passed over. */
export function walkRoots(current: RootDocument, offered: readonly unknown[]): RootWalk {
  const taken: SignedBySeveral<RootDocument>[] = []
  let root = current
  for (const next of offered) {
    const stated = (next as { readonly body?: { readonly version?: unknown } } | null)?.body?.version
    if (typeof stated === 'number' && stated <= root.version) continue
    const step = verifyNextRoot(root, next)
    if (!step.ok) return { root, taken, refused: step.error }
    taken.push(step.value)
    root = step.value.body
  }
  return { root, taken, refused: null }
}

/** What a device's trust store answers. */
export interface Trust {
  /** The newest root document it believes. */
  readonly current: () => RootDocument
}

/**
 * Whatever the release key of the project signs: a manifest, an order of a rollout. Whether it is
 * for this project, this model and this time is for the caller to say; expiry of the root does not
 * matter here, for an order to halt must be heard.
 */
export const verifyByRelease = <T>(
  trust: Trust,
  purpose: string,
  signed: Signed<T> | SignedBySeveral<T>,
): Result<T, FaultOf<'bundle.bad-signature'>> => verifyByRole(trust.current(), 'release', purpose, signed)
