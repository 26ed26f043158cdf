/**
 * Who may open a store: each source wraps the same random data key in its own way, and any
 * one of them gives it back.
 *
 *   passphrase        Argon2id (64 MiB, three passes) → AES-256-GCM
 *   operating-system  a secret store that the shell offers (Electron's safeStorage); its
 *                     backend is recorded, because a changed one is a reason to stop
 *   shared-machine    both: the operating system keeps what only the passphrase opens, for a
 *                     laptop on which several officers have one account
 *   key-file          a file of 32 random bytes that only this user may read: for a headless
 *                     agent, as safe as the disk it lies on and no safer
 *   recovery          a box to the project's public key; only the central team opens it
 *
 * Not here: where the wraps are kept (`key-file.ts`).
 *
 * Why a data key and wraps: a changed passphrase rewraps 32 bytes and re-encrypts nothing.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { argon2id } from 'hash-wasm'
import { err, fault, ok, type FaultOf, type Result } from '@murram/ground'
import {
  fromBase64Url,
  keyIdOf,
  openField,
  reveal,
  sealField,
  toBase64Url,
  type BoxKey,
  type Redacted,
} from '@murram/seal'
import { z } from 'zod'
import { isMissing } from './atomic-file.ts'

/** Both directions are text; `protect` may give another text each time. */
export interface OperatingSystemSecrets {
  /** What keeps the secret, e.g. `gnome_libsecret`, `dpapi`, `keychain`. */
  readonly backend: string
  readonly protect: (secret: string) => Promise<string>
  readonly reveal: (protectedText: string) => Promise<string>
}

export type KeySource =
  | { readonly kind: 'passphrase'; readonly passphrase: Redacted<string> }
  | { readonly kind: 'operating-system'; readonly secrets: OperatingSystemSecrets }
  | {
      readonly kind: 'shared-machine'
      readonly secrets: OperatingSystemSecrets
      readonly passphrase: Redacted<string>
    }
  | { readonly kind: 'key-file'; readonly path: string }
  | { readonly kind: 'recovery'; readonly boxKey: BoxKey }

const stretching = {
  salt: z.string(),
  iterations: z.number().int().min(1).max(64),
  memoryKiB: z.number().int().min(8).max(4_194_304),
  parallelism: z.number().int().min(1).max(16),
}
export const WrapSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('passphrase'), ...stretching, box: z.string() }),
  z.strictObject({ kind: z.literal('operating-system'), backend: z.string(), box: z.string() }),
  z.strictObject({ kind: z.literal('shared-machine'), backend: z.string(), ...stretching, box: z.string() }),
  z.strictObject({ kind: z.literal('key-file'), box: z.string() }),
  z.strictObject({ kind: z.literal('recovery'), keyId: z.string(), box: z.string() }),
])
export type Wrap = z.infer<typeof WrapSchema>

type KeyFault = FaultOf<'store.wrong-key'>
const ARGON2 = { iterations: 3, memoryKiB: 65_536, parallelism: 1 } as const

/** A recovery source cannot wrap: that is done with the project's public key at enrolment. */
export async function wrapDataKey(source: KeySource, dataKey: Uint8Array): Promise<Result<Wrap, KeyFault>> {
  switch (source.kind) {
    case 'passphrase': {
      const salt = randomBytes(16)
      const key = await stretch(reveal(source.passphrase), salt, ARGON2)
      return ok({ kind: 'passphrase', salt: toBase64Url(salt), ...ARGON2, box: seal(key, dataKey) })
    }
    case 'operating-system': {
      const { secrets } = source
      const box = await secrets.protect(toBase64Url(dataKey))
      return ok({ kind: 'operating-system', backend: secrets.backend, box })
    }
    case 'shared-machine': {
      const { secrets, passphrase } = source
      const salt = randomBytes(16)
      const key = await stretch(reveal(passphrase), salt, ARGON2)
      const box = await secrets.protect(seal(key, dataKey))
      return ok({ kind: 'shared-machine', backend: secrets.backend, salt: toBase64Url(salt), ...ARGON2, box })
    }
    case 'key-file': {
      const key = await readOrCreateKeyFile(source.path)
      return key.ok ? ok({ kind: 'key-file', box: seal(key.value, dataKey) }) : key
    }
    default:
      return err(fault('store.wrong-key', 'a recovery key opens a store and makes none'))
  }
}

export const wrapForRecovery = (boxPublicKey: string, dataKey: Uint8Array): Wrap => ({
  kind: 'recovery',
  keyId: keyIdOf(boxPublicKey),
  box: sealField(boxPublicKey, toBase64Url(dataKey)),
})

