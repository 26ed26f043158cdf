/** A release of a hand-made model, signed by demo keys. For tests only. */
import {
  BUNDLE_FILES,
  makeBundle,
  RELEASE_KEY_PURPOSE,
  RELEASE_PURPOSE,
  ROLLOUT_PURPOSE,
  type Manifest,
  type Model,
  type ReleaseKeyCertificate,
  type RolloutOrder,
} from '@murram/score'
import { createSigningKey, signDocument, type Signed, type SigningKey } from '@murram/seal'
import type { ReleaseBody, RolloutBody } from '@murram/wire'
import { TEST_FORM_ID } from './test-form.ts'

const model = {
  format: 1,
  kind: 'linear',
  classes: ['not_poor', 'poor'],
  inputs: [
    { name: 'roof', kind: 'category', values: ['iron', 'tile', 'thatch'], weights: [-0.5, -2, 1.5], missing: 0 },
    { name: 'members', kind: 'number', mean: 5, scale: 2, weight: 0.8, low: 0, high: 30 },
  ],
  intercept: -0.2,
} satisfies Model

/** The model above as a graph, as `@murram/onnx-writer` wrote it. */
const graph = Buffer.from(
  [
    'CAgSBm11cnJhbRoBMTrYBwo0CgdtZW1iZXJzEggjbnVtYmVycxoIQ29uY2F0XzAiBkNvbmNhdCoLCgRheGlzGAGgAQI6AAp1Cggj',
    'bnVtYmVycxIII2ltcHV0ZWQaCUltcHV0ZXJfMSIHSW1wdXRlciofChRpbXB1dGVkX3ZhbHVlX2Zsb2F0czoEAACgQKABBioeChRy',
    'ZXBsYWNlZF92YWx1ZV9mbG9hdBUAAMB/oAEBOgphaS5vbm54Lm1sCigKCCNpbXB1dGVkCgQjbG93EggjZmxvb3JlZBoFTWF4XzIi',
    'A01heDoACikKCCNmbG9vcmVkCgUjaGlnaBIII2NsaXBwZWQaBU1pbl8zIgNNaW46AApWCggjY2xpcHBlZBIHI3NjYWxlZBoIU2Nh',
    'bGVyXzQiBlNjYWxlcioRCgZvZmZzZXQ6BAAAoECgAQYqEAoFc2NhbGU6BAAAAECgAQY6CmFpLm9ubngubWwKpAEKBHJvb2YSCiNj',
    'YXRlZ29yeTAaDkxhYmVsRW5jb2Rlcl81IgxMYWJlbEVuY29kZXIqJwoMa2V5c19zdHJpbmdzSgBKBGlyb25KBHRpbGVKBnRoYXRj',
    'aKABCCokCg12YWx1ZXNfZmxvYXRzOhAAAAAAAAAAvwAAAMAAAMA/oAEGKhcKDWRlZmF1bHRfZmxvYXQVAAAAAKABAToKYWkub25u',
    'eC5tbAo+Cgcjc2NhbGVkCgojY2F0ZWdvcnkwEgYjdGVybXMaCENvbmNhdF82IgZDb25jYXQqCwoEYXhpcxgBoAECOgAK7AEKBiN0',
    'ZXJtcxIFbGFiZWwSDXByb2JhYmlsaXRpZXMaEkxpbmVhckNsYXNzaWZpZXJfNyIQTGluZWFyQ2xhc3NpZmllciooChNjbGFzc2xh',
    'YmVsc19zdHJpbmdzSghub3RfcG9vckoEcG9vcqABCCojCgxjb2VmZmljaWVudHM6EM3MzL4AAAC/zczMPgAAAD+gAQYqGQoKaW50',
    'ZXJjZXB0czoIzczMPc3MzL2gAQYqEgoLbXVsdGlfY2xhc3MYAKABAiocCg5wb3N0X3RyYW5zZm9ybSIHU09GVE1BWKABAzoKYWku',
    'b25ueC5tbBIEdGVzdCoSCgIBARABQgQjbG93SgQAAAAAKhMKAgEBEAFCBSNoaWdoSgQAAPBBWhoKBHJvb2YSEgoQCAgSDAoGEgRy',
    'b3dzCgIIAVodCgdtZW1iZXJzEhIKEAgBEgwKBhIEcm93cwoCCAFiFwoFbGFiZWwSDgoMCAgSCAoGEgRyb3dzYiMKDXByb2JhYmls',
    'aXRpZXMSEgoQCAESDAoGEgRyb3dzCgIIAkIECgAQEUIOCgphaS5vbm54Lm1sEAM=',
  ].join(''),
  'base64',
)

