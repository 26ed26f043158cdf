/** Folder of the officer's pages. In a checkout they are built where that has not been done yet. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { print } from './print.ts'

const root = resolve(import.meta.dirname, '..', '..', '..')

export function fieldPages(): string {
  const dist = join(root, 'apps', 'field', 'dist')
  if (!existsSync(join(dist, 'preview.html'))) {
    print.note('the pages are built, once…')
    spawnSync(process.execPath, [join(root, 'scripts', 'pages.mjs')], { stdio: ['ignore', 'ignore', 'inherit'] })
  }
  return dist
}
