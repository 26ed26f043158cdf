/**
 * Signed bundles for the tests of this room. The models in `fixtures/` come from the trainer
 * and the graph writer (`bench/score-fixtures.ts`) and are kept as files: what was made by an
 * earlier version must still open. (The way through all three rooms: `trained-bundle.test.ts`.)
 */
import { readFileSync } from 'node:fs'
import { createSigningKey, signDocument, type Signed, type SigningKey } from '@murram/seal'
import { makeBundle, type Bundle } from './bundle.ts'
import { RELEASE_KEY_PURPOSE, RELEASE_PURPOSE, type Manifest, type ReleaseKeyCertificate } from './manifest.ts'
import { Model1Schema, type Model1 } from './model-format-1.ts'

const fixture = (name: string): Uint8Array => readFileSync(new URL(`../fixtures/${name}`, import.meta.url))

export const fixtureGraph = (name: string): Uint8Array => new Uint8Array(fixture(`${name}.onnx`))

export const fixtureModel = (name: 'linear' | 'trees'): Model1 =>
  Model1Schema.parse(JSON.parse(new TextDecoder().decode(fixture(`${name}.json`))))

export const DAY_MS = 86_400_000
export const NOW_MS = Date.UTC(2026, 2, 1)

export interface TestBundle extends Bundle {
  readonly model: Model1
  readonly manifest: Manifest
}

export function fixtureBundle(name: 'linear' | 'trees', changes: Partial<Manifest> = {}): TestBundle {
  const model = fixtureModel(name)
  const bundle = makeBundle({ model, onnx: fixtureGraph(name), card: '# Vulnerability\n' })
  const manifest: Manifest = {
    format: 1,
    projectId: 'kilifi',
    modelName: 'vulnerability',
    releaseId: 'vulnerability-7',
    counter: 7,
    reason: 'promotion',
    demo: false,
    formId: 'household',
    formVersions: ['3', '4'],
    inputs: model.inputs.map(({ name, kind }) => ({ name, kind })),
    classes: model.classes,
    positive: 'poor',
    threshold: 0.5,
    conformal: { coverage: 0.9, cutoffs: { 'not poor': 0.4, poor: 0.4 } },
    metrics: { auc: 0.9 },
    parent: 'vulnerability-6',
    snapshot: 'snapshot-12',
    ring: 1,
    createdAtMs: NOW_MS - DAY_MS,
    expiresAtMs: NOW_MS + 90 * DAY_MS,
    files: bundle.entries,
    ...changes,
  }
  return { ...bundle, model, manifest }
}

export interface TestProject {
  readonly root: SigningKey
  readonly release: SigningKey
  certify(changes?: Partial<ReleaseKeyCertificate>): Signed<ReleaseKeyCertificate>
  sign(manifest: Manifest): Signed<Manifest>
}

export function createTestProject(): TestProject {
  const root = createSigningKey()
  const release = createSigningKey()
  return {
    root,
    release,
    certify: (changes = {}) =>
      signDocument(root, RELEASE_KEY_PURPOSE, {
        projectId: 'kilifi',
        publicKey: release.publicKey,
        demo: false,
        issuedAtMs: NOW_MS - 300 * DAY_MS,
        ...changes,
      }),
    sign: manifest => signDocument(release, RELEASE_PURPOSE, manifest),
  }
}
