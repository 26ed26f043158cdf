/**
 * Who may open the store of a laptop.
 *
 *   MURRAM_PASSPHRASE=old MURRAM_NEW_PASSPHRASE=new murram agent change-passphrase --data ./laptop
 *
 *   MURRAM_PASSPHRASE=… murram agent rekey --data ./laptop      (the passphrase stays, the key below it changes)
 *
 * And where the passphrase is forgotten, with the central team's help:
 *
 *   laptop   murram agent ask-recovery --data ./laptop --to request.json
 *   centre   murram collector answer-recovery request.json --data ./centre --to answer.json
 *   laptop   MURRAM_NEW_PASSPHRASE=new murram agent recover answer.json --data ./laptop
 *
 * Exit: 0 done · 2 it could not be done, and nothing was changed.
 */
import { answerRecovery, askForRecovery, openDataKey, recoverStore, rekeyStore, rewrapDataKey } from '@murram/agent'
import { err, fault, ok, type Fault, type Result } from '@murram/ground'
import { redact } from '@murram/seal'
import { writeFileSync } from 'node:fs'
import { keysOfCentre } from '../keys-of-centre.ts'
import { pathOf, print, sayFault, type ExitCode } from '../print.ts'
import { readGiven } from '../read-given.ts'
import { houseOf, type AgentOptions } from './agent.ts'

type FileOptions = AgentOptions & { readonly to: string }

export async function agentChangePassphrase(options: AgentOptions): Promise<ExitCode> {
  const { dataDir, key } = houseOf(options)
  const next = newPassphrase()
  if (!next.ok) return sayFault(next.error, options)
  const dataKey = await openDataKey(dataDir, key)
  if (!dataKey.ok) return sayFault(dataKey.error, options)
  const changed = await rewrapDataKey(dataDir, dataKey.value, next.value)
  return said(changed, options, 'the new passphrase opens this store from now on; the former one does not')
}

export async function agentRekey(options: AgentOptions): Promise<ExitCode> {
  const { dataDir, key } = houseOf(options)
  const done = await rekeyStore(dataDir, key)
  if (!done.ok) return sayFault(done.error, options)
  const { sizeBytes } = done.value
  if (options.json === true) print.json({ ok: true, sizeBytes })
  else {
    print.line(`the store (${(sizeBytes / 1_000_000).toFixed(1)} MB) is under a new key; what opened it opens it still`)
    print.note('copies and backups of the disk that were made before are under the former key: destroy them')
  }
  return 0
}

export async function agentAskRecovery(options: FileOptions): Promise<ExitCode> {
  const request = await askForRecovery(houseOf(options).dataDir)
  if (!request.ok) return sayFault(request.error, options)
  return written(
    options,
    request.value,
    'send it to the central team, and say who you are; they run murram collector answer-recovery',
  )
}

export async function agentRecover(answer: string, options: AgentOptions): Promise<ExitCode> {
  const next = newPassphrase()
  if (!next.ok) return sayFault(next.error, options)
  const text = readText(answer)
  if (!text.ok) return sayFault(text.error, options)
  const recovered = await recoverStore(houseOf(options).dataDir, text.value, next.value)
  return said(recovered, options, 'the new passphrase opens this store; all that was saved is there')
}

export async function collectorAnswerRecovery(request: string, options: FileOptions): Promise<ExitCode> {
  const keys = keysOfCentre(options.data)
  if (!keys.ok) return sayFault(keys.error, options)
  const text = readText(request)
  if (!text.ok) return sayFault(text.error, options)
  const answer = answerRecovery(keys.value.box, text.value)
  if (!answer.ok) return sayFault(answer.error, options)
  return written(
    options,
    answer.value,
    'it opens the store of the laptop that asked, and no other; there: murram agent recover',
  )
}

function newPassphrase() {
  const passphrase = process.env.MURRAM_NEW_PASSPHRASE
  return passphrase === undefined || passphrase === ''
    ? err(fault('cli.usage', 'set MURRAM_NEW_PASSPHRASE to the passphrase that shall open the store'))
    : ok({ kind: 'passphrase', passphrase: redact(passphrase) } as const)
}

function readText(file: string): Result<string, Fault> {
  const bytes = readGiven(file)
  return bytes.ok ? ok(new TextDecoder().decode(bytes.value)) : bytes
}

function written(options: FileOptions, text: string, hint: string): ExitCode {
  const file = pathOf(options.to)
  try {
    writeFileSync(file, `${text}\n`, { mode: 0o600 })
  } catch (cause) {
    return sayFault(fault('cli.usage', `${file}: ${cause instanceof Error ? cause.message : String(cause)}`), options)
  }
  if (options.json === true) print.json({ ok: true, file })
  else print.line(`${file}: ${hint}`)
  return 0
}

function said(done: Result<void, Fault>, options: AgentOptions, words: string): ExitCode {
  if (!done.ok) return sayFault(done.error, options)
  if (options.json === true) print.json({ ok: true })
  else print.line(words)
  return 0
}
