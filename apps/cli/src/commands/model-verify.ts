/**
 * murram model verify: is a bundle whole, signed, and does it say here what it said where it
 * was made? The same steps as on a device before it switches.
 *
 *   murram model verify ./bundle
 *   murram model verify ./bundle --root "$(cat project/root.pub)" --json
 *
 * Exit: 0 it may be installed · 1 it may not, with the reason · 2 wrong use.
 */
import { openScorer } from '@murram/score/onnx'
import { describeFault } from '@murram/ground'
import { readBundle } from '../bundle-folder.ts'
import { pathOf, print, type ExitCode } from '../print.ts'

export interface ModelVerifyOptions {
  readonly root?: string
  readonly json?: boolean
}

export async function modelVerify(folder: string, options: ModelVerifyOptions): Promise<ExitCode> {
  const bundle = readBundle(pathOf(folder), options.root, Date.now())
  const opened = bundle.ok ? await openScorer(bundle.value) : bundle
  if (!opened.ok) {
    if (options.json === true) print.json({ ok: false, ...opened.error })
    else print.line(`✗ ${folder}: ${describeFault(opened.error)}`)
    return 1
  }
  const { modelName, counter, inputs, metrics, createdAtMs } = opened.value.manifest
  await opened.value[Symbol.asyncDispose]()
  const whose =
    options.root === undefined
      ? 'signed by the key beside it (give --root to say whose it must be)'
      : 'signed by the given root'
  if (options.json === true) print.json({ ok: true, modelName, counter, inputs: inputs.length, metrics, createdAtMs })
  else
    print.line(
      `✓ ${modelName} #${counter}: ${inputs.length} inputs, every file whole, ${whose}, all test rows reproduced`,
    )
  return 0
}
