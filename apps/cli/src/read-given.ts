/** A file that a person named. One that cannot be read is their `cli.file-unreadable`, in words. */
import { err, fault, ok, type FaultOf, type Result } from '@murram/ground'
import { readFileSync } from 'node:fs'
import { pathOf } from './print.ts'

const WHY: Readonly<Record<string, string>> = {
  ENOENT: 'it is not there',
  ENOTDIR: 'it is not there',
  EISDIR: 'it is a folder',
  EACCES: 'this user may not read it',
}

export function readGiven(file: string): Result<Uint8Array<ArrayBuffer>, FaultOf<'cli.file-unreadable'>> {
  try {
    return ok(new Uint8Array(readFileSync(pathOf(file))))
  } catch (cause) {
    const { code = '', message } = cause as NodeJS.ErrnoException
    return err(fault('cli.file-unreadable', `${file}: ${WHY[code] ?? message}`))
  }
}
