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
    const written = await agent.bundles.exportTo(pathOf(options.to), options.all === true ? 'all' : 'unsent')
    if (!written.ok) return sayFault(written.error, options)
    const { path, submissions, attachments, sizeBytes } = written.value
    if (options.json === true) print.json({ ok: true, ...written.value })
    else {
      const files = attachments === 0 ? '' : ` and ${attachments} files`
      print.line(
        `${path}: ${submissions} interviews${files}, ${(sizeBytes / 1000).toFixed(1)} kB, sealed to the centre`,
      )
      print.line('they count as sent when the centre’s answer is imported here: murram agent import-bundle')
    }
    return 0
  })

export const agentImportBundle = (files: readonly string[], options: AgentOptions): Promise<ExitCode> =>
  withAgent(options, async agent => {
    let worst: ExitCode = 0
    for (const file of files) {
      const imported = await agent.bundles.importFrom(pathOf(file))
      if (!imported.ok) {
        worst = sayFault(imported.error, options)
        continue
      }
      const { receipted, notTaken, rows, wasKnown, faults } = imported.value
      if (faults.length > 0 && worst === 0) worst = 1
      if (options.json === true) {
        print.json({ ok: true, file, ...imported.value })
        continue
      }
      print.line(
        wasKnown
          ? `${file}: all of it is here already`
          : `${file}: ${receipted} interviews have arrived at the centre, ${rows} changes from there`,
      )
      if (notTaken > 0) print.line(`  ${notTaken} were not taken, with a reason: they stay here`)
      for (const reason of faults) print.note(`  ${describeFault(reason)}`)
    }
    return worst
  })
