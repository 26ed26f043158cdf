/**
 * A forgotten passphrase: the laptop asks, the central team opens the recovery wrap with the
 * project's key and answers to this laptop alone, and the officer chooses a new passphrase.
 *
 *   laptop   askForRecovery    key.json's recovery wrap + a fresh public key  ─► request
 *   centre   answerRecovery    opens the wrap, seals the data key to that key  ─► answer
 *   laptop   recoverStore      opens the answer, tries the store, wraps anew
 *
 * RC1 an answer opens one request once: the private key of a request is removed with its use
 * RC2 an answer of another project or to another request changes nothing
 * RC3 the project's private key never leaves the centre, and the data key never travels open
 *
 * Not here: who at the centre may answer. They should have seen the officer.
 */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { err, fault, ok, type Fault, type Result } from '@murram/ground'
import { openEncrypted } from '@murram/rxdb-sqlite'
import { createBoxKey, fromBase64Url, keyIdOf, openField, sealField, type BoxKey } from '@murram/seal'
import { z } from 'zod'
import { readIfThere, writeFileAtomic } from './atomic-file.ts'
import { recoveryWrapOf, rewrapDataKey, storePath, settleRekey } from './key-file.ts'
import type { KeySource } from './key-source.ts'

const RequestSchema = z.strictObject({
  murram: z.literal('recovery request'),
  answerTo: z.string().length(43),
  keyId: z.string(),
  wrap: z.string().max(1_000),
})
const AnswerSchema = z.strictObject({
  murram: z.literal('recovery answer'),
  answerTo: z.string().length(43),
  sealed: z.string().max(1_000),
})
const PairSchema = z.strictObject({ publicKey: z.string().length(43), privateKey: z.string().length(43) })

const waitingPath = (dataDir: string): string => join(dataDir, 'recovery-request.json')

/** @returns The request as text, for a file or a message: it may be read by anybody. */
export async function askForRecovery(dataDir: string): Promise<Result<string, Fault>> {
  const wrap = await recoveryWrapOf(dataDir)
  if (!wrap.ok) return wrap
  const pair = createBoxKey()
  await writeFileAtomic(waitingPath(dataDir), JSON.stringify(pair), 0o600)
  const { keyId, box } = wrap.value
  return ok(JSON.stringify({ murram: 'recovery request', answerTo: pair.publicKey, keyId, wrap: box }))
}

/** @param project The project's box key: at the centre only. */
export function answerRecovery(project: BoxKey, request: string): Result<string, Fault> {
  const read = parse(RequestSchema, request)
  if (read === null) return err(fault('store.wrong-key', 'this is no request for a recovery'))
  if (read.keyId !== keyIdOf(project.publicKey))
    return err(fault('store.wrong-key', 'the request is of another project'))
  const dataKey = openField(project, read.wrap)
  if (!dataKey.ok) return dataKey
  const sealed = sealField(read.answerTo, dataKey.value)
  return ok(JSON.stringify({ murram: 'recovery answer', answerTo: read.answerTo, sealed }))
}

/** @param source What opens the store from now on: a new passphrase. */
export async function recoverStore(dataDir: string, answer: string, source: KeySource): Promise<Result<void, Fault>> {
  const read = parse(AnswerSchema, answer)
  if (read === null) return err(fault('store.wrong-key', 'this is no answer to a recovery'))
  const kept = await readIfThere(waitingPath(dataDir))
  const pair = kept === null ? null : parse(PairSchema, Buffer.from(kept).toString('utf8'))
  if (pair?.publicKey !== read.answerTo)
    return err(fault('store.wrong-key', 'the answer is to another request: ask again on this laptop')) // RC2
  const opened = openField(pair, read.sealed)
  if (!opened.ok) return opened
  const settled = await settleRekey(dataDir, fromBase64Url(opened.value))
  if (!settled.ok) return settled
  const dataKey = settled.value
  const store = openEncrypted({ path: storePath(dataDir), key: dataKey, create: false })
  if (!store.ok) return err(fault(store.error.fault, store.error.detail))
  store.value.close()
  const wrapped = await rewrapDataKey(dataDir, dataKey, source)
  if (wrapped.ok) await rm(waitingPath(dataDir), { force: true }) // RC1
  return wrapped
}

function parse<T>(schema: z.ZodType<T>, text: string): T | null {
  try {
    return schema.safeParse(JSON.parse(text)).data ?? null
  } catch {
    return null
  }
}
