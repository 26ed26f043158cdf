/**
 * Files into a release: the manifest that names them, signed, after the graph has reproduced
 * its test rows in ONNX Runtime here.
 */
import { ok, type Fault, type Result } from '@murram/ground'
import type { Figures } from '@murram/learn'
import { ManifestSchema, type Bundle, type Conformal, type Manifest, type ModelInput } from '@murram/score'
import { openScorer } from '@murram/score/onnx'
import { sha256 } from '@murram/seal'
import { gzipSync } from 'node:zlib'
import type { SignedRelease } from '../bundle-folder.ts'
import type { Signer } from './sign-release.ts'

export interface ReleaseOrder {
  readonly name: string
  readonly signer: Signer
  readonly nowMs: number
  readonly formId: string
  readonly formVersions: readonly string[]
  readonly inputs: readonly ModelInput[]
  /** Negative before positive where there are two. */
  readonly classes: readonly string[]
  readonly positive: string
  readonly threshold: number
  readonly conformal: Conformal | null
  readonly metrics: Figures
  readonly snapshot: string | null
}

export interface WrittenBundle extends Bundle {
  readonly manifest: Manifest
  readonly release: SignedRelease
  readonly bytes: number
  readonly gzipBytes: number
}

const VALID_MS = 90 * 86_400_000

export async function makeRelease(bundle: Bundle, order: ReleaseOrder): Promise<Result<WrittenBundle, Fault>> {
  const { name, signer, nowMs, metrics, ...facts } = order
  const manifest = ManifestSchema.parse({
    ...facts,
    format: 1,
    projectId: signer.projectId,
    modelName: name,
    releaseId: sha256(JSON.stringify(bundle.entries)).slice(0, 32),
    counter: Math.floor(nowMs / 1_000),
    reason: 'promotion',
    demo: signer.demo,
    metrics: Object.fromEntries(Object.entries(metrics).filter(([, value]) => value !== null)),
    parent: null,
    ring: 0,
    createdAtMs: nowMs,
    expiresAtMs: nowMs + VALID_MS,
    files: bundle.entries,
  })
  // Nothing is handed out that was not tried here.
  const opened = await openScorer({ manifest, files: bundle.files })
  if (!opened.ok) return opened
  await opened.value[Symbol.asyncDispose]()
  const release = signer.sign(manifest)
  return ok({ ...bundle, manifest, release, ...sizesOf(bundle, release) })
}

/** What a device takes over the line: the files and the signed manifest, as they are and compressed. */
function sizesOf({ files }: Bundle, release: SignedRelease): { readonly bytes: number; readonly gzipBytes: number } {
  const all = Buffer.concat([...files.values(), Buffer.from(JSON.stringify(release))])
  return { bytes: all.length, gzipBytes: gzipSync(all, { level: 9 }).length }
}
