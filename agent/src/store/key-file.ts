/**
 * `key.json`: the wrapped copies of a store's data key. Nothing in it opens the store alone.
 *
 * Laws, in `key-file.test.ts`:
 *   KF1 any source that wrapped the key opens it; another one gives `store.wrong-key`
 *   KF2 a store without its key file is `store.key-missing`; no new key is made over it
 *   KF3 an existing key file is never replaced by one with another data key, but by `rekey-store.ts`,
 *       which keeps both until it is known which of them the store is under
 *
 * Why so strict: a messenger that made a new key over an existing database after a change of
 * the keyring made years of messages unreadable (notes/sync-and-store.md §6, 23 and 24).
 */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { err, fault, ok, type Fault, type FaultOf, type Result } from '@murram/ground'
import { openEncrypted } from '@murram/rxdb-sqlite'
import { z } from 'zod'
import { readIfThere, writeFileAtomic } from './atomic-file.ts'
import { openBox, seal, unwrapDataKey, wrapDataKey, wrapForRecovery, WrapSchema, type KeySource } from './key-source.ts'

export const keyFilePath = (dataDir: string): string => join(dataDir, 'key.json')
export const storePath = (dataDir: string): string => join(dataDir, 'store.sqlite')

const KeyFileSchema = z.strictObject({
  format: z.literal(1),
  createdAtMs: z.number().int(),
  wraps: z.array(WrapSchema).min(1),
  /** A re-key is under way, or was cut off: the new key, wrapped as it will be, and under the present one. */
  next: z.strictObject({ wraps: z.array(WrapSchema).min(1), box: z.string() }).optional(),
})
type KeyFile = z.infer<typeof KeyFileSchema>
type KeyFault = FaultOf<'store.wrong-key'> | FaultOf<'store.key-missing'>

/** The data key of an existing store. A re-key that was cut off is brought to its end. */
export async function openDataKey(dataDir: string, source: KeySource): Promise<Result<Uint8Array, Fault>> {
  const file = await readKeyFile(dataDir)
  if (!file.ok) return file
  return file.value === null
    ? err(fault('store.key-missing', keyFilePath(dataDir)))
    : unwrapAndSettle(dataDir, source, file.value)
}

async function unwrapAndSettle(dataDir: string, source: KeySource, file: KeyFile): Promise<Result<Uint8Array, Fault>> {
  const dataKey = await unwrapDataKey(source, file.wraps)
  return dataKey.ok ? settleRekey(dataDir, dataKey.value) : dataKey
}

/**
 * Which key the store is under, where a re-key was cut off; the key file then knows that one alone.
 *
 * @param dataKey That the key file's wraps hold.
 */
export async function settleRekey(dataDir: string, dataKey: Uint8Array): Promise<Result<Uint8Array, Fault>> {
  const file = await readKeyFile(dataDir)
  if (!file.ok) return file
  if (file.value?.next === undefined) return ok(dataKey)
  const { next, ...present } = file.value
  const newKey = openBox(dataKey, next.box, 'key of the re-key that was cut off')
  if (!newKey.ok) return newKey
  const opened = openEncrypted({ path: storePath(dataDir), key: dataKey, nextKey: newKey.value, create: false })
  // What is damaged is for salvage to read, and its key file stays as it is.
  if (!opened.ok)
    return opened.error.fault === 'store.damaged' ? ok(dataKey) : err(fault(opened.error.fault, opened.error.detail))
  const isNew = opened.value.openedWith === 'nextKey'
  opened.value.close()
  await writeKeyFile(dataDir, isNew ? { ...present, wraps: next.wraps } : present)
  return ok(isNew ? newKey.value : dataKey)
}

/**
 * Keeps a new data key beside the present one, so that a store under either of them opens.
 *
 * @param boxPublicKey Of the project: the central team can open the new key as it could the former one.
 */
