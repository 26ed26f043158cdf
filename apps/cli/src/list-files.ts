/** Lists beside a form, as files that a person named and as a collector tells of them. */
import { ok, type FaultOf, type Result } from '@murram/ground'
import { basename } from 'node:path'
import { print } from './print.ts'
import { readGiven } from './read-given.ts'

export interface GivenFile {
  readonly name: string
  readonly bytes: Uint8Array<ArrayBuffer>
}

export interface ListReply {
  readonly version: string
  readonly name: string
  readonly number: number
  readonly rows: number
  readonly sizeBytes: number
}

export function readFiles(files: readonly string[]): Result<readonly GivenFile[], FaultOf<'cli.file-unreadable'>> {
  const read: GivenFile[] = []
  for (const file of files) {
    const bytes = readGiven(file)
    if (!bytes.ok) return bytes
    read.push({ name: basename(file), bytes: bytes.value })
  }
  return ok(read)
}

/** The body of a request: the form, where one is published, and the lists, each under its own name. */
export function partsOf(lists: readonly GivenFile[], form?: GivenFile): FormData {
  const parts = new FormData()
  if (form !== undefined) parts.append('form', new File([form.bytes], form.name))
  for (const { name, bytes } of lists) parts.append('list', new File([bytes], name))
  return parts
}

export function sayLists(lists: readonly ListReply[]): void {
  for (const { version, name, number, rows, sizeBytes } of lists)
    print.line(`  list ${name}, ${number} of version ${version}: ${rows} rows, ${sizeBytes} bytes`)
}
