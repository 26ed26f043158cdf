/** A project with root documents: two of three root keys lie offline. For tests only. */
import {
  addSignature,
  FRESH_MS,
  FRESHNESS_PURPOSE,
  RELEASE_KEY_PURPOSE,
  RELEASE_PURPOSE,
  ROOT_PURPOSE,
  type FreshnessStatement,
  type Manifest,
  type RootDocument,
  type SignedBySeveral,
} from '@murram/score'
import { createSigningKey, keyIdOf, signDocument, type SigningKey } from '@murram/seal'
import { makeTestRelease, type TestRelease } from './test-release.ts'

export interface TestTrust {
  readonly release: SigningKey
  readonly holders: readonly [SigningKey, SigningKey, SigningKey]
  /** Signed by the first key alone, then by it and two of three holders. */
  readonly roots: readonly [SignedBySeveral<RootDocument>, SignedBySeveral<RootDocument>]
  readonly signRoot: (body: RootDocument, keys: readonly SigningKey[]) => SignedBySeveral<RootDocument>
  /** The one after the second, with another release key. */
  readonly rotate: (release: SigningKey, changes?: Partial<RootDocument>) => RootDocument
  readonly publish: (changes?: Partial<Manifest>, key?: SigningKey) => TestRelease
  readonly state: (changes?: Partial<FreshnessStatement>, key?: SigningKey) => unknown
}

const YEAR_MS = 365 * 86_400_000

/** @param centre The key that devices are enrolled with. */
export function createTestTrust(centre: SigningKey, projectId: string, nowMs: number): TestTrust {
  const [release, freshness] = [createSigningKey(), createSigningKey()]
  const holders = [createSigningKey(), createSigningKey(), createSigningKey()] as const
  const known = (keys: readonly SigningKey[], holder: string) =>
    Object.fromEntries(keys.map(({ publicKey }) => [keyIdOf(publicKey), { publicKey, holder }]))
  const role = (keys: readonly SigningKey[], threshold = 1) => ({
    keyIds: keys.map(({ publicKey }) => keyIdOf(publicKey)),
    threshold,
  })
  const online = { centre: role([centre]), release: role([release]), freshness: role([freshness]) }
  const first: RootDocument = {
    format: 1,
    projectId,
    version: 1,
    demo: true,
    keys: known([centre, release, freshness], 'collector'),
    roles: { root: role([centre]), ...online },
    issuedAtMs: nowMs - YEAR_MS,
    expiresAtMs: nowMs + YEAR_MS,
  }
  const second: RootDocument = {
    ...first,
    version: 2,
    keys: { ...first.keys, ...known(holders, 'a holder') },
    roles: { root: role(holders, 2), ...online },
  }
  const signRoot: TestTrust['signRoot'] = (body, keys) =>
    keys.reduce<SignedBySeveral<RootDocument>>((signed, key) => addSignature(signed, ROOT_PURPOSE, key), {
      body,
      signatures: [],
    })
  return {
    release,
    holders,
    roots: [signRoot(first, [centre]), signRoot(second, [centre, holders[0], holders[1]])],
    signRoot,
    rotate: (key, changes = {}) => {
      const keys = { ...second.keys, ...known([key], 'collector') }
      return { ...second, version: 3, keys, roles: { ...second.roles, release: role([key]) }, ...changes }
    },
    publish: (changes = {}, key = release) => {
      const made = makeTestRelease({ root: centre, projectId, counter: changes.counter ?? 7 })
      const manifest: Manifest = { ...made.signed.body, createdAtMs: nowMs, expiresAtMs: nowMs + YEAR_MS, ...changes }
      const certificate = { projectId: manifest.projectId, publicKey: key.publicKey, demo: true, issuedAtMs: 0 }
      return {
        signed: signDocument(key, RELEASE_PURPOSE, manifest),
        chain: signDocument(centre, RELEASE_KEY_PURPOSE, certificate),
        files: made.files,
      }
    },
    state: (changes = {}, key = freshness) =>
      signDocument(key, FRESHNESS_PURPOSE, {
        format: 1,
        projectId,
        rootVersion: 2,
        releases: {},
        orders: {},
        issuedAtMs: nowMs,
        expiresAtMs: nowMs + FRESH_MS,
        ...changes,
      } satisfies FreshnessStatement),
  }
}
