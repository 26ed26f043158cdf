/** The files of the project, as git knows them (what is ignored is not the project). */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

export const root = resolve(import.meta.dirname, '..', '..', '..')

export const files: readonly string[] = execFileSync(
  'git',
  ['ls-files', '--cached', '--others', '--exclude-standard'],
  { cwd: root, encoding: 'utf8', maxBuffer: 1 << 26 },
)
  .split('\n')
  .filter(file => file !== '' && existsSync(join(root, file)))

export const sources = files.filter(file => /\.(ts|vue)$/.test(file) && !file.endsWith('.d.ts'))

export const read = (file: string): string => readFileSync(join(root, file), 'utf8')