export async function keepNextKey(
  dataDir: string,
  source: KeySource,
  {
    dataKey,
    newKey,
    boxPublicKey,
  }: { readonly dataKey: Uint8Array; readonly newKey: Uint8Array; readonly boxPublicKey: string },
): Promise<Result<void, Fault>> {
  const file = await readKeyFile(dataDir)
  if (!file.ok) return file
  if (file.value === null) return err(fault('store.key-missing', keyFilePath(dataDir)))
  const wrap = await wrapDataKey(source, newKey)
  if (!wrap.ok) return wrap
  const hasRecovery = file.value.wraps.some(({ kind }) => kind === 'recovery')
  const wraps = [wrap.value, ...(hasRecovery ? [wrapForRecovery(boxPublicKey, newKey)] : [])]
  await writeKeyFile(dataDir, { ...file.value, next: { wraps, box: seal(dataKey, newKey) } })
  return ok(undefined)
}

/**
 * For enrolment: the data key that is there (an enrolment that was cut short), or a new one
 * where neither a key file nor a store exists.
 */
export async function openOrCreateDataKey(
  dataDir: string,
  source: KeySource,
  nowMs: number,
): Promise<Result<Uint8Array, Fault>> {
  const [file, store] = await Promise.all([readKeyFile(dataDir), readIfThere(storePath(dataDir))])
  if (!file.ok) return file
  if (file.value !== null) return unwrapAndSettle(dataDir, source, file.value)
  if (store !== null) return err(fault('store.key-missing', keyFilePath(dataDir)))
  const dataKey = new Uint8Array(randomBytes(32))
  const wrap = await wrapDataKey(source, dataKey)
  if (!wrap.ok) return wrap
  await writeKeyFile(dataDir, { format: 1, createdAtMs: nowMs, wraps: [wrap.value] })
  return ok(dataKey)
}

/** Adds the wrap that the central team can open; the others stay as they are. */
export async function addRecoveryWrap(
  dataDir: string,
  boxPublicKey: string,
  dataKey: Uint8Array,
): Promise<Result<void, KeyFault>> {
  const file = await readKeyFile(dataDir)
  if (!file.ok) return file
  if (file.value === null) return err(fault('store.key-missing', keyFilePath(dataDir)))
  const others = file.value.wraps.filter(wrap => wrap.kind !== 'recovery')
  await writeKeyFile(dataDir, { ...file.value, wraps: [...others, wrapForRecovery(boxPublicKey, dataKey)] })
  return ok(undefined)
}

/**
 * Puts the key under another source: a new passphrase, or one after a recovery. The recovery
 * wrap stays; whatever opened the store before does not open it any more.
 *
 * @param dataKey Of this store: whoever has it has opened the store.
 */
export async function rewrapDataKey(
  dataDir: string,
  dataKey: Uint8Array,
  source: KeySource,
): Promise<Result<void, KeyFault>> {
  const file = await readKeyFile(dataDir)
  if (!file.ok) return file
  if (file.value === null) return err(fault('store.key-missing', keyFilePath(dataDir)))
  const wrap = await wrapDataKey(source, dataKey)
  if (!wrap.ok) return wrap
  const kept = file.value.wraps.filter(({ kind }) => kind === 'recovery')
  await writeKeyFile(dataDir, { ...file.value, wraps: [wrap.value, ...kept] })
  return ok(undefined)
}

/** What only the central team can open, for a request to do so. */
export async function recoveryWrapOf(
  dataDir: string,
): Promise<Result<{ readonly keyId: string; readonly box: string }, KeyFault>> {
  const file = await readKeyFile(dataDir)
  if (!file.ok) return file
  const wrap = file.value?.wraps.find(one => one.kind === 'recovery')
  return wrap?.kind === 'recovery'
    ? ok({ keyId: wrap.keyId, box: wrap.box })
    : err(fault('store.key-missing', `${keyFilePath(dataDir)} has no recovery wrap`))
}

const writeKeyFile = (dataDir: string, file: KeyFile): Promise<void> =>
  writeFileAtomic(keyFilePath(dataDir), `${JSON.stringify(file, null, 2)}\n`, 0o600)

async function readKeyFile(dataDir: string): Promise<Result<KeyFile | null, FaultOf<'store.key-missing'>>> {
  const bytes = await readIfThere(keyFilePath(dataDir))
  if (bytes === null) return ok(null)
  try {
    const parsed = KeyFileSchema.safeParse(JSON.parse(Buffer.from(bytes).toString('utf8')))
    if (parsed.success) return ok(parsed.data)
  } catch {
    // Not JSON: said below, together with JSON of another shape.
  }
  return err(fault('store.key-missing', `${keyFilePath(dataDir)} is damaged`))
}
