/**
 * The freshness statement: what is in force in a project, said anew each day by a key that stays
 * online. It keeps whoever stands between a device and the centre from showing yesterday for
 * ever, or an older release than the others have.
 *
 * Laws, in `freshness.test.ts`:
 *   Y1 a statement counts under the root document that it names, and under no other
 *   Y2 none that is older than one that was heard, none that has expired
 *   Y3 a release below the one that is stated is not installed from the line
 *
 * It is for the line alone: a stick cannot be fresh, and rests on counter, root and age. Scoring
 * never waits for it.
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

export interface StatedRelease {
  readonly releaseId: string
  readonly counter: number
}

export interface FreshnessStatement {
  readonly format: 1
  readonly projectId: string
  readonly rootVersion: number
  /** By model: what has reached every ring, so that nobody is offered less. */
  readonly releases: Readonly<Record<string, StatedRelease>>
  readonly issuedAtMs: number
  readonly expiresAtMs: number
}

const count = z.number().int().nonnegative()

export const FreshnessStatementSchema: z.ZodType<FreshnessStatement> = z
  .strictObject({
    format: z.literal(1),
    projectId: ProjectIdSchema,
    rootVersion: count.positive(),
    releases: z
      .record(z.string().min(1).max(249), z.strictObject({ releaseId: z.string().min(1).max(249), counter: count }))
      .refine(releases => Object.keys(releases).length <= 1_000, 'too many models'),
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

const iso = (ms: number): string => {
  const date = new Date(ms)
  return Number.isNaN(date.getTime()) ? `${ms} ms` : date.toISOString()
}
