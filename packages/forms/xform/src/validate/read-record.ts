/**
 * A record as it comes: answers by ref, or the XML of its instance. What is no instance of this
 * form is one violation of the record as a whole; what the form has no place for is one each.
 */
import { describeFault } from '@murram/ground'
import type { Answers, Form } from '../form.ts'
import { readInstanceXml } from '../read-instance-xml.ts'
import { unknownNode, type RecordViolation } from './record-violation.ts'

/** `null`: nothing of it can be read. What is wrong goes to `found`. */
export function readRecord(form: Form, record: Answers | string, found: RecordViolation[]): Answers | null {
  if (typeof record !== 'string') return record
  const read = readInstanceXml(form, record)
  if (!read.ok) {
    found.push({ ref: '', kind: 'unreadable', label: '', message: describeFault(read.error) })
    return null
  }
  for (const ref of read.value.unknown) found.push(unknownNode(ref))
  return read.value.answers
}
