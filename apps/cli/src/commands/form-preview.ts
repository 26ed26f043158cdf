/**
 * murram form preview: the form in the browser as an officer will see it, again at each save.
 *
 *   murram form preview household.xlsx
 *   murram form preview household.xml --port 4000 --no-open
 *
 * The folder is watched and not the file: spreadsheet programs write a new file and rename it.
 *
 * Exit: 0 when it is stopped · 2 the file is not there, or the port is taken.
 */
import { startPreview, type PreviewLoad } from '@murram/agent'
import { loadProgram } from '@murram/xform'
import { randomUUID } from 'node:crypto'
import { watch } from 'node:fs'
import { basename, dirname } from 'node:path'
import openInBrowser from 'open'
import { fieldPages } from '../field-pages.ts'
import { pathOf, print, sayFault, type ExitCode } from '../print.ts'
import { createFormFiles, findingsOf, listsOf, type Finding, type ReadFormFile } from '../read-forms.ts'
import { readGiven } from '../read-given.ts'
import { untilAsked } from '../until-asked.ts'

export interface FormPreviewOptions {
  readonly port: number
  readonly open: boolean
  readonly json?: boolean
}

/** An editor writes in several strokes. */
const CALM_MS = 150

export async function formPreview(file: string, options: FormPreviewOptions): Promise<ExitCode> {
  const given = readGiven(file)
  if (!given.ok) return sayFault(given.error, options)
  const started = await startPreview({
    fileName: basename(file),
    port: options.port,
    fieldDir: fieldPages(),
    now: Date.now,
    uuid: randomUUID,
    random: Math.random,
  })
  if (!started.ok) return sayFault(started.error, options)
  const { pageUrl, show, close } = started.value

  await using files = createFormFiles()
  const read = async (): Promise<void> => {
    const load = await loadOf(file, files.read)
    show(load)
    if (options.json !== true) say(file, load)
  }
  await read()
  if (options.json === true) print.json({ ok: true, page: pageUrl })
  else {
    print.line(`preview: ${pageUrl}`)
    print.line('it follows each save of the file; Ctrl-C ends it')
  }
  if (options.open)
    await openInBrowser(pageUrl).catch(() => print.note('no browser could be opened here: open the address yourself'))

  let calm: NodeJS.Timeout | undefined
  let reading = Promise.resolve()
  const watcher = watch(dirname(pathOf(file)), (_, name) => {
    if (name !== null && name !== basename(file)) return
    clearTimeout(calm)
    calm = setTimeout(() => {
      reading = reading.then(read)
    }, CALM_MS)
  })
  await untilAsked()
  watcher.close()
  clearTimeout(calm)
  await reading
  await close()
  return 0
}

async function loadOf(file: string, read: ReadFormFile): Promise<PreviewLoad> {
  const found = await read(file)
  if (!found.ok) return { form: null, findings: findingsOf(found.error).map(toJson('error')) }
  const { program, lists, warnings } = found.value
  const form = loadProgram(program, { attachments: listsOf(file, lists) })
  return form.ok
    ? { form: form.value, findings: warnings.map(toJson('warning')) }
    : { form: null, findings: findingsOf(form.error).map(toJson('error')) }
}

const toJson =
  (severity: 'error' | 'warning') =>
  ({ message, sheet, row, column }: Finding): PreviewLoad['findings'][number] => ({
    severity,
    message,
    ...(sheet === null ? {} : { sheet }),
    ...(row === null ? {} : { row }),
    ...(column === null ? {} : { column }),
  })

function say(file: string, { form, findings }: PreviewLoad): void {
  const errors = findings.filter(({ severity }) => severity === 'error').length
  const warnings = findings.length - errors
  const counts = `${errors} errors, ${warnings} warnings`
  print.line(
    form === null ? `✗ ${file}: ${counts}` : `✓ ${file}: ${form.questions.length} questions, ${warnings} warnings`,
  )
}
