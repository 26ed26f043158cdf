/** One file in the thread of `read-form.ts`: converted where it is a workbook, then compiled. */
import { ok, type Fault, type Result } from '@murram/ground'
import { compileXform } from '@murram/xform'
import { convertXlsform } from './convert.ts'
import type { Conversion } from './diagnostic.ts'
import type { ReadForm } from './read-form.ts'

export default async function readForm({
  bytes,
  fileName,
}: {
  readonly bytes: Uint8Array
  readonly fileName: string
}): Promise<Result<ReadForm, Fault>> {
  if (isXform(bytes, fileName)) return readXform(new TextDecoder().decode(bytes))
  const converted = await convertXlsform(bytes, { fileName })
  if (!converted.ok) return converted
  const form = compileXform(converted.value.xml)
  return form.ok ? ok({ ...converted.value, program: form.value.program }) : form
}

/** By content as well: what people call their files says little. */
const isXform = (bytes: Uint8Array, fileName: string): boolean =>
  /\.xml$/i.test(fileName) ||
  new TextDecoder().decode(bytes.subarray(0, 200)).replace('\uFEFF', '').trimStart().startsWith('<')

function readXform(xml: string): Result<ReadForm, Fault> {
  const form = compileXform(xml)
  if (!form.ok) return form
  const { formId, version, title, languages, questions, program } = form.value
  const conversion: Conversion = { xml, formId, version, title, languages, questions: questions.length, warnings: [] }
  return ok({ ...conversion, program })
}
