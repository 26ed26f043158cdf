/**
 * murram collector fold-held: tries again what is stored and could not be folded.
 *
 *   murram collector fold-held --data ./centre
 *   murram collector fold-held uuid:4f1c… --data ./centre
 *
 * A collector does it by itself when it starts and when a form is published; this is for after
 * something else was mended.
 *
 * Exit: 0 nothing is held any more · 1 something stays held, with the reason · 2 the collector
 * does not answer, or wrong use.
 */
import { askAdmin, type Central } from '../ask-admin.ts'
import { print, sayFault, type ExitCode } from '../print.ts'

export interface CollectorFoldHeldOptions extends Central {
  readonly json?: boolean
}

interface Tried {
  readonly instanceId: string
  readonly state: string
  readonly reason: { readonly fault: string; readonly what: string; readonly detail?: string } | null
}

export async function collectorFoldHeld(
  instanceId: string | undefined,
  options: CollectorFoldHeldOptions,
): Promise<ExitCode> {
  const asked =
    instanceId === undefined
      ? await askAdmin<{ tried: number; folded: number; notFolded: readonly Tried[] }>(
          options,
          '/submissions/fold-held',
          {},
        )
      : await askOne(options, instanceId)
  if (!asked.ok) return sayFault(asked.error, options)
  const { tried, folded, notFolded } = asked.value
  if (options.json === true) print.json({ ok: notFolded.length === 0, tried, folded, notFolded })
  else {
    print.line(tried === 0 ? 'nothing is held' : `${folded} of ${tried} folded`)
    for (const { instanceId: id, state, reason } of notFolded)
      print.line(`${id}  ${state}  ${reason === null ? '' : [reason.what, reason.detail].filter(Boolean).join(' ')}`)
  }
  return notFolded.length === 0 ? 0 : 1
}

async function askOne(options: Central, instanceId: string) {
  const done = await askAdmin<Tried>(options, `/submissions/${encodeURIComponent(instanceId)}/fold`, {})
  if (!done.ok) return done
  const isFolded = done.value.state === 'applied'
  return {
    ok: true as const,
    value: { tried: 1, folded: isFolded ? 1 : 0, notFolded: isFolded ? [] : [done.value] },
  }
}
