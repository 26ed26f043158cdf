/** The project's keys in a collector's data folder; a folder that is none is said so, and not taken for lost keys. */
import { loadProjectKeys, type ProjectKeys } from '@murram/collector'
import { err, fault, type Fault, type Result } from '@murram/ground'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathOf } from './print.ts'

export function keysOfCentre(data: string): Result<ProjectKeys, Fault> {
  const file = join(pathOf(data), 'keys.json')
  return existsSync(file)
    ? loadProjectKeys(file)
    : err(fault('cli.file-unreadable', `${file}: no collector was started with --data ${data}`))
}
