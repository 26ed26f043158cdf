/** Bytes that a person attached, as the text of a list; what cannot be text names its line. */
import { isUtf8 } from 'node:buffer'
import { err, fault, ok, type FaultOf, type Result } from '@murram/ground'

/** By the name of the file, as it stands in the form. */
export type GivenLists = ReadonlyMap<string, Uint8Array>

const LINE_END = 0x0a

export function textsOf(lists: GivenLists): Result<Record<string, string>, FaultOf<'form.list-damaged'>> {
  const texts: Record<string, string> = {}
  for (const [name, bytes] of lists) {
    if (!isUtf8(bytes))
      return err(fault('form.list-damaged', `${name}, line ${lineOfDamage(bytes)}: it is not UTF-8; save it as UTF-8`))
    texts[name] = new TextDecoder().decode(bytes)
  }
  return ok(texts)
}

function lineOfDamage(bytes: Uint8Array): number {
  let line = 1
  for (let at = 0; at < bytes.length; line += 1) {
    const end = bytes.indexOf(LINE_END, at)
    const next = end < 0 ? bytes.length : end + 1
    if (!isUtf8(bytes.subarray(at, next))) return line
    at = next
  }
  return line
}
