/**
 * Whose keys a project trusts, and how that changes (docs/keys.md walks through each case).
 *
 *   holders   MURRAM_PASSPHRASE=… murram keys new-root-key --holder Achieng -o achieng.key
 *   centre    murram keys draft-root --root-key a.pub --root-key b.pub --root-key c.pub -o draft.json
 *   holders   MURRAM_PASSPHRASE=… murram keys sign-root draft.json --key achieng.key
 *   centre    murram keys publish-root draft.json
 *
 * Exit: 0 done · 1 more signatures are needed · 2 it could not be done, and nothing was changed.
 */
import type { RootDraft } from '@murram/collector'
import { err, fault, ok, type Fault, type Result } from '@murram/ground'
import { addSignature, ROOT_PURPOSE, RootDocumentSchema, SignedRootSchema, signersOf } from '@murram/score'
import { keyIdOf } from '@murram/seal'
import { z } from 'zod'
import { askAdmin, type Central } from '../ask-admin.ts'
import { print, sayFault, type ExitCode } from '../print.ts'
import {
  makeRootKey,
  openRootKey,
  readHolder,
  readJson,
  write,
  writeNew,
  type RootKeyHolder,
} from '../root-key-file.ts'
import { changesOf, describeRoot } from '../root-words.ts'

interface Speaks {
  readonly json?: boolean
}

const DraftFile: z.ZodType<RootDraft> = z.strictObject({
  previous: z.union([RootDocumentSchema, z.looseObject({ version: z.literal(0) })]) as z.ZodType<RootDraft['previous']>,
  root: SignedRootSchema,
})

export async function newRootKey(
  options: Speaks & { readonly holder: string; readonly out: string },
): Promise<ExitCode> {
  const made = await makeRootKey(options.out, options.holder)
  if (!made.ok) return sayFault(made.error, options)
  const open = writeNew(`${options.out}.pub`, made.value)
  if (!open.ok) return sayFault(open.error, options)
  const keyId = keyIdOf(made.value.publicKey)
  if (options.json === true) print.json({ ok: true, ...made.value, keyId, file: options.out })
  else {
    print.line(`${options.out}: root key ${keyId.slice(0, 12)} of ${options.holder}, under its passphrase`)
    print.line(`${options.out}.pub: its public half, for murram keys draft-root`)
    print.note('keep the file on two sticks in two places, and the passphrase on neither; no collector needs them')
  }
  return 0
}

export interface DraftOptions extends Central, Speaks {
  readonly rootKey?: readonly string[]
  readonly threshold?: number
  readonly rotateRelease?: boolean
  readonly rotateFreshness?: boolean
  readonly out: string
}

export async function draftRoot(options: DraftOptions): Promise<ExitCode> {
  const holders = (options.rootKey ?? []).map(readHolder)
  for (const holder of holders) if (!holder.ok) return sayFault(holder.error, options)
  const rootKeys = holders.flatMap(holder => (holder.ok ? [holder.value] : []))
  const wishes = {
    ...(rootKeys.length === 0 ? {} : { rootKeys }),
    ...(options.threshold === undefined ? {} : { threshold: options.threshold }),
    replaceRelease: options.rotateRelease ?? false,
    replaceFreshness: options.rotateFreshness ?? false,
  }
  return draftInto(options, wishes)
}

/** One holder goes, another comes; the others and the threshold stay. */
export async function replaceRootKey(
  options: Central & Speaks & { readonly old: string; readonly new: string; readonly out: string },
): Promise<ExitCode> {
  const view = await askKeys(options)
  if (!view.ok) return sayFault(view.error, options)
  const holder = readHolder(options.new)
  if (!holder.ok) return sayFault(holder.error, options)
  const present = view.value.keys.filter(({ roles }) => roles.includes('root'))
  const gone = present.filter(key => key.keyId.startsWith(options.old) || key.holder === options.old)
  if (gone.length !== 1)
    return sayFault(
      fault('cli.usage', `--old ${options.old} names ${gone.length} root keys: see murram keys show`),
      options,
    )
  const stay = present.filter(key => key !== gone[0]).map(key => ({ publicKey: key.publicKey, holder: key.holder }))
  return draftInto(options, { rootKeys: [...stay, holder.value], threshold: view.value.rootThreshold })
}

/** A self-held root does it at once; else a draft is written, and waits for its signatures. */
export async function rotateOnline(
  which: 'release' | 'freshness',
  options: Central & Speaks & { readonly out?: string },
): Promise<ExitCode> {
  const wishes = { replaceRelease: which === 'release', replaceFreshness: which === 'freshness' }
  const drafted = await askDraft(options, wishes)
  if (!drafted.ok) return sayFault(drafted.error, options)
  if (missingOf(drafted.value).length === 0) return publish(options, drafted.value)
  if (options.out === undefined)
    return sayFault(fault('cli.usage', 'root is held by people here: name a file for the draft with -o'), options)
  return saveDraft(options.out, drafted.value, options)
}

