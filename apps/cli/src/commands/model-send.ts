/**
 * murram model import FOLDER: a bundle of this command line into the registry of a collector, as
 * the next release of its model. No gate has judged it: a named person answers for it, and it goes
 * to the staff devices (ring 0) alone until a person opens the next ring.
 *
 *   murram model import ./sentiment --recipe models/sentiment/recipe.yaml --by 'Ruth Akello' \
 *     --why 'The message line begins on Monday.' --data ./centre
 *
 * Exit: 0 released to ring 0 · 1 the bundle may not be used, or does not fit · 2 the collector does
 * not answer, or wrong use.
 */
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fault } from '@murram/ground'
import { askAdmin, type Central } from '../ask-admin.ts'
import { readBundle } from '../bundle-folder.ts'
import { pathOf, print, sayFault, type ExitCode } from '../print.ts'
import { readGiven } from '../read-given.ts'

export interface ModelSendOptions extends Central {
  readonly recipe: string
  readonly by?: string
  readonly why?: string
  readonly json?: boolean
}

/** What it says is wrong with the bundle, and not with how it was sent. */
const isOfBundle = (code: string): boolean => code.startsWith('bundle.') || code === 'form.not-found'

export async function modelSend(folder: string, options: ModelSendOptions): Promise<ExitCode> {
  const { by, why } = options
  if (by === undefined || why === undefined)
    return sayFault(
      fault('cli.usage', 'a bundle into a registry passes no gate: say who answers for it (--by) and why (--why)'),
      options,
    )
  const recipe = readGiven(options.recipe)
  if (!recipe.ok) return sayFault(recipe.error, options)
  const bundle = readBundle(pathOf(folder), undefined, null)
  if (!bundle.ok) {
    sayFault(bundle.error, options)
    return 1
  }
  const { files, signed } = bundle.value
  const done = await askAdmin<{ readonly releaseId: string; readonly ring: number }>(options, '/models/import', {
    body: JSON.stringify({
      recipe: Buffer.from(recipe.value).toString('utf8'),
      card: cardBeside(options.recipe) ?? Buffer.from(files.get('card.md') ?? []).toString('utf8'),
      signed,
      files: Object.fromEntries([...files].map(([name, bytes]) => [name, Buffer.from(bytes).toString('base64')])),
      by,
      reason: why,
    }),
    headers: { 'Content-Type': 'application/json' },
  })
  if (!done.ok) {
    const code = sayFault(done.error, options)
    return isOfBundle(done.error.fault) ? 1 : code
  }
  const { modelName } = bundle.value.manifest
  if (options.json === true) print.json({ ok: true, modelName, ...done.value })
  else {
    print.line(`✓ ${done.value.releaseId} goes to ring ${done.value.ring}, the staff devices; ${by} answers for it`)
    print.line(`open the next ring: murram model rings ${modelName} --open-next --by … --why …`)
    print.line('programs that ask (POST /predict) get it when it has reached all rings')
  }
  return 0
}

function cardBeside(recipe: string): string | undefined {
  try {
    return readFileSync(join(dirname(pathOf(recipe)), 'card.md'), 'utf8')
  } catch {
    return undefined // then the one of the bundle
  }
}