export async function unwrapDataKey(source: KeySource, wraps: readonly Wrap[]): Promise<Result<Uint8Array, KeyFault>> {
  const wrap = wraps.find(w => w.kind === source.kind)
  if (wrap === undefined) {
    const others = wraps.map(({ kind }) => kind).filter(kind => kind !== 'recovery')
    return err(fault('store.wrong-key', `no ${source.kind} opens this store; a ${others.join(' or a ')} does`))
  }
  if (source.kind === 'passphrase' && wrap.kind === 'passphrase')
    return openBox(await stretch(reveal(source.passphrase), fromBase64Url(wrap.salt), wrap), wrap.box, 'passphrase')
  if (source.kind === 'operating-system' && wrap.kind === 'operating-system') {
    const kept = await askOperatingSystem(source.secrets, wrap)
    if (!kept.ok) return kept
    const key = fromBase64Url(kept.value)
    return key.length === 32 ? ok(key) : err(fault('store.wrong-key', 'the operating system gave another secret'))
  }
  if (source.kind === 'shared-machine' && wrap.kind === 'shared-machine') {
    const kept = await askOperatingSystem(source.secrets, wrap)
    if (!kept.ok) return kept
    return openBox(await stretch(reveal(source.passphrase), fromBase64Url(wrap.salt), wrap), kept.value, 'passphrase')
  }
  if (source.kind === 'key-file' && wrap.kind === 'key-file') {
    const key = await readUserKeyFile(source.path)
    return key.ok ? openBox(key.value, wrap.box, 'key file') : key
  }
  if (source.kind === 'recovery' && wrap.kind === 'recovery') {
    const opened = openField(source.boxKey, wrap.box)
    return opened.ok ? ok(fromBase64Url(opened.value)) : opened
  }
  throw new Error(`a wrap of kind ${wrap.kind} for a source of kind ${source.kind}`)
}

async function askOperatingSystem(
  secrets: OperatingSystemSecrets,
  wrap: { readonly backend: string; readonly box: string },
): Promise<Result<string, KeyFault>> {
  if (secrets.backend !== wrap.backend)
    return err(fault('store.wrong-key', `wrapped by ${wrap.backend}, and ${secrets.backend} is here now`))
  try {
    return ok(await secrets.reveal(wrap.box))
  } catch {
    return err(fault('store.wrong-key', 'the operating system does not give the secret back'))
  }
}

const stretch = (
  passphrase: string,
  salt: Uint8Array,
  cost: { readonly iterations: number; readonly memoryKiB: number; readonly parallelism: number },
): Promise<Uint8Array> =>
  argon2id({
    password: passphrase.normalize('NFC'),
    salt,
    iterations: cost.iterations,
    memorySize: cost.memoryKiB,
    parallelism: cost.parallelism,
    hashLength: 32,
    outputType: 'binary',
  })

async function readOrCreateKeyFile(path: string): Promise<Result<Uint8Array, KeyFault>> {
  try {
    await writeFile(path, toBase64Url(randomBytes(32)), { flag: 'wx', mode: 0o600 })
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
  return readUserKeyFile(path)
}

async function readUserKeyFile(path: string): Promise<Result<Uint8Array, KeyFault>> {
  try {
    const { mode } = await stat(path)
    if (process.platform !== 'win32' && (mode & 0o077) !== 0)
      return err(fault('store.wrong-key', `others may read ${path}: chmod 600 it`))
    const key = fromBase64Url((await readFile(path, 'utf8')).trim())
    return key.length === 32 ? ok(key) : err(fault('store.wrong-key', `${path} holds no key`))
  } catch (error) {
    if (isMissing(error)) return err(fault('store.wrong-key', `${path} is not there`))
    throw error
  }
}

const NONCE_BYTES = 12
const TAG_BYTES = 16
const CONTEXT = Buffer.from('murram data-key 1')

export function seal(key: Uint8Array, secret: Uint8Array): string {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(CONTEXT)
  const sealed = Buffer.concat([cipher.update(secret), cipher.final()])
  return toBase64Url(Buffer.concat([nonce, cipher.getAuthTag(), sealed]))
}

export function openBox(key: Uint8Array, box: string, what: string): Result<Uint8Array, KeyFault> {
  const sealed = fromBase64Url(box)
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_BYTES))
      .setAAD(CONTEXT)
      .setAuthTag(sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES))
    const opened = Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()])
    return ok(new Uint8Array(opened))
  } catch {
    return err(fault('store.wrong-key', `the ${what} is another`))
  }
}
