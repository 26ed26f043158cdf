/**
 * murram collector publish-lists: newer lists for a form that is published already. Laptops fetch what
 * has changed of a list, and go on with the one they have until it is here.
 *
 *   murram collector publish-lists visit villages.csv --data ./centre
 *   murram collector publish-lists visit villages.csv itemsets.csv --form-version 3 --data ./centre --json
 *
 * Exit: 0 published, or published before · 1 a list is refused · 2 a file cannot be read, the
 * collector does not answer, or wrong use.
 */
import { askAdmin } from '../ask-admin.ts'
import { partsOf, readFiles, sayLists, type ListReply } from '../list-files.ts'
import { print, sayFault, type ExitCode } from '../print.ts'

export interface CollectorPublishListsOptions {
  readonly data: string
  readonly collector: string
  readonly formVersion?: string
  readonly json?: boolean
}

interface Reply {
  readonly lists: readonly ListReply[]
  readonly changed: boolean
  readonly warnings: readonly string[]
}

export async function collectorPublishLists(
  formId: string,
  files: readonly string[],
  options: CollectorPublishListsOptions,
): Promise<ExitCode> {
  const lists = readFiles(files)
  if (!lists.ok) return sayFault(lists.error, options)
  const query = options.formVersion === undefined ? '' : `?version=${encodeURIComponent(options.formVersion)}`
  const published = await askAdmin<Reply>(options, `/forms/${encodeURIComponent(formId)}/lists${query}`, {
    body: partsOf(lists.value),
  })
  if (!published.ok) {
    const code = sayFault(published.error, options)
    return published.error.fault.startsWith('form.') ? 1 : code
  }
  const { changed, warnings } = published.value
  if (options.json === true) {
    print.json({ ok: true, ...published.value })
    return 0
  }
  print.line(changed ? `✓ form ${formId}: a laptop has it after its next sync` : `✓ form ${formId}: nothing is new`)
  sayLists(published.value.lists)
  for (const message of warnings) print.line(`  warning ${message}`)
  return 0
}
