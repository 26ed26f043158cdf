/** Work bundles as a person names them: files, or the folder (a stick) in which they lie. */
import { err, fault, ok, type FaultOf, type Result } from '@murram/ground'
import { readdirSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { pathOf } from './print.ts'

type Unreadable = FaultOf<'cli.file-unreadable'>

/** What a folder has of them, the oldest first; a file is itself. */
export function bundleFilesOf(given: string): Result<readonly string[], Unreadable> {
  const found = statSync(pathOf(given), { throwIfNoEntry: false })
  if (found === undefined) return err(fault('cli.file-unreadable', `${given}: it is not there`))
  if (!found.isDirectory()) return ok([given])
  const names = readdirSync(pathOf(given)).filter(name => name.endsWith('.murram') && !name.startsWith('.'))
  if (names.length === 0) return err(fault('cli.file-unreadable', `${given}: no .murram file is in this folder`))
  const ageOf = (name: string): number => statSync(pathOf(join(given, name))).mtimeMs
  return ok(names.toSorted((one, other) => ageOf(one) - ageOf(other)).map(name => join(given, name)))
}

/**
 * Where a bundle shall be written. A folder that is not there may be a stick that is not in, so none is made;
 * and what has another ending would be passed over where bundles are looked for.
 */
export function bundlePlaceOf(given: string): Result<string, FaultOf<'cli.no-such-folder'>> {
  const path = pathOf(given)
  const isFolder = (folder: string): boolean => statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true
  if (isFolder(path)) return ok(path)
  const folder = /[\\/]$/.test(given) ? path : dirname(path)
  if (!isFolder(folder)) return err(fault('cli.no-such-folder', folder))
  return ok(basename(path).endsWith('.murram') ? path : `${path}.murram`)
}
