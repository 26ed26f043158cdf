/**
 * A record as it comes: answers by ref, or the XML of its instance. What is no instance of this
 * form is one violation of the record as a whole.
 */
import { describeFault, err, ok, type Result } from '@murram/ground'
import type { Answers, Form } from '../form.ts'
import { attribute, elementsOf, parseXml, textOf, type XmlElement } from '../read/xml.ts'
import { quoted, type RecordViolation } from './record-violation.ts'

type Unreadable = { readonly fault: 'unreadable'; readonly violation: RecordViolation }

export type RecordReader = (record: Answers | string) => Result<Answers, Unreadable>

const unreadable = (message: string): { readonly ok: false; readonly error: Unreadable } =>
  err({ fault: 'unreadable', violation: { ref: '', kind: 'unreadable', label: '', message } })

export function createRecordReader(form: Form): RecordReader {
  const repeats = new Set(form.program.nodes.flatMap(node => (node.repeat ? [node.path] : [])))
  return record => {
    if (typeof record !== 'string') return ok(record)
    const parsed = parseXml(record)
    if (!parsed.ok) return unreadable(describeFault(parsed.error))
    const root = form.program.nodes[form.program.initial.node]!.name
    const { local } = parsed.value
    const id = attribute(parsed.value, 'id') ?? form.formId
    if (local !== root || id !== form.formId)
      return unreadable(`It is an instance of ${quoted(id)} (<${local}>), not of ${quoted(form.formId)} (<${root}>).`)
    const answers: Record<string, string> = Object.create(null) as Record<string, string>
    readElement(parsed.value, '', '', repeats, answers)
    return ok(answers)
  }
}

function readElement(
  element: XmlElement,
  ref: string,
  path: string,
  repeats: ReadonlySet<string>,
  answers: Record<string, string>,
): void {
  const children = elementsOf(element)
  if (children.length === 0 && ref !== '') answers[ref] = textOf(element)
  const rows = new Map<string, number>()
  for (const child of children) {
    const below = path === '' ? child.local : `${path}/${child.local}`
    const row = (rows.get(child.local) ?? 0) + 1
    rows.set(child.local, row)
    const own = repeats.has(below) ? `${child.local}[${row}]` : child.local
    readElement(child, ref === '' ? own : `${ref}/${own}`, below, repeats, answers)
  }
}
