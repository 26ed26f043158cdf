export type { Assessment } from './assessment.ts'
export { makeBundle, verifyFiles } from './bundle.ts'
export type { Bundle, BundleFiles, BundleParts } from './bundle.ts'
export { evaluate } from './evaluate.ts'
export { topReasons } from './explain.ts'
export type { Reason } from './explain.ts'
export { toFeatureRow } from './feature-row.ts'
export type { FeatureRow } from './feature-row.ts'
export {
  BUNDLE_FILES,
  ManifestSchema,
  RELEASE_KEY_PURPOSE,
  RELEASE_PURPOSE,
  ReleaseKeyCertificateSchema,
} from './manifest.ts'
export type { BundleFile, Conformal, Manifest, ModelInput, ReleaseKeyCertificate } from './manifest.ts'
export { ModelSchema } from './model.ts'
export type { Model } from './model.ts'
export { readNumber, toDays } from './read-number.ts'
export type { DateOrder, NumberReading } from './read-number.ts'
export { parseManifest, verifyRelease } from './release.ts'
export type { ReleaseCheck } from './release.ts'
export { makeVectors } from './vectors.ts'
export type { Vectors } from './vectors.ts'
