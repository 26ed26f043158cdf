/**
 * The files of a release: made here at the centre, checked here on the device.
 *
 * Length and hash are compared before anything is read: a model with one flipped bit often
 * loads without complaint (13 of 60 flips, measured).
 */
import { err, fault, ok, type FaultOf, type Result } from '@murram/ground'
import { sha256 } from '@murram/seal'
import type { BundleFile, Manifest } from './manifest.ts'
import { isOwn, ModelSchema, type Model } from './model.ts'
import { shortJson } from './short-json.ts'
import { makeVectors, VectorsSchema, type Vectors } from './vectors.ts'

export type BundleFiles = ReadonlyMap<string, Uint8Array>

export interface BundleParts {
  /** The trainer's result, or what is known of a graph made elsewhere. */
  readonly model: Model
  /** The same model as a graph. */
  readonly onnx: Uint8Array
  /** The model card, as Markdown for people. */
  readonly card: string
  /** The test rows, where the model cannot make its own (a graph made elsewhere). */
  readonly vectors?: Vectors
}

export interface Bundle {
  readonly files: BundleFiles
  /** For the manifest. */
  readonly entries: readonly BundleFile[]
  readonly sizeBytes: number
}

export function makeBundle({ model, onnx, card, vectors }: BundleParts): Bundle {
  const rows = vectors ?? (isOwn(model) ? makeVectors(model) : undefined)
  if (rows === undefined) throw new Error('a graph made elsewhere comes with its test rows')
  const files = new Map<string, Uint8Array>([
    ['model.onnx', onnx],
    ['trees.json', toBytes(shortJson(ModelSchema.parse(model)))],
    ['vectors.json', toBytes(shortJson(rows))],
    ['card.md', toBytes(card)],
  ])
  const entries = [...files].map(([name, bytes]) => ({ name, sha256: sha256(bytes), sizeBytes: bytes.length }))
  return { files, entries, sizeBytes: entries.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) }
}

/** Every file that the manifest names is there, with its length and hash. */
export function verifyFiles(
  { files: entries }: Pick<Manifest, 'files'>,
  files: BundleFiles,
): Result<void, FaultOf<'bundle.hash-mismatch'>> {
  for (const { name, sha256: expected, sizeBytes } of entries) {
    const bytes = files.get(name)
    if (bytes === undefined) return err(fault('bundle.hash-mismatch', `${name} is missing`, { name }))
    if (bytes.length !== sizeBytes)
      return err(fault('bundle.hash-mismatch', `${name} has ${bytes.length} bytes, not ${sizeBytes}`, { name }))
    if (sha256(bytes) !== expected) return err(fault('bundle.hash-mismatch', `${name} has another content`, { name }))
  }
  return ok(undefined)
}

export const readModel = (files: BundleFiles): Result<Model, FaultOf<'bundle.malformed'>> =>
  readJson(files, 'trees.json', value => ModelSchema.parse(value))

export const readVectors = (files: BundleFiles): Result<Vectors, FaultOf<'bundle.malformed'>> =>
  readJson(files, 'vectors.json', value => VectorsSchema.parse(value))

function readJson<T>(
  files: BundleFiles,
  name: string,
  parse: (value: unknown) => T,
): Result<T, FaultOf<'bundle.malformed'>> {
  try {
    return ok(parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(files.get(name)))))
  } catch (cause) {
    return err(fault('bundle.malformed', `${name}: ${cause instanceof Error ? cause.message : String(cause)}`))
  }
}

const toBytes = (text: string): Uint8Array => new TextEncoder().encode(text)
