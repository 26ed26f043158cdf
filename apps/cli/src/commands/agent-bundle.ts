/**
 * Where no network is: work out on a stick, and the centre's answer in from it.
 *
 *   murram agent export-bundle --data ./laptop --to /media/stick
 *   murram agent import-bundle /media/stick/for-4f1c….murram --data ./laptop
 *
 * Exit: 0 done · 1 a part of a file could not be used · 2 nothing could be done.
 */
import { openHeadless, type Agent } from '@murram/agent'
import { describeFault } from '@murram/ground'
import { bundleFilesOf, bundlePlaceOf } from '../bundle-files.ts'
import { counted } from '../counted.ts'
import { pathOf, print, sayFault, type ExitCode } from '../print.ts'
import { houseOf, type AgentOptions } from './agent.ts'

async function withAgent(options: AgentOptions, act: (agent: Agent) => Promise<ExitCode>): Promise<ExitCode> {
  const opened = await openHeadless(houseOf(options))
  if (!opened.ok) return sayFault(opened.error, options)
  try {
    return await act(opened.value)
  } finally {
    await opened.value.close()
  }
}

export const agentExportBundle = (
  options: AgentOptions & { readonly to: string; readonly all?: boolean },
): Promise<ExitCode> =>
  withAgent(options, async agent => {
    const place = bundlePlaceOf(options.to)
    if (!place.ok) return sayFault(place.error, options)
    const written = await agent.bundles.exportTo(place.value, options.all === true ? 'all' : 'unsent')
    if (!written.ok) return sayFault(written.error, options)
    const { path, submissions, attachments, sizeBytes } = written.value
    if (options.json === true) print.json({ ok: true, ...written.value })
    else {
      const files = attachments === 0 ? '' : ` and ${counted(attachments, 'file')}`
      print.line(
        `${path}: ${counted(submissions, 'interview')}${files}, ${(sizeBytes / 1000).toFixed(1)} kB, sealed to the centre`,
      )
      print.line(
        submissions === 0
          ? 'nothing waits here; the file fetches what is new at the centre, and --all takes what was sent before too'
          : 'they count as sent when the centre’s answer is imported here: murram agent import-bundle',
      )
    }
    return 0
  })

export const agentImportBundle = (files: readonly string[], options: AgentOptions): Promise<ExitCode> =>
  withAgent(options, async agent => {
    let worst: ExitCode = 0
    let used = 0
    for (const given of files) {
      const found = bundleFilesOf(given)
      if (!found.ok) worst = sayFault(found.error, options)
      else
        for (const file of found.value) {
          const code = await importOne(agent, file, { ...options, isFromFolder: file !== given })
          if (code === null) continue
          used += 1
          if (code > worst) worst = code
        }
    }
    if (used === 0 && worst === 0) {
      print.note('nothing there is for this laptop: murram collector export-bundle writes it, at the centre')
      return 1
    }
    return worst
  })

/** `null` where it is not for this laptop, and was only found. */
async function importOne(
  agent: Agent,
  file: string,
  options: AgentOptions & { readonly isFromFolder: boolean },
): Promise<ExitCode | null> {
  const imported = await agent.bundles.importFrom(pathOf(file))
  if (!imported.ok) {
    // On a stick lie the files of many laptops, and those on their way to the centre.
    if (options.isFromFolder && imported.error.fault === 'carry.wrong-device') return null
    return sayFault(imported.error, options, file)
  }
  const { receipted, notTaken, rows, wasKnown, faults } = imported.value
  const code = faults.length > 0 ? 1 : 0
  if (options.json === true) {
    print.json({ ok: true, file, ...imported.value })
    return code
  }
  print.line(
    wasKnown
      ? `${file}: all of it is here already`
      : `${file}: ${counted(receipted, 'interview')} arrived at the centre, ${counted(rows, 'change')} from there`,
  )
  if (notTaken > 0) print.line(`  ${notTaken} were not taken, with a reason: they stay here`)
  for (const reason of faults) print.note(`  ${describeFault(reason)}`)
  return code
}
