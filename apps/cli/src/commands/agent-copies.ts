/**
 * What only one laptop has, kept sealed elsewhere, and made a laptop again.
 *
 *   murram agent copies --add /media/disk --data ./laptop
 *   murram agent copies --at-centre on --data ./laptop
 *   murram agent restore-copy --from /media/disk/copy-….murram --data ./new-laptop
 *   murram agent salvage --data ./broken --to /media/stick
 *
 * MURRAM_COPY_PASSPHRASE opens a copy where it is not the passphrase of the store.
 *
 * Exit: 0 done · 1 a place has no good copy · 2 nothing could be done.
 */
import { headlessKey, openHeadless, restoreCopy, salvageStore, type KeySource } from '@murram/agent'
import { loadProjectKeys } from '@murram/collector'
import { describeFault } from '@murram/ground'
import { join } from 'node:path'
import { pathOf, print, sayFault, type ExitCode } from '../print.ts'
import { houseOf, type AgentOptions } from './agent.ts'

const COPY_PASSPHRASE = 'MURRAM_COPY_PASSPHRASE'

export async function agentCopies(
  options: AgentOptions & { readonly add?: string; readonly remove?: string; readonly atCentre?: string },
): Promise<ExitCode> {
  const house = houseOf(options)
  const opened = await openHeadless(house)
  if (!opened.ok) return sayFault(opened.error, options)
  const { copies, carry, close } = opened.value
  try {
    if (options.atCentre !== undefined) carry.keepAtCentre(options.atCentre === 'on')
    if (options.remove !== undefined) copies.remove(pathOf(options.remove))
    if (options.add !== undefined) {
      const passphrase = process.env[COPY_PASSPHRASE]
      const added = await copies.add(pathOf(options.add), passphrase === undefined ? {} : { passphrase })
      if (!added.ok) return sayFault(added.error, options)
      if (house.key.kind === 'key-file' && passphrase === undefined)
        print.note(
          `this store opens by a key file: keep it elsewhere too, or set ${COPY_PASSPHRASE}; else only the centre's recovery key opens the copy`,
        )
    } else await copies.makeNow()
    const places = copies.places()
    if (options.json === true) print.json({ ok: true, places, atCentre: carry.isKeptAtCentre() })
    else {
      for (const { folder, lastAtMs, sizeBytes, fault } of places)
        print.line(
          fault === null && lastAtMs !== null
            ? `${folder}: ${new Date(lastAtMs).toISOString()}, ${((sizeBytes ?? 0) / 1000).toFixed(1)} kB`
            : `${folder}: ${fault === null ? 'none yet' : describeFault(fault)}`,
        )
      if (places.length === 0) print.line('no copy is kept: murram agent copies --add /media/disk')
      if (carry.isKeptAtCentre()) print.line('at the centre too, with each sync')
    }
    return places.every(({ fault }) => fault === null) ? 0 : 1
  } finally {
    await close()
  }
}

export async function agentRestoreCopy(
  options: AgentOptions & { readonly from: string; readonly recoveryData?: string; readonly evenDamaged?: boolean },
): Promise<ExitCode> {
  const { dataDir, key } = houseOf(options)
  const opener = openerOf(options)
  if (opener === null) return 2
  const restored = await restoreCopy({
    from: pathOf(options.from),
    dataDir,
    opener,
    key,
    now: Date.now,
    evenDamaged: options.evenDamaged === true,
  })
  if (!restored.ok) return sayFault(restored.error, options)
  const { officer, submissions, drafts, copiedAtMs, faults } = restored.value
  if (options.json === true) print.json({ ok: true, ...restored.value })
  else {
    print.line(
      `${options.data}: ${officer}'s laptop as of ${new Date(copiedAtMs).toISOString()}, ${submissions} interviews, ${drafts} drafts`,
    )
    print.line('next: murram agent sync, or murram agent start; the centre counts each interview once')
  }
  for (const reason of faults) print.note(describeFault(reason))
  return faults.length === 0 ? 0 : 1
}

/** By the centre's recovery key, a passphrase of its own, or whatever opens the new store. */
function openerOf(options: AgentOptions & { readonly recoveryData?: string }): KeySource | null {
  if (options.recoveryData !== undefined) {
    const keys = loadProjectKeys(join(pathOf(options.recoveryData), 'keys.json'))
    if (keys.ok) return { kind: 'recovery', boxKey: keys.value.box }
    sayFault(keys.error, options)
    return null
  }
  const passphrase = process.env[COPY_PASSPHRASE]
  return passphrase === undefined ? houseOf(options).key : headlessKey('', { passphrase })
}

export async function agentSalvage(options: AgentOptions & { readonly to: string }): Promise<ExitCode> {
  const { dataDir, key } = houseOf(options)
  const salvaged = await salvageStore({ dataDir, key, to: pathOf(options.to), now: Date.now })
  if (!salvaged.ok) return sayFault(salvaged.error, options)
  const { path, submissions, drafts, gaps } = salvaged.value
  if (options.json === true) print.json({ ok: true, ...salvaged.value })
  else {
    print.line(`${path}: ${submissions} interviews, ${drafts} drafts, sealed; the store was not touched`)
    if (gaps > 0) print.note(`${gaps} places did not read`)
    print.line(`next: murram agent restore-copy --from ${path} --data NEW-FOLDER`)
  }
  return gaps === 0 ? 0 : 1
}
