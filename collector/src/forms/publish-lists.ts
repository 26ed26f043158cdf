/**
 * Lists beside a form (`villages.csv`, `itemsets.csv`, a map), with a form version or after it.
 *
 *   LP1 what was published under a number never changes; other content gets the next number, the
 *       same content gets none
 *   LP2 a list is in force for a version only if that version can read it
 *   LP3 a list that is published later goes to each version of the form that reads it, or to the
 *       one that is named; to all of them or to none
 *
 * Not here: how a list comes to a device (the feed names it, `want` fetches it, patches make it short).
 */
import { err, fault, ok, type Fault, type Result, type Sha256 } from '@murram/ground'
import type { CheckedLists } from '@murram/xform'
import type { FormReader } from '@murram/xlsform'
import { getBlob, putBlob } from '../blobs/blobs.ts'
import { inTransaction, type ReadDb, type WriteDb } from '../db/handles.ts'
import type { Feed } from '../feed/feed.ts'
import { formEntries } from './form-entries.ts'
import { versionsOf, type FormVersion } from './form-repo.ts'
import { addList, findList, lockForm, type FormListRow } from './list-repo.ts'
import { textsOf, type GivenLists } from './list-texts.ts'

export interface PublishListsDeps {
  readonly read: ReadDb
  readonly write: WriteDb
  readonly feed: Feed
  readonly now: () => number
  readonly readForm: FormReader['read']
}

export interface PublishedLists {
  /** In force now, those of each version that reads one of them. */
  readonly lists: readonly FormListRow[]
  /** Whether any of them is other than before. */
  readonly changed: boolean
  readonly warnings: readonly string[]
}

export interface ListsAsked {
  readonly formId: string
  /** Only this version; each that reads them unless told. */
  readonly version?: string | undefined
  readonly lists: GivenLists
}

export async function publishLists(deps: PublishListsDeps, asked: ListsAsked): Promise<Result<PublishedLists, Fault>> {
  const { formId, version, lists } = asked
  const all = await versionsOf(deps.read, formId)
  const versions = all.filter(form => version === undefined || form.version === version)
  if (versions.length === 0) return err(fault('form.not-found', `${formId} ${version ?? ''}`.trim()))
  const texts = textsOf(lists)
  if (!texts.ok) return texts
  const read = await readByAll(deps, versions, texts.value)
  if (!read.ok) return read

  const done = await inTransaction(deps.write, async tx => {
    await lockForm(tx, formId)
    const changed = new Set<string>()
    const inForce: FormListRow[] = []
    for (const { form, checked } of read.value) {
      const own = new Map([...lists].filter(([name]) => Object.hasOwn(checked.rows, name)))
      const put = await putLists(tx, form, own, checked.rows, deps.now())
      inForce.push(...put.lists)
      if (put.changed) changed.add(form.version)
    }
    if (changed.size > 0) await deps.feed.append(tx, await formEntries(tx, formId, changed))
    const warnings = new Set(read.value.flatMap(({ checked }) => checked.warnings))
    return { lists: inForce, changed: changed.size > 0, warnings: [...warnings] }
  })
  if (done.changed) deps.feed.ring()
  return ok(done)
}

interface ReadBy {
  readonly form: FormVersion
  readonly checked: CheckedLists
}

/** LP2 LP3 */
async function readByAll(
  { read, readForm }: PublishListsDeps,
  versions: readonly FormVersion[],
  texts: Readonly<Record<string, string>>,
): Promise<Result<readonly ReadBy[], Fault>> {
  const done: ReadBy[] = []
  const unread = new Set(Object.keys(texts))
  let names: readonly string[] = []
  for (const form of versions) {
    const xml = await getBlob(read, form.xmlSha256)
    if (xml === undefined) throw new Error(`the XForm of ${form.formId} ${form.version} is not among the blobs`)
    const bare = await readForm(xml, { fileName: 'form.xml' })
    if (!bare.ok) return bare
    names = bare.value.checked.missing
    const own = Object.entries(texts).filter(([name]) => names.includes(name))
    if (own.length === 0) continue
    const checked = await readForm(xml, { fileName: 'form.xml', lists: Object.fromEntries(own) })
    if (!checked.ok) return err({ ...checked.error, detail: `${checked.error.detail ?? ''} (version ${form.version})` })
    for (const [name] of own) unread.delete(name)
    done.push({ form, checked: checked.value.checked })
  }
  const [first] = unread
  if (first === undefined) return ok(done)
  return err(fault('form.list-unexpected', `${first}; it reads ${names.length === 0 ? 'none' : names.join(', ')}`))
}

/** LP1. Inside the transaction that tells of them. */
export async function putLists(
  tx: WriteDb,
  { formId, version }: Pick<FormVersion, 'formId' | 'version'>,
  lists: GivenLists,
  rows: Readonly<Record<string, number>>,
  nowMs: number,
): Promise<{ readonly lists: readonly FormListRow[]; readonly changed: boolean }> {
  const inForce: FormListRow[] = []
  let changed = false
  for (const [name, bytes] of lists) {
    const before = await findList(tx, formId, version, name)
    const { sha256, sizeBytes } = await putBlob(tx, bytes, nowMs)
    if (before?.sha256 === sha256) {
      inForce.push(before)
      continue
    }
    const number = (before?.number ?? 0) + 1
    const row = { formId, version, name, number, sha256, sizeBytes, rows: rows[name] ?? 0, publishedAtMs: nowMs }
    await addList(tx, row)
    inForce.push(row)
    changed = true
  }
  return { lists: inForce, changed }
}

export interface KeptList extends Omit<FormListRow, 'sha256' | 'sizeBytes'> {
  readonly bytes: Uint8Array
}

/** What a journal brings back, under its old number. */
export async function restoreList(
  { write, feed }: Pick<PublishListsDeps, 'write' | 'feed'>,
  { bytes, ...row }: KeptList,
): Promise<void> {
  await inTransaction(write, async tx => {
    await lockForm(tx, row.formId)
    const stored: { readonly sha256: Sha256; readonly sizeBytes: number } = await putBlob(tx, bytes, row.publishedAtMs)
    await addList(tx, { ...row, ...stored })
    await feed.append(tx, await formEntries(tx, row.formId, new Set([row.version])))
  })
  feed.ring()
}
