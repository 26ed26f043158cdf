/**
 * murram model card: the card of a bundle, as Markdown: what it is for, what it was made of,
 * how good it is, what it is no good for.
 *
 *   murram model card ./bundle
 *   murram model card ./bundle > card.md
 *
 * Exit: 0 told · 1 the bundle is damaged.
 */
import { describeFault } from '@murram/ground'
import { readBundle } from '../bundle-folder.ts'
import type { FolderOptions } from '../model/open-folder.ts'
import { pathOf, print, type ExitCode } from '../print.ts'

export function modelCard(folder: string, options: FolderOptions): ExitCode {
  const bundle = readBundle(pathOf(folder), options.root, null)
  if (!bundle.ok) {
    if (options.json === true) print.json({ ok: false, ...bundle.error })
    else print.note(`✗ ${folder}: ${bundle.error.fault}: ${describeFault(bundle.error)}`)
    return 1
  }
  const card = new TextDecoder().decode(bundle.value.files.get('card.md'))
  if (options.json === true) print.json({ ok: true, modelName: bundle.value.manifest.modelName, card })
  else print.line(card.trimEnd())
  return 0
}
