/** A bundle's folder, opened for a verb: whole, signed, tried; or the verb has said why not. */
import { describeFault, type Fault } from '@murram/ground'
import type { Scorer } from '@murram/score/onnx'
import { openScorer } from '@murram/score/onnx'
import { readBundle } from '../bundle-folder.ts'
import { pathOf, print } from '../print.ts'

export interface FolderOptions {
  readonly root?: string
  readonly json?: boolean
}

/**
 * @param nowMs What expiry and counter are held against; `null` for verbs that only look.
 * @returns `null` where it may not be used: say nothing more and exit with 1.
 */
export async function openFolder(
  folder: string,
  { root, json }: FolderOptions,
  nowMs: number | null,
): Promise<Scorer | null> {
  const bundle = readBundle(pathOf(folder), root, nowMs)
  const opened = bundle.ok ? await openScorer(bundle.value) : bundle
  if (opened.ok) return opened.value
  sayRefused(folder, opened.error, json === true)
  return null
}

function sayRefused(folder: string, error: Fault, json: boolean): void {
  if (json) print.json({ ok: false, ...error })
  else print.note(`✗ ${folder}: ${error.fault}: ${describeFault(error)}`)
}
