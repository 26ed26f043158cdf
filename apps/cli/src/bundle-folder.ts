/**
 * A bundle as a folder: the files of a release, `release.json` (the signed manifest and the
 * certificate of the key that signed it) and `root.pub` (the key that a project trusts). What
 * else lies there (a report, a scorecard, what it was trained on) is for people and not part
 * of the release.
 */
import { err, fault, ok, type Fault, type Result } from '@murram/ground'
import {
  BUNDLE_FILES,
  MAX_BUNDLE_BYTES,
  parseManifest,
  verifyFiles,
  verifyRelease,
  verifySignedRelease,
  type BundleFiles,
  type Manifest,
  type ReleaseKeyCertificate,
} from '@murram/score'
import type { Signed } from '@murram/seal'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeFolder } from './make-folder.ts'

export interface SignedRelease {
  readonly signed: Signed<Manifest>
  readonly chain: Signed<ReleaseKeyCertificate>
}

export interface OpenBundle {
  readonly manifest: Manifest
  /** The manifest with its signature, as it lies there. */
  readonly signed: Signed<Manifest>
  readonly files: BundleFiles
}

/** @param beside What is for people, by file name. */
export function writeBundle(
  folder: string,
  files: BundleFiles,
  release: SignedRelease,
  rootPublicKey: string,
  beside: ReadonlyMap<string, string> = new Map(),
): void {
  makeFolder(folder)
  for (const [name, text] of beside) writeFileSync(join(folder, name), text)
  for (const [name, bytes] of files) writeFileSync(join(folder, name), bytes)
  writeFileSync(join(folder, 'release.json'), `${JSON.stringify(release, null, 2)}\n`)
  writeFileSync(join(folder, 'root.pub'), `${rootPublicKey}\n`)
}

/**
 * Signature chain, expiry, counter, lengths and hashes; the graph itself is tried by whoever opens it.
 *
 * @param root The project's public key; the bundle's own `root.pub` if absent, which shows
 *   that the bundle is whole and not who made it.
 * @param nowMs What expiry and counter are held against; `null` where a bundle is only looked
 *   at, for an old one may be looked at for ever.
 */
export function readBundle(folder: string, root: string | undefined, nowMs: number | null): Result<OpenBundle, Fault> {
  let release: SignedRelease
  let files: BundleFiles
  let rootPublicKey: string
  try {
    release = JSON.parse(readFileSync(join(folder, 'release.json'), 'utf8')) as SignedRelease
    rootPublicKey = root ?? readFileSync(join(folder, 'root.pub'), 'utf8').trim()
    const present = new Set(readdirSync(folder))
    const names = BUNDLE_FILES.filter(name => present.has(name))
    // Before a byte is read: a folder may be anybody's.
    const sizeBytes = names.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
    if (sizeBytes > MAX_BUNDLE_BYTES)
      return err(fault('bundle.too-large', `${folder}: ${sizeBytes} bytes, at most ${MAX_BUNDLE_BYTES}`))
    files = new Map(names.map(name => [name, new Uint8Array(readFileSync(join(folder, name)))]))
  } catch (cause) {
    return err(fault('bundle.malformed', `${folder}: ${cause instanceof Error ? cause.message : String(cause)}`))
  }
  const named = parseManifest(release.signed)
  if (!named.ok) return named
  const { projectId, formVersions } = named.value
  const check = { ...release, rootPublicKey, allowDemo: true }
  const verified =
    nowMs === null
      ? verifySignedRelease(check)
      : verifyRelease({ ...check, projectId, highestCounter: -1, nowMs, formVersions })
  if (!verified.ok) return verified
  const whole = verifyFiles(verified.value, files)
  return whole.ok ? ok({ manifest: verified.value, signed: release.signed, files }) : whole
}
