/** A project with root documents, for tests: first one key on the collector, then two of three that lie offline. */
import { createSigningKey, keyIdOf, signDocument, type Signed, type SigningKey } from '@murram/seal'
import { DAY_MS, fixtureBundle, NOW_MS } from './fixture-bundle.ts'
import { FRESH_MS, FRESHNESS_PURPOSE, type FreshnessStatement } from './freshness.ts'
import { RELEASE_KEY_PURPOSE, RELEASE_PURPOSE, type Manifest, type ReleaseKeyCertificate } from './manifest.ts'
import { addSignature, ROOT_PURPOSE, type RootDocument, type SignedBySeveral } from './root-document.ts'

export interface TestTrust {
  readonly centre: SigningKey
  readonly release: SigningKey
  readonly freshness: SigningKey
  readonly holders: readonly SigningKey[]
  readonly first: SignedBySeveral<RootDocument>
  /** Signed by the first key and by two of three. */
  readonly offline: SignedBySeveral<RootDocument>
  readonly next: (root: RootDocument, changes: Partial<RootDocument>) => RootDocument
  readonly signRoot: (root: RootDocument, keys: readonly SigningKey[]) => SignedBySeveral<RootDocument>
  readonly chain: (release?: SigningKey, changes?: Partial<ReleaseKeyCertificate>) => Signed<ReleaseKeyCertificate>
  readonly manifest: (changes?: Partial<Manifest>, release?: SigningKey) => Signed<Manifest>
  readonly state: (changes?: Partial<FreshnessStatement>, key?: SigningKey) => Signed<FreshnessStatement>
}

export function createTestTrust(): TestTrust {
  const [centre, release, freshness] = [createSigningKey(), createSigningKey(), createSigningKey()]
  const holders = [createSigningKey(), createSigningKey(), createSigningKey()]
  const keysOf = (keys: readonly SigningKey[], holder: string): RootDocument['keys'] =>
    Object.fromEntries(keys.map(({ publicKey }) => [keyIdOf(publicKey), { publicKey, holder }]))
  const role = (keys: readonly SigningKey[], threshold = 1) => ({
    keyIds: keys.map(({ publicKey }) => keyIdOf(publicKey)),
    threshold,
  })
  const online = { centre: role([centre]), release: role([release]), freshness: role([freshness]) }
  const one: RootDocument = {
    format: 1,
    projectId: 'kilifi',
    version: 1,
    demo: false,
    keys: keysOf([centre, release, freshness], 'collector'),
    roles: { root: role([centre]), ...online },
    issuedAtMs: NOW_MS - 100 * DAY_MS,
    expiresAtMs: NOW_MS + 600 * DAY_MS,
  }
  const next: TestTrust['next'] = (root, changes) => ({ ...root, version: root.version + 1, ...changes })
  const signRoot: TestTrust['signRoot'] = (root, keys) =>
    keys.reduce((signed, key) => addSignature(signed, ROOT_PURPOSE, key), {
      body: root,
      signatures: [],
    } as SignedBySeveral<RootDocument>)
  const two = next(one, {
    keys: { ...one.keys, ...keysOf(holders, 'a holder') },
    roles: { root: role(holders, 2), ...online },
  })
  return {
    centre,
    release,
    freshness,
    holders,
    first: signRoot(one, [centre]),
    offline: signRoot(two, [centre, ...holders.slice(0, 2)]),
    next,
    signRoot,
    chain: (key = release, changes = {}) =>
      signDocument(centre, RELEASE_KEY_PURPOSE, {
        projectId: 'kilifi',
        publicKey: key.publicKey,
        demo: false,
        issuedAtMs: NOW_MS - 300 * DAY_MS,
        ...changes,
      }),
    manifest: (changes = {}, key = release) =>
      signDocument(key, RELEASE_PURPOSE, { ...fixtureBundle('linear').manifest, ...changes }),
    state: (changes = {}, key = freshness) =>
      signDocument(key, FRESHNESS_PURPOSE, {
        format: 1,
        projectId: 'kilifi',
        rootVersion: 2,
        releases: { vulnerability: { releaseId: 'vulnerability-7', counter: 7 } },
        orders: { vulnerability: { releaseId: 'vulnerability-7', counter: 7, orderNumber: 3, state: 'complete' } },
        issuedAtMs: NOW_MS - DAY_MS,
        expiresAtMs: NOW_MS - DAY_MS + FRESH_MS,
        ...changes,
      }),
  }
}
