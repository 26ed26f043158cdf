/**
 * One file in the thread of `read-form.ts`: converted where it is a workbook, then compiled, then
 * looked at with the lists beside it.
 */
import { ok, type Fault, type Result } from '@murram/ground'
import { checkLists, compileXform } from '@murram/xform'
import { convertXlsform } from './convert.ts'
import type { Conversion } from './diagnostic.ts'
import type { FormTask, ReadForm } from './read-form.ts'

export default async function readForm({ bytes, fileName, lists }: FormTask): Promise<Result<ReadForm, Fault>> {
  const read = isXform(bytes, fileName)
    ? readXform(new TextDecoder().decode(bytes))
    : await readWorkbookForm(bytes, fileName)
  if (!read.ok) return read
  const checked = checkLists(read.value.program, { ...read.value.lists, ...lists })
  return checked.ok ? ok({ ...read.value, checked: checked.value }) : checked
}

/** By content as well: what people call their files says little. */
const isXform = (bytes: Uint8Array, fileName: string): boolean =>
  /\.xml$/i.test(fileName) ||
  new TextDecoder().decode(bytes.subarray(0, 200)).replace('\uFEFF', '').trimStart().startsWith('<')

type Compiled = Omit<ReadForm, 'checked'>

async function readWorkbookForm(bytes: Uint8Array, fileName: string): Promise<Result<Compiled, Fault>> {
  const converted = await convertXlsform(bytes, { fileName })
  if (!converted.ok) return converted
  const form = compileXform(converted.value.xml)
  if (!form.ok) return form
  const { program } = form.value
  const { lists = {}, ...conversion } = converted.value
  // A sheet that no question asks is no list of the form.
  const read = Object.entries(lists).filter(([name]) => program.attachments.includes(name))
  return ok({ ...conversion, program, ...(read.length === 0 ? {} : { lists: Object.fromEntries(read) }) })
}

function readXform(xml: string): Result<Compiled, Fault> {
  const form = compileXform(xml)
  if (!form.ok) return form
  const { formId, version, title, languages, questions, program } = form.value
  const conversion: Conversion = { xml, formId, version, title, languages, questions: questions.length, warnings: [] }
  return ok({ ...conversion, program })
}
