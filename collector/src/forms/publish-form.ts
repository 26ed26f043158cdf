/**
 * Publishing a form version: workbook or XForm in, compiled program out to every device.
 *
 * Laws, in `forms.test.ts`:
 *   P1 a published version never changes: the same content again is fine, other content is
 *      refused
 *   P2 what devices fetch is the compiled program; they parse no XML
 */
import { err, fault, ok, type Fault, type Result } from '@murram/ground'
import { sha256 } from '@murram/seal'
import { loadProgram, type Form } from '@murram/xform'
import type { Diagnostic, FormReader } from '@murram/xlsform'
import type { FormBody } from '@murram/wire'
import { putBlob } from '../blobs/blobs.ts'
import { inTransaction, type WriteDb } from '../db/handles.ts'
import type { Feed } from '../feed/feed.ts'
import { addVersion, findVersion, type FormVersion } from './form-repo.ts'

export interface PublishDeps {
  readonly write: WriteDb
  readonly feed: Feed
  readonly now: () => number
  /** In a thread that can be stopped: a form file comes from outside. */
  readonly readForm: FormReader['read']
}

export interface Published {
  readonly form: FormVersion
  readonly created: boolean
  readonly warnings: readonly Diagnostic[]
}

export async function publishForm(
  deps: PublishDeps,
  { bytes, fileName }: { readonly bytes: Uint8Array; readonly fileName: string },
): Promise<Result<Published, Fault>> {
  const source = await deps.readForm(bytes, { fileName })
  if (!source.ok) return source
  const { xml, warnings } = source.value
  const loaded = loadProgram(source.value.program)
  if (!loaded.ok) return loaded
  const form = loaded.value
  const program = new TextEncoder().encode(JSON.stringify(form.program))
  const programSha256 = sha256(program)

  const done = await inTransaction(deps.write, async (tx): Promise<Result<Published, Fault>> => {
    const before = await findVersion(tx, form.formId, form.version)
    if (before !== undefined)
      return before.programSha256 === programSha256
        ? ok({ form: before, created: false, warnings })
        : err(fault('form.version-exists', `${form.formId} ${form.version}`))
    const nowMs = deps.now()
    const stored = await putBlob(tx, program, nowMs)
    const xmlBlob = await putBlob(tx, new TextEncoder().encode(xml), nowMs)
    const sourceBlob = await putBlob(tx, bytes, nowMs)
    const row: FormVersion = {
      formId: form.formId,
      version: form.version,
      title: form.title,
      programSha256,
      xmlSha256: xmlBlob.sha256,
      sourceSha256: sourceBlob.sha256,
      fileName,
      sizeBytes: stored.sizeBytes,
      questions: form.questions.length,
      languages: form.languages,
      dataset: form.entity?.dataset ?? null,
      warnings,
      state: 'published',
      publishedAtMs: nowMs,
    }
    await addVersion(tx, row)
    await deps.feed.append(tx, [{ kind: 'form', key: `${form.formId}/${form.version}`, body: feedBody(form, stored) }])
    return ok({ form: row, created: true, warnings })
  })
  if (done.ok && done.value.created) deps.feed.ring()
  return done
}

const feedBody = (
  form: Form,
  program: { readonly sha256: FormBody['sha256']; readonly sizeBytes: number },
): FormBody => ({
  formId: form.formId,
  version: form.version,
  title: form.title,
  sha256: program.sha256,
  sizeBytes: program.sizeBytes,
  state: 'published',
})
