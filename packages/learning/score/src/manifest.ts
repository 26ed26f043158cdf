/**
 * The manifest of a release: what a device must know before it trusts, installs and uses a
 * model. It is signed as it stands (purpose `release`) and names every file of the bundle by
 * length and hash, so that no file of one release can be put into another.
 *
 * The release key is certified by the project's root key (purpose `release-key`), which never
 * leaves the central team.
 */
import { FormIdSchema, ProjectIdSchema, Sha256Schema } from '@murram/ground'
import { z } from 'zod'
import { SketchPlanSchema, type SketchPlan } from './drift-sketch.ts'
import { DATE_ORDERS, type NumberReading } from './read-number.ts'

export const RELEASE_PURPOSE = 'release'
export const RELEASE_KEY_PURPOSE = 'release-key'

/** All files of a bundle but the manifest itself. */
export const BUNDLE_FILES = ['model.onnx', 'trees.json', 'vectors.json', 'card.md'] as const
/** Before the first byte is asked for: of one file, and of all together. */
const MAX_FILE_BYTES = 20_000_000
export const MAX_BUNDLE_BYTES = 40_000_000

export interface ModelInput extends NumberReading {
  readonly name: string
  readonly kind: 'category' | 'number' | 'text'
  /** Metres, seconds, whole persons, the card's currency: for whoever reads the card. */
  readonly unit?: string | undefined
  /** The question it is read from, where that has another name. */
  readonly from?: string | undefined
  /** In the form language, over the questions of the form: evaluated by whoever holds the form. */
  readonly expression?: string | undefined
}

export interface BundleFile {
  readonly name: string
  readonly sha256: string
  readonly sizeBytes: number
}

export interface Conformal {
  readonly coverage: number
  /** By class: it is possible while its probability is not lower. */
  readonly cutoffs: Readonly<Record<string, number>>
}

export interface Manifest {
  readonly format: 1
  readonly projectId: string
  readonly modelName: string
  readonly releaseId: string
  /** Rises with every release of the project, rollbacks included. */
  readonly counter: number
  readonly reason: 'baseline' | 'promotion' | 'rollback'
  readonly demo: boolean
  readonly formId: string
  readonly formVersions: readonly string[]
  readonly inputs: readonly ModelInput[]
  /** `[negative, positive]`; or several; or none, where the model says an amount. */
  readonly classes: readonly string[]
  /** Of two classes the second; of several the one that reports are about; of none `''`. */
  readonly positive: string
  /** Of two classes, the positive one is named from this probability on. */
  readonly threshold: number
  /** `null` where there were too few outcomes to measure doubt: then no answer is sure. */
  readonly conformal: Conformal | null
  readonly metrics: Readonly<Record<string, number>>
  /** The release it replaces, and the data it was trained on. */
  readonly parent: string | null
  readonly snapshot: string | null
  readonly ring: number
  readonly createdAtMs: number
  readonly expiresAtMs: number
  readonly files: readonly BundleFile[]
  /** How devices count answers for drift; absent where nobody asked for it. */
  readonly drift?: SketchPlan | undefined
  /** The question by whose answer they count apart; absent where the recipe names none. */
  readonly region?: string | undefined
}

const count = z.number().int().nonnegative()
const share = z.number().gte(0).lte(1)
const id = z.string().min(1).max(249)

export const ModelInputSchema: z.ZodType<ModelInput> = z.strictObject({
  name: id,
  kind: z.enum(['category', 'number', 'text']),
  unit: z.string().max(64).optional(),
  from: id.optional(),
  expression: z.string().min(1).max(2_000).optional(),
  read: z.enum(DATE_ORDERS).optional(),
  words: z.record(z.string().max(64), z.number()).optional(),
})

export const ManifestSchema: z.ZodType<Manifest> = z
  .strictObject({
    format: z.literal(1),
    projectId: ProjectIdSchema,
    modelName: id,
    releaseId: id,
    counter: count,
    reason: z.enum(['baseline', 'promotion', 'rollback']),
    demo: z.boolean(),
    formId: FormIdSchema,
    formVersions: z.array(z.string().max(249)).min(1),
    inputs: z.array(ModelInputSchema).min(1).max(5_000),
    classes: z.array(id).max(1_000),
    positive: z.string().max(249),
    threshold: share,
    conformal: z.strictObject({ coverage: share, cutoffs: z.record(z.string(), share) }).nullable(),
    metrics: z.record(z.string(), z.number()),
    parent: id.nullable(),
    snapshot: id.nullable(),
    ring: count,
    createdAtMs: count,
    expiresAtMs: count,
    files: z.array(
      z.strictObject({
        name: z.enum(BUNDLE_FILES),
        sha256: Sha256Schema,
        sizeBytes: count.lte(MAX_FILE_BYTES),
      }),
    ),
    drift: SketchPlanSchema.optional(),
    region: id.optional(),
  })
  .refine(
    ({ classes, positive }) =>
      classes.length === 0 ? positive === '' : classes.length > 1 && classes.includes(positive),
    'the positive class is not among its classes',
  )
  .refine(
    ({ classes, positive }) => classes.length !== 2 || classes[1] === positive,
    'the positive class is not the second',
  )
  .refine(
    ({ files }) => files.length === BUNDLE_FILES.length && new Set(files.map(({ name }) => name)).size === files.length,
    `does not name each of ${BUNDLE_FILES.join(', ')} once`,
  )

export interface ReleaseKeyCertificate {
  readonly projectId: string
  readonly publicKey: string
  readonly demo: boolean
  readonly issuedAtMs: number
}

export const ReleaseKeyCertificateSchema: z.ZodType<ReleaseKeyCertificate> = z.strictObject({
  projectId: ProjectIdSchema,
  publicKey: z.string().min(1).max(128),
  demo: z.boolean(),
  issuedAtMs: count,
})
