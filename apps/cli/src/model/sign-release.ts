/**
 * Who signs a bundle: the release key of a project where its `keys.json` is given, else a key
 * made for this bundle alone, which no project trusts (it shows that the bundle is whole).
 */
import { loadProjectKeys } from '@murram/collector'
import { ok, type Fault, type Result } from '@murram/ground'
import { RELEASE_KEY_PURPOSE, RELEASE_PURPOSE, type Manifest, type ReleaseKeyCertificate } from '@murram/score'
import { createSigningKey, signDocument, type Signed, type SigningKey } from '@murram/seal'
import type { SignedRelease } from '../bundle-folder.ts'
import { pathOf } from '../print.ts'

export interface Signer {
  readonly projectId: string
  readonly demo: boolean
  readonly rootPublicKey: string
  sign(manifest: Manifest): SignedRelease
}

export function openSigner(keyFile: string | undefined): Result<Signer, Fault> {
  if (keyFile === undefined) {
    const [root, release] = [createSigningKey(), createSigningKey()]
    const certificate = { projectId: 'local', publicKey: release.publicKey, demo: false, issuedAtMs: Date.now() }
    return ok(signerOf(release, signDocument(root, RELEASE_KEY_PURPOSE, certificate), root.publicKey))
  }
  const keys = loadProjectKeys(pathOf(keyFile))
  return keys.ok ? ok(signerOf(keys.value.release, keys.value.releaseCertificate, keys.value.root.publicKey)) : keys
}

const signerOf = (release: SigningKey, chain: Signed<ReleaseKeyCertificate>, rootPublicKey: string): Signer => ({
  projectId: chain.body.projectId,
  demo: chain.body.demo,
  rootPublicKey,
  sign: manifest => ({ signed: signDocument(release, RELEASE_PURPOSE, manifest), chain }),
})
