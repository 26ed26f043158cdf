/**
 * Publishing a form version: workbook or XForm in, with the lists beside it; compiled program out
 * to every device.
 *
 * Laws, in `forms.test.ts` and `lists.test.ts`:
 *   P1 a published version never changes: the same content again is fine, other content is
 *      refused
 *   P2 what devices fetch is the compiled program; they parse no XML
 *   P3 a list that nobody attached is the one that the form had before, or a list of entities of its
 *      name; a form that could never be finished without it is refused, any other is told of it
 */
import { err, fault, ok, type Fault, type Result } from '@murram/ground'
import { sha256 } from '@murram/seal'
import { loadProgram, type Form } from '@murram/xform'
import type { Diagnostic, FormReader, ReadForm } from '@murram/xlsform'
import { getBlob, putBlob } from '../blobs/blobs.ts'
import { inTransaction, type ReadDb, type WriteDb } from '../db/handles.ts'
import type { Feed } from '../feed/feed.ts'
import { formEntries } from './form-entries.ts'
import { addVersion, findVersion, versionsOf, type FormVersion } from './form-repo.ts'
import { datasetsKnown, listsInForce, lockForm, type FormListRow } from './list-repo.ts'
import { textsOf, type GivenLists } from './list-texts.ts'
import { putLists } from './publish-lists.ts'

export interface PublishDeps {
  readonly read: ReadDb
  readonly write: WriteDb
  readonly feed: Feed
  readonly now: () => number
  /** In a thread that can be stopped: a form file comes from outside. */
  readonly readForm: FormReader['read']
}

export interface FormSource {
  readonly bytes: Uint8Array
  readonly fileName: string
  readonly lists?: GivenLists
  /** Out of a journal: as it was, whatever lists there are; they are brought back by themselves. */
  readonly again?: boolean
}

export interface Published {
  readonly form: FormVersion
  readonly created: boolean
  readonly warnings: readonly Diagnostic[]
  /** In force for this version. */
  readonly lists: readonly FormListRow[]
}

export async function publishForm(deps: PublishDeps, source: FormSource): Promise<Result<Published, Fault>> {
  const { bytes, fileName } = source
  const read = await readWithLists(deps, source)
  if (!read.ok) return read
  const { readForm, lists, warnings } = read.value
  const { xml } = readForm
  const loaded = loadProgram(readForm.program)
  if (!loaded.ok) return loaded
  const form = loaded.value
  const program = new TextEncoder().encode(JSON.stringify(form.program))
  const programSha256 = sha256(program)

  const done = await inTransaction(deps.write, async (tx): Promise<Result<Published & { changed: boolean }, Fault>> => {
    await lockForm(tx, form.formId)
    const nowMs = deps.now()
    const before = await findVersion(tx, form.formId, form.version)
    if (before !== undefined && before.programSha256 !== programSha256)
      return err(fault('form.version-exists', `${form.formId} ${form.version}`))
    const row = before ?? {
      ...rowOf(form, warnings, nowMs),
      fileName,
      programSha256,
      xmlSha256: (await putBlob(tx, new TextEncoder().encode(xml), nowMs)).sha256,
      sourceSha256: (await putBlob(tx, bytes, nowMs)).sha256,
      sizeBytes: (await putBlob(tx, program, nowMs)).sizeBytes,
    }
    if (before === undefined) await addVersion(tx, row)
    const put = await putLists(tx, form, lists, readForm.checked.rows, nowMs)
    const changed = before === undefined || put.changed
    if (changed) await deps.feed.append(tx, await formEntries(tx, form.formId, new Set([form.version])))
    const inForce = (await listsInForce(tx, form.formId)).filter(({ version }) => version === form.version)
    return ok({ form: row, created: before === undefined, changed, warnings, lists: inForce })
  })
  if (done.ok && done.value.changed) deps.feed.ring()
  return done
}

const rowOf = (form: Form, warnings: readonly Diagnostic[], nowMs: number) => ({
  formId: form.formId,
  version: form.version,
  title: form.title,
  questions: form.questions.length,
  languages: form.languages,
  dataset: form.entity?.dataset ?? null,
  warnings,
  state: 'published' as const,
  publishedAtMs: nowMs,
})

interface ReadWithLists {
  readonly readForm: ReadForm
  /** To be in force with it. */
  readonly lists: GivenLists
  readonly warnings: readonly Diagnostic[]
}

/** P3 */
async function readWithLists(deps: PublishDeps, source: FormSource): Promise<Result<ReadWithLists, Fault>> {
  const { bytes, fileName, again = false, lists: given = new Map() as GivenLists } = source
  const texts = textsOf(given)
  if (!texts.ok) return texts
  const first = await deps.readForm(bytes, { fileName, lists: texts.value })
  if (!first.ok) return first
  if (again) return ok({ readForm: first.value, lists: given, warnings: first.value.warnings })

  const own = Object.entries(first.value.lists ?? {}).map(
    ([name, text]) => [name, new TextEncoder().encode(text)] as const,
  )
  const kept = await listsOfBefore(deps.read, first.value)
  const lists = new Map([...own, ...kept, ...given])
  const keptTexts = textsOf(kept)
  if (!keptTexts.ok) return keptTexts
  const all = { ...keptTexts.value, ...texts.value }
  const readForm = kept.size === 0 ? first : await deps.readForm(bytes, { fileName, lists: all })
  if (!readForm.ok) return readForm

  const { checked, program, warnings } = readForm.value
  const datasets = new Set([...(await datasetsKnown(deps.read)), ...program.entities.map(({ dataset }) => dataset)])
  const isOfEntities = (name: string): boolean => datasets.has(name.replace(/\.csv$/i, ''))
  const needed = checked.needed.filter(name => !isOfEntities(name))
  if (needed.length > 0) return err(fault('form.list-missing', needed.join(', ')))
  const missing = checked.missing.filter(name => !isOfEntities(name))
  const told = [
    ...missing.map(name => `${name} is not attached: the list is empty until it is published`),
    ...checked.warnings,
  ]
  return ok({ readForm: readForm.value, lists, warnings: [...warnings, ...told.map(toWarning)] })
}

const toWarning = (message: string): Diagnostic => ({ severity: 'warning', code: 'form-list', message })

/**
 * Of the names that nobody gave: what is in force for this very version, published once more; else what
 * the newest of the other versions has, unless the workbook holds the list itself.
 */
async function listsOfBefore(read: ReadDb, { formId, version, checked, lists = {} }: ReadForm): Promise<GivenLists> {
  const known = await listsInForce(read, formId)
  const order = (await versionsOf(read, formId)).map(form => form.version)
  const found = new Map<string, Uint8Array>()
  for (const name of [...checked.missing, ...Object.keys(lists)]) {
    const named = known.filter(one => one.name === name)
    const others = Object.hasOwn(lists, name) ? [] : named
    const newest = others.toSorted((a, b) => order.indexOf(a.version) - order.indexOf(b.version)).at(-1)
    const which = named.find(one => one.version === version) ?? newest
    const bytes = which === undefined ? undefined : await getBlob(read, which.sha256)
    if (bytes !== undefined) found.set(name, bytes)
  }
  return found
}
