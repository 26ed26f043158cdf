/**
 * murram collector publish: a form version for every laptop, with the lists beside it and, where a
 * recipe is given, the model that reads it.
 *
 *   murram collector publish household.xlsx --data ./centre
 *   murram collector publish household.xlsx --recipe recipe.yaml --card card.md --data ./centre --json
 *
 *   murram collector publish visit.xlsx --attach villages.csv --attach wells.geojson --data ./centre
 *
 * The form first: a recipe is refused where its form is not published.
 *
 * Exit: 0 published, or published before · 1 the form or the recipe is refused · 2 a file
 * cannot be read, the collector does not answer, or wrong use.
 */
import { err, fault, ok, type Fault, type Result } from '@murram/ground'
import { basename } from 'node:path'
import { askAdmin } from '../ask-admin.ts'
import { print, sayFault, type ExitCode } from '../print.ts'
import { partsOf, readFiles, sayLists, type GivenFile, type ListReply } from '../list-files.ts'
import { readGiven } from '../read-given.ts'

export interface CollectorPublishOptions {
  readonly data: string
  readonly collector: string
  readonly attach?: readonly string[]
  readonly recipe?: string
  readonly card?: string
  readonly json?: boolean
}

/** Of the reply what is said here; its whole shape is at the collector's /docs. */
interface Finding {
  readonly severity?: 'error' | 'warning'
  readonly sheet?: string
  readonly row?: number
  readonly column?: string
  readonly message: string
}
interface FormReply {
  readonly form: {
    readonly formId: string
    readonly version: string
    readonly questions: number
    readonly lists: readonly ListReply[]
  }
  readonly created: boolean
  readonly warnings: readonly Finding[]
}
interface ModelReply {
  readonly modelName: string
  readonly candidateId: string
  readonly inputs: number
  readonly unread: readonly string[]
  readonly releaseId: string | null
}

export async function collectorPublish(file: string, options: CollectorPublishOptions): Promise<ExitCode> {
  const given = readAll(file, options)
  if (!given.ok) return sayFault(given.error, options)
  const { bytes, lists, model } = given.value
  const published = await askAdmin<FormReply>(options, '/forms', {
    body: partsOf(lists, { name: basename(file), bytes }),
  })
  if (!published.ok) return refused(published.error, options)
  const { form, created, warnings } = published.value
  const modelled =
    model === undefined
      ? undefined
      : await askAdmin<ModelReply>(options, '/models', {
          body: JSON.stringify(model),
          headers: { 'Content-Type': 'application/json' },
        })
  if (options.json !== true) {
    const { formId, version, questions } = form
    print.line(
      `✓ form ${formId} ${version}: ${questions} questions, ${created ? 'published' : 'was published before'}; a laptop has it after its next sync`,
    )
    sayLists(form.lists)
    sayFindings(warnings)
  }
  if (modelled === undefined) {
    if (options.json === true) print.json({ ok: true, form, created, warnings })
    return 0
  }
  if (!modelled.ok) return refused(modelled.error, options)
  const { modelName, inputs, releaseId } = modelled.value
  if (options.json === true) print.json({ ok: true, form, created, warnings, model: modelled.value })
  else
    print.line(
      `✓ model ${modelName}: ${inputs} inputs, ${releaseId === null ? 'what is in force stays' : `release ${releaseId}`}`,
    )
  return 0
}

interface Given {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly lists: readonly GivenFile[]
  readonly model?: { readonly recipe: string; readonly card: string }
}

function readAll(file: string, { attach = [], recipe, card }: CollectorPublishOptions): Result<Given, Fault> {
  if ((recipe === undefined) !== (card === undefined))
    return err(fault('cli.usage', '--recipe and --card are given together'))
  const bytes = readGiven(file)
  if (!bytes.ok) return bytes
  const lists = readFiles(attach)
  if (!lists.ok) return lists
  const given = { bytes: bytes.value, lists: lists.value }
  if (recipe === undefined || card === undefined) return ok(given)
  const texts = [readGiven(recipe), readGiven(card)] as const
  for (const text of texts) if (!text.ok) return text
  const [recipeText, cardText] = texts.map(text => (text.ok ? new TextDecoder().decode(text.value) : ''))
  return ok({ ...given, model: { recipe: recipeText ?? '', card: cardText ?? '' } })
}

/** What the file itself is at fault for is a no (1); all else is work that could not be done (2). */
function refused(error: Fault, options: CollectorPublishOptions): ExitCode {
  const code = sayFault(error, options)
  const findings = error.data?.diagnostics
  if (options.json !== true && Array.isArray(findings)) sayFindings(findings as readonly Finding[])
  return /^(form|xpath|xform|recipe|bundle|score)\./.test(error.fault) ? 1 : code
}

function sayFindings(findings: readonly Finding[]): void {
  for (const { severity = 'warning', sheet, row, column, message } of findings) {
    const where = [sheet, row === undefined ? undefined : `row ${row}`, column].filter(part => part !== undefined)
    print.line(`  ${severity} ${where.length === 0 ? '' : `${where.join(' ')}: `}${message}`)
  }
}
