/**
 * The key that copies of unsent work are sealed for. Its public half lies in the store, so that
 * a copy is made without asking anybody; its secret half only in wraps: one that opens like this
 * officer's store (a passphrase), and one for the organisation's recovery key. Either opens.
 *
 * CK1 no copy holds anything that opens it, and neither does the store
 */
import { err, fault, ok, type Fault, type Result } from '@murram/ground'
import { boxKeyOfPrivate, createBoxKey, fromBase64Url, redact, toBase64Url, type BoxKey } from '@murram/seal'
import type { BundleHeader } from '@murram/wire'
import { z } from 'zod'
import type { DeviceValues } from '../store/device-values.ts'
import {
  unwrapDataKey,
  wrapDataKey,
  wrapForRecovery,
  WrapSchema,
  type KeySource,
  type Wrap,
} from '../store/key-source.ts'

export interface CopyKey {
  readonly publicKey: string
  readonly openers: readonly Wrap[]
}

const NAME = 'copy.key'
const CopyKeySchema = z.object({ publicKey: z.string(), openers: z.array(WrapSchema) })

export function readCopyKey(values: DeviceValues): CopyKey | null {
  const text = values.get(NAME)
  return text === null ? null : CopyKeySchema.parse(JSON.parse(text))
}

/** @param passphrase Beside the store's own source; for a store that is opened by a file on the same disk. */
export async function makeCopyKey(
  values: DeviceValues,
  {
    source,
    passphrase,
    boxPublicKey,
  }: { readonly source: KeySource; readonly passphrase?: string; readonly boxPublicKey: string },
): Promise<Result<CopyKey, Fault>> {
  const made = createBoxKey()
  const secret = fromBase64Url(made.privateKey)
  const openers: Wrap[] = []
  const given: KeySource = passphrase === undefined ? source : { kind: 'passphrase', passphrase: redact(passphrase) }
  // Who opened the store with the recovery key has nothing else to wrap with.
  if (given.kind !== 'recovery') {
    const wrap = await wrapDataKey(given, secret)
    if (!wrap.ok) return wrap
    openers.push(wrap.value)
  }
  openers.push(wrapForRecovery(boxPublicKey, secret))
  const key: CopyKey = { publicKey: made.publicKey, openers }
  values.set(NAME, JSON.stringify(key))
  return ok(key)
}

/** Whoever has one of the openers: the officer, or the central team. */
export async function openCopyKey(header: BundleHeader, source: KeySource): Promise<Result<BoxKey, Fault>> {
  const openers = z.array(WrapSchema).safeParse(header.openers)
  if (!openers.success) return err(fault('carry.newer', 'nothing here knows how to open it'))
  const secret = await unwrapDataKey(source, openers.data)
  return secret.ok ? ok(boxKeyOfPrivate(toBase64Url(secret.value))) : secret
}
