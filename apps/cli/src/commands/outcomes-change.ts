/**
 * murram outcomes list-imports, withdraw, restore, dispute: what came in together, whether it
 * looks like the others, and what people say of it.
 *
 *   murram outcomes list-imports
 *   murram outcomes withdraw 4f0c… --why "the columns were swapped" --by Grace
 *   murram outcomes restore 4f0c… --why "it was the right file after all"
 *
 * Exit: 0 done · 1 a listed batch is odd · 2 nothing has this id, the collector does not answer,
 * or wrong use.
 */
import { askAdmin, type Central } from '../ask-admin.ts'
import { counted } from '../counted.ts'
import { print, sayFault, type ExitCode } from '../print.ts'

interface Import {
  readonly importId: string
  readonly name: string
  readonly by: string
  readonly state: 'standing' | 'withdrawn'
  readonly imported: number
  readonly known: number
  readonly refused: number
  readonly createdAtMs: number
  readonly scored: number
  readonly seen: Readonly<Record<string, number>>
  readonly said: Readonly<Record<string, number>>
  readonly isOdd: boolean
  readonly words: string
}

export async function outcomesListImports(
  options: Central & { readonly most: number; readonly json?: boolean },
): Promise<ExitCode> {
  const asked = await askAdmin<{ imports: readonly Import[] }>(options, `/outcomes/imports?limit=${options.most}`, {
    method: 'GET',
  })
  if (!asked.ok) return sayFault(asked.error, options)
  const { imports } = asked.value
  const isOdd = imports.some(one => one.isOdd && one.state === 'standing')
  if (options.json === true) print.json({ ok: !isOdd, imports })
  else if (imports.length === 0) print.line('no batch of outcomes came in yet: murram outcomes import FILE')
  else for (const one of imports) print.line(describe(one))
  return isOdd ? 1 : 0
}

function describe({ importId, name, by, state, imported, refused, createdAtMs, ...figures }: Import): string {
  const { scored, seen, said, isOdd, words } = figures
  const total = Object.values(seen).reduce((sum, count) => sum + count, 0)
  const shares = Object.entries(seen)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([value, count]) => {
      const expected = scored === 0 || said[value] === undefined ? '' : ` (the model: ${percent(said[value] / scored)})`
      return `${value} ${percent(count / total)}${expected}`
    })
  return [
    `${importId}  ${name}, by ${by}, ${new Date(createdAtMs).toISOString()}${state === 'withdrawn' ? ', WITHDRAWN' : ''}`,
    `  ${counted(imported, 'outcome')}${refused === 0 ? '' : `, ${counted(refused, 'row')} refused`}${shares.length === 0 ? '' : `; ${shares.join(', ')}`}`,
    `  ${isOdd ? 'ODD: ' : ''}${words}`,
  ].join('\n')
}

const percent = (share: number): string => `${Math.round(share * 100)} %`

export interface OutcomesChangeOptions extends Central {
  readonly why: string
  readonly by: string
  readonly json?: boolean
}

/** Of a batch where there is one of this id, of one outcome otherwise. */
export async function outcomesChange(
  verb: 'dispute' | 'withdraw' | 'restore',
  id: string,
  options: OutcomesChangeOptions,
): Promise<ExitCode> {
  const ask = (path: string) =>
    askAdmin<{ done: true }>(options, `${path}/${encodeURIComponent(id)}/${verb}`, {
      body: JSON.stringify({ reason: options.why, by: options.by }),
      headers: { 'Content-Type': 'application/json' },
    })
  const asBatch = verb === 'dispute' ? undefined : await ask('/outcomes/imports')
  const isNoBatch = asBatch === undefined || (!asBatch.ok && asBatch.error.fault === 'http.not-found')
  const done = isNoBatch ? await ask('/outcomes') : asBatch
  if (!done.ok) return sayFault(done.error, options)
  const what = isNoBatch ? 'outcome' : 'batch'
  if (options.json === true) print.json({ ok: true, verb, [what]: id })
  else print.line(`${what} ${id}: ${{ dispute: 'disputed', withdraw: 'withdrawn', restore: 'restored' }[verb]}`)
  return 0
}
