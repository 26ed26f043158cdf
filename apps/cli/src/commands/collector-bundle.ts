/**
 * The centre's side of work that travels on a stick.
 *
 *   murram collector import-bundle /media/stick/*.murram --data ./centre
 *   murram collector export-bundle --device 4f1c… --to /media/stick --data ./centre
 *
 * After an import the answer for the same laptop is written beside the file, unless told not to.
 *
 * Exit: 0 all of it is here · 1 a part is missing or was not taken · 2 a file could not be used.
 */
import { describeFault, err, fault, ok, type Fault, type FaultOf, type Result } from '@murram/ground'
import { openAsBlob, renameSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { askAdmin, askAdminForFile, type Central } from '../ask-admin.ts'
import { bundleFilesOf, bundlePlaceOf } from '../bundle-files.ts'
import { findDevice } from '../find-device.ts'
import { pathOf, print, sayFault, type ExitCode } from '../print.ts'

export interface CollectorBundleOptions extends Central {
  readonly reply?: boolean
  readonly json?: boolean
}

/** Of the reply what is said here; its whole shape is at the collector's /docs. */
interface ImportReply {
  readonly deviceId: string
  readonly officer: string
  readonly before: boolean
  readonly results: Readonly<Record<string, number>>
  readonly notFolded: readonly { readonly n: number; readonly fault: Fault | null }[]
  readonly missing: readonly (readonly [number, number])[]
  readonly aside: readonly { readonly n: number }[]
  readonly faults: readonly Fault[]
}

export async function collectorImportBundle(
  files: readonly string[],
  options: CollectorBundleOptions,
): Promise<ExitCode> {
  let worst: ExitCode = 0
  const named: string[] = []
  for (const given of files) {
    const found = bundleFilesOf(given)
    if (found.ok) named.push(...found.value)
    else worst = sayFault(found.error, options)
  }
  for (const file of named) {
    // All files of a stick are named at once, and the answers of last time lie among them.
    if (ANSWER.test(basename(file))) {
      print.note(`${file}: an answer for a laptop, left as it is`)
      continue
    }
    const code = await importOne(file, options)
    if (code > worst) worst = code
  }
  return worst
}

/** As `writeAnswer` and the collector name them. */
const ANSWER = /^for-[0-9a-f]{8}-|-answer\.murram$/

async function importOne(file: string, options: CollectorBundleOptions): Promise<ExitCode> {
  const blob = await readBlob(file)
  if (!blob.ok) return sayFault(blob.error, options)
  const imported = await askAdmin<ImportReply>(options, '/bundles', { body: blob.value })
  if (!imported.ok) return sayFault(imported.error, options, file)
  const { value } = imported
  const answer =
    options.reply === false
      ? null
      : await writeAnswer(value.deviceId, `${pathOf(file).replace(/\.murram$/, '')}-answer`, options)
  if (answer?.ok === false) print.note(`no answer was written: ${describeFault(answer.error)}`)
  const answerFile = answer?.ok === true ? answer.value : null
  if (options.json === true) print.json({ ok: true, file, answer: answerFile, ...value })
  else say(file, value, answerFile)
  return value.missing.length + value.faults.length + value.notFolded.length === 0 ? 0 : 1
}

function say(file: string, told: ImportReply, answer: string | null): void {
  const words = Object.entries(told.results).map(([result, count]) => `${count} ${WORDS[result] ?? result}`)
  print.line(
    `${file}: ${told.officer}, ${words.join(', ') || 'no interviews'}${told.before ? ' (imported before)' : ''}`,
  )
  for (const [first, last] of told.missing) print.note(`  missing: ${first === last ? first : `${first} to ${last}`}`)
  for (const { n, fault: reason } of told.notFolded.slice(0, 10))
    print.note(`  ${n}: ${reason === null ? 'not folded' : describeFault(reason)}`)
  for (const { n } of told.aside) print.note(`  ${n}: larger than a frame; kept as a file for a person to look at`)
  for (const reason of told.faults) print.note(`  ${describeFault(reason)}`)
  if (answer !== null) print.line(`  the answer for that laptop: ${answer}`)
}

const WORDS: Readonly<Record<string, string>> = {
  applied: 'new',
  duplicate: 'here already',
  conflict: 'new, with an answer that differs',
  held: 'held',
  refused: 'refused',
  forked: 'of a copied store',
}

export async function collectorExportBundle(
  options: CollectorBundleOptions & { readonly device: string; readonly to: string; readonly full?: boolean },
): Promise<ExitCode> {
  const place = bundlePlaceOf(options.to)
  if (!place.ok) return sayFault(place.error, options)
  const device = await findDevice(options.device, options)
  if (!device.ok) return sayFault(device.error, options)
  const written = await writeAnswer(device.value.deviceId, place.value, options, options.full === true)
  if (!written.ok) return sayFault(written.error, options)
  if (options.json === true) print.json({ ok: true, file: written.value })
  else
    print.line(`${written.value}: sealed to the laptop of ${device.value.officer}; there: murram agent import-bundle`)
  return 0
}

/** Written beside its place and renamed, so that a stick that is pulled out has no half of it. */
async function writeAnswer(
  deviceId: string,
  to: string,
  options: Central,
  isFull = false,
): Promise<Result<string, Fault>> {
  const path = `/devices/${encodeURIComponent(deviceId)}/bundle?full=${isFull}`
  const got = await askAdminForFile(options, path)
  if (!got.ok) return got
  const isFolder = statSync(to, { throwIfNoEntry: false })?.isDirectory() === true
  const place = isFolder ? join(to, got.value.name) : to.endsWith('.murram') ? to : `${to}.murram`
  const beside = join(dirname(place), `.${basename(place)}.part`)
  try {
    writeFileSync(beside, got.value.bytes, { flush: true })
    renameSync(beside, place)
    return ok(place)
  } catch (cause) {
    return err(fault('cli.file-unreadable', `${place}: ${cause instanceof Error ? cause.message : String(cause)}`))
  }
}

async function readBlob(file: string): Promise<Result<Blob, FaultOf<'cli.file-unreadable'>>> {
  try {
    return ok(await openAsBlob(pathOf(file)))
  } catch {
    return err(fault('cli.file-unreadable', `${file}: it is not there, or this user may not read it`))
  }
}
