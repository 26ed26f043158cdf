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
import type { Form } from '@murram/xform'
import type { Conversion, Diagnostic } from '@murram/xlsform'
import type { FormBody } from '@murram/wire'
import { putBlob } from '../blobs/blobs.ts'
import { inTransaction, type WriteDb } from '../db/handles.ts'
import type { Feed } from '../feed/feed.ts'
import { addVersion, findVersion, type FormVersion } from './form-repo.ts'

export interface PublishDeps {
  readonly write: WriteDb
  readonly feed: Feed
  readonly now: () => number
  readonly compileXform: (xml: string) => Result<Form>
  /** In a worker that can be stopped: a workbook comes from outside. */
  readonly convertXlsform: (bytes: Uint8Array, options: { readonly fileName: string }) => Promise<Result<Conversion>>
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
  const source = await readSource(deps, bytes, fileName)
  if (!source.ok) return source
  const { xml, warnings } = source.value
  const compiled = deps.compileXform(xml)
  if (!compiled.ok) return compiled
  const form = compiled.value
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

async function readSource(
  { convertXlsform }: PublishDeps,
  bytes: Uint8Array,
  fileName: string,
): Promise<Result<{ readonly xml: string; readonly warnings: readonly Diagnostic[] }, Fault>> {
  if (isXml(bytes)) return ok({ xml: new TextDecoder().decode(bytes), warnings: [] })
  return convertXlsform(bytes, { fileName })
}

/** By content: what people call their files says little. */
const isXml = (bytes: Uint8Array): boolean =>
  new TextDecoder().decode(bytes.subarray(0, 200)).replace('\uFEFF', '').trimStart().startsWith('<')

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
