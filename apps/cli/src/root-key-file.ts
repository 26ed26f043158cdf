/**
 * The file of one root key: the public half and its holder in the open, the private half under a
 * passphrase. It belongs on a stick in a drawer, and on no collector.
 */
import { unwrapDataKey, wrapDataKey, WrapSchema } from '@murram/agent'
import { err, fault, ok, type Fault, type Result } from '@murram/ground'
import { createSigningKey, fromBase64Url, redact, toBase64Url, type SigningKey } from '@murram/seal'
import { writeFileSync } from 'node:fs'
import { z } from 'zod'
import { pathOf } from './print.ts'
import { readGiven } from './read-given.ts'

const PublicHalf = z.object({ holder: z.string().min(1).max(249), publicKey: z.string().length(43) })
const RootKeyFile = PublicHalf.extend({
  murram: z.literal('root key'),
  format: z.literal(1),
  wrap: WrapSchema,
}).strict()

export interface RootKeyHolder {
  readonly holder: string
  readonly publicKey: string
}

/** Never over a file that is there: it could be the only one of its key. */
export async function makeRootKey(file: string, holder: string): Promise<Result<RootKeyHolder, Fault>> {
  const passphrase = passphraseOf()
  if (!passphrase.ok) return passphrase
  const { publicKey, privateKey } = createSigningKey()
  const wrapped = await wrapDataKey(passphrase.value, fromBase64Url(privateKey))
  if (!wrapped.ok) return wrapped
  const body: z.infer<typeof RootKeyFile> = { murram: 'root key', format: 1, holder, publicKey, wrap: wrapped.value }
  const written = writeNew(file, body)
  return written.ok ? ok({ holder, publicKey }) : written
}

/** Of a key file, or of its public half alone (`FILE.pub`). */
export function readHolder(file: string): Result<RootKeyHolder, Fault> {
  const read = readJson(file, PublicHalf)
  return read.ok ? ok({ holder: read.value.holder, publicKey: read.value.publicKey }) : read
}

export async function openRootKey(file: string): Promise<Result<SigningKey & RootKeyHolder, Fault>> {
  const read = readJson(file, RootKeyFile)
  if (!read.ok) return read
  const passphrase = passphraseOf()
  if (!passphrase.ok) return passphrase
  const { holder, publicKey, wrap } = read.value
  const opened = await unwrapDataKey(passphrase.value, [wrap])
  return opened.ok
    ? ok({ holder, publicKey, privateKey: toBase64Url(opened.value) })
    : err(fault('cli.usage', `${file}: MURRAM_PASSPHRASE is not the passphrase of this root key`))
}

export function writeNew(file: string, body: unknown): Result<void, Fault> {
  return write(file, body, 'wx')
}

export function write(file: string, body: unknown, flag: 'w' | 'wx' = 'w'): Result<void, Fault> {
  try {
    writeFileSync(pathOf(file), `${JSON.stringify(body, null, 2)}\n`, { mode: 0o600, flag, flush: true })
    return ok(undefined)
  } catch (cause) {
    return err(fault('cli.usage', `${file}: ${cause instanceof Error ? cause.message : String(cause)}`))
  }
}

export function readJson<T>(file: string, schema: z.ZodType<T>): Result<T, Fault> {
  const bytes = readGiven(file)
  if (!bytes.ok) return bytes
  try {
    const parsed = schema.safeParse(JSON.parse(new TextDecoder().decode(bytes.value)))
    return parsed.success
      ? ok(parsed.data)
      : err(fault('cli.file-unreadable', `${file}: ${z.prettifyError(parsed.error)}`))
  } catch {
    return err(fault('cli.file-unreadable', `${file}: it is not JSON`))
  }
}

function passphraseOf() {
  const passphrase = process.env.MURRAM_PASSPHRASE
  return passphrase === undefined || passphrase === ''
    ? err(fault('cli.usage', 'set MURRAM_PASSPHRASE to the passphrase of this root key'))
    : ok({ kind: 'passphrase', passphrase: redact(passphrase) } as const)
}