export interface TestRelease {
  readonly signed: Signed<Manifest>
  readonly chain: Signed<ReleaseKeyCertificate>
  readonly files: ReadonlyMap<string, Uint8Array>
}

export interface TestReleaseOptions {
  readonly root: SigningKey
  readonly projectId: string
  readonly counter: number
  readonly formVersions?: readonly string[]
  readonly demo?: boolean
  /** The model's own test rows are for another model: the bundle is whole, signed and wrong. */
  readonly wrongVectors?: boolean
  /** One made for it unless told. */
  readonly releaseKey?: SigningKey
  /** Of the manifest's signature; a release unless told. */
  readonly purpose?: string
  /** How devices are to count. */
  readonly watched?: Pick<Manifest, 'drift' | 'region'>
}

export function makeTestRelease({
  root,
  projectId,
  counter,
  formVersions = ['1'],
  demo = true,
  wrongVectors = false,
  releaseKey = createSigningKey(),
  purpose = RELEASE_PURPOSE,
  watched = {},
}: TestReleaseOptions): TestRelease {
  const { files, entries } = makeBundle({
    model: wrongVectors ? { ...model, intercept: 3 } : model,
    onnx: graph,
    card: '# Test',
  })
  const chain = signDocument<ReleaseKeyCertificate>(root, RELEASE_KEY_PURPOSE, {
    projectId,
    publicKey: releaseKey.publicKey,
    demo,
    issuedAtMs: 0,
  })
  const signed = signDocument<Manifest>(releaseKey, purpose, {
    format: 1,
    projectId,
    modelName: 'vulnerability',
    releaseId: `release-${counter}`,
    counter,
    reason: counter === 1 ? 'baseline' : 'promotion',
    demo,
    formId: TEST_FORM_ID,
    formVersions,
    inputs: model.inputs.map(({ name, kind }) => ({ name, kind })),
    classes: model.classes,
    positive: 'poor',
    threshold: 0.5,
    conformal: null,
    metrics: {},
    parent: null,
    snapshot: null,
    ring: 1,
    createdAtMs: 0,
    expiresAtMs: 4_000_000_000_000,
    files: BUNDLE_FILES.flatMap(name => entries.filter(entry => entry.name === name)),
    ...watched,
  })
  return { signed, chain, files }
}

export interface TestRolloutOptions {
  readonly releaseKey: SigningKey
  readonly release: TestRelease
  readonly challenger?: TestRelease
  readonly said: Partial<RolloutOrder> & Pick<RolloutOrder, 'orderNumber'>
}

/** A row of the feed: all devices in one ring that is open, unless told. */
export function makeTestRollout({ releaseKey, release, challenger, said }: TestRolloutOptions): RolloutBody {
  const { projectId, modelName, releaseId, counter } = release.signed.body
  const order: RolloutOrder = {
    projectId,
    modelName,
    releaseId,
    counter,
    openRing: 1,
    shares: [1],
    staff: [],
    state: 'advancing',
    challenger:
      challenger === undefined
        ? null
        : { releaseId: challenger.signed.body.releaseId, counter: challenger.signed.body.counter },
    atMs: 0,
    ...said,
  }
  const bodyOf = ({ signed, chain }: TestRelease) => ({ signed, chain }) as ReleaseBody
  return {
    order: signDocument(releaseKey, ROLLOUT_PURPOSE, order),
    chain: bodyOf(release).chain,
    release: bodyOf(release),
    ...(challenger === undefined ? {} : { challenger: bodyOf(challenger) }),
  }
}