export async function signRoot(
  file: string,
  options: Speaks & { readonly key: string; readonly yes?: boolean },
): Promise<ExitCode> {
  const draft = readJson(file, DraftFile)
  if (!draft.ok) return sayFault(draft.error, options)
  const key = await openRootKey(options.key)
  if (!key.ok) return sayFault(key.error, options)
  const { previous, root } = draft.value
  const keyId = keyIdOf(key.value.publicKey)
  if (![previous, root.body].some(({ roles }) => roles.root.keyIds.includes(keyId)))
    return sayFault(
      fault('key.root-refused', `${key.value.holder} has no root key in this draft, nor in what it follows`),
      options,
    )
  if (options.json !== true) for (const line of changesOf(draft.value)) print.line(line)
  const signed = { previous, root: addSignature(root, ROOT_PURPOSE, key.value) }
  return saveDraft(file, signed, options, true)
}

export async function publishRoot(file: string, options: Central & Speaks): Promise<ExitCode> {
  const draft = readJson(file, DraftFile)
  return draft.ok ? publish(options, draft.value) : sayFault(draft.error, options)
}

export async function showKeys(options: Central & Speaks): Promise<ExitCode> {
  const view = await askKeys(options)
  if (!view.ok) return sayFault(view.error, options)
  if (options.json === true) print.json({ ok: true, ...view.value })
  else for (const line of describeRoot(view.value)) print.line(line)
  return 0
}

const askKeys = (options: Central): Promise<Result<Parameters<typeof describeRoot>[0], Fault>> =>
  askAdmin(options, '/keys', { method: 'GET' })

interface Wishes {
  readonly rootKeys?: readonly RootKeyHolder[]
  readonly threshold?: number
  readonly replaceRelease?: boolean
  readonly replaceFreshness?: boolean
}

const JSON_BODY = { 'Content-Type': 'application/json' }

async function askDraft(options: Central, wishes: Wishes): Promise<Result<RootDraft, Fault>> {
  const drafted = await askAdmin<unknown>(options, '/keys/draft', { body: JSON.stringify(wishes), headers: JSON_BODY })
  if (!drafted.ok) return drafted
  const read = DraftFile.safeParse(drafted.value)
  return read.success ? ok(read.data) : err(fault('key.root-refused', z.prettifyError(read.error)))
}

async function draftInto(options: Central & Speaks & { readonly out: string }, wishes: Wishes): Promise<ExitCode> {
  const drafted = await askDraft(options, wishes)
  if (!drafted.ok) return sayFault(drafted.error, options)
  return saveDraft(options.out, drafted.value, options)
}

function saveDraft(file: string, draft: RootDraft, options: Speaks, isThere = false): ExitCode {
  const saved = isThere ? write(file, draft) : writeNew(file, draft)
  if (!saved.ok) return sayFault(saved.error, options)
  const missing = missingOf(draft)
  if (options.json === true) print.json({ ok: true, file, version: draft.root.body.version, missing })
  else {
    if (!isThere) for (const line of changesOf(draft)) print.line(line)
    print.line(
      missing.length === 0
        ? `${file}: signed by enough; murram keys publish-root ${file}`
        : `${file}: ${missing.join('; ')}`,
    )
  }
  return 0
}

/** What still stands between a draft and its publication, in words. */
function missingOf({ previous, root }: RootDraft): readonly string[] {
  return [['of the present root keys', previous] as const, ['of the root keys to come', root.body] as const].flatMap(
    ([whose, document]) => {
      const { size } = signersOf(document, 'root', ROOT_PURPOSE, root)
      const { threshold } = document.roles.root
      return size < threshold ? [`${threshold - size} more ${whose} must sign`] : []
    },
  )
}

async function publish(options: Central & Speaks, draft: RootDraft): Promise<ExitCode> {
  const missing = missingOf(draft)
  if (missing.length > 0) {
    if (options.json === true) print.json({ ok: false, missing })
    else print.note(missing.join('; '))
    return 1
  }
  const body = JSON.stringify({ root: draft.root })
  const done = await askAdmin<Parameters<typeof describeRoot>[0]>(options, '/keys/roots', { body, headers: JSON_BODY })
  if (!done.ok) return sayFault(done.error, options)
  if (options.json === true) print.json({ ok: true, ...done.value })
  else for (const line of describeRoot(done.value)) print.line(line)
  return 0
}
