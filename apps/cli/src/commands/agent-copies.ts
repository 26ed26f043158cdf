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
import { describeFault, err, fault, ok, type Fault, type Result } from '@murram/ground'
import { statSync } from 'node:fs'
import { basename, relative } from 'node:path'
import { bundleFilesOf, bundlePlaceOf } from '../bundle-files.ts'
import { counted } from '../counted.ts'
import { keysOfCentre } from '../keys-of-centre.ts'
import { pathOf, print, sayFault, type ExitCode } from '../print.ts'
import { houseOf, type AgentOptions } from './agent.ts'

const COPY_PASSPHRASE = 'MURRAM_COPY_PASSPHRASE'

export async function agentCopies(
  options: AgentOptions & { readonly add?: string; readonly remove?: string; readonly atCentre?: string },
): Promise<ExitCode> {
  const house = houseOf(options)
  const unfit = options.add === undefined ? null : unfitPlace(options.add, house.dataDir)
  if (unfit !== null) return sayFault(unfit, options)
  const opened = await openHeadless(house)
  if (!opened.ok) return sayFault(opened.error, options)
  const { copies, carry, close } = opened.value
  try {
    if (options.atCentre !== undefined) carry.keepAtCentre(options.atCentre === 'on')
    if (options.remove !== undefined) {
      const folder = pathOf(options.remove)
      if (!copies.places().some(place => place.folder === folder))
        return sayFault(fault('cli.usage', `--remove ${options.remove}: no copy is kept there`), options)
      copies.remove(folder)
    }
    if (options.add !== undefined) {
      const passphrase = process.env[COPY_PASSPHRASE]
      const added = await copies.add(pathOf(options.add), passphrase === undefined ? {} : { passphrase })
      if (!added.ok) return sayFault(added.error, options)
      if (statSync(pathOf(options.add)).dev === statSync(house.dataDir).dev)
        print.note('this folder is on the same disk as the store: a broken disk takes both. A stick is better')
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

/** A folder that is not there may be a disk that is not in; one inside the store goes with the laptop. */
function unfitPlace(given: string, dataDir: string): Fault | null {
  const folder = pathOf(given)
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) return fault('cli.no-such-folder', folder)
  const inside = relative(dataDir, folder)
  return inside === '' || !/^\.\.([\\/]|$)/.test(inside)
    ? fault('cli.usage', `--add ${given}: it lies in the folder of the store, and would be lost with it`)
    : null
}

export async function agentRestoreCopy(
  options: AgentOptions & { readonly from: string; readonly recoveryData?: string; readonly evenDamaged?: boolean },
): Promise<ExitCode> {
  const { dataDir, key } = houseOf(options)
  const copy = copyIn(options.from)
  if (!copy.ok) return sayFault(copy.error, options)
  if (copy.value !== options.from) print.note(`the newest copy there: ${copy.value}`)
  const opener = openerOf(options)
  if (opener === null) return 2
  const restored = await restoreCopy({
    from: pathOf(copy.value),
    dataDir,
    opener,
    key,
    now: Date.now,
    evenDamaged: options.evenDamaged === true,
  })
  if (!restored.ok) {
    if (restored.error.fault === 'carry.damaged')
      print.note(
        'nothing was restored. Take another copy where there is one; --even-damaged takes what reads of this one',
      )
    return sayFault(restored.error, options)
  }
  const { officer, submissions, drafts, copiedAtMs, faults } = restored.value
  if (options.json === true) print.json({ ok: true, ...restored.value })
  else {
    print.line(
      `${options.data}: ${officer}'s laptop as of ${new Date(copiedAtMs).toISOString()}, ${counted(submissions, 'interview')}, ${counted(drafts, 'draft')}`,
    )
    print.line('next: murram agent sync, or murram agent start; the centre counts each interview once')
  }
  for (const reason of faults) print.note(describeFault(reason))
  return faults.length === 0 ? 0 : 1
}

/** Of a folder the newest copy, where all are of one laptop. */
function copyIn(from: string): Result<string, Fault> {
  const files = bundleFilesOf(from)
  if (!files.ok || files.value[0] === from) return files.ok ? ok(from) : files
  const copies = files.value.filter(file => basename(file).startsWith('copy-'))
  const laptops = new Set(copies.map(file => /-([0-9a-f]{8})-\d{4}-/.exec(basename(file))?.[1]))
  const newest = copies.at(-1)
  if (newest === undefined) return err(fault('cli.file-unreadable', `${from}: no copy-….murram is in this folder`))
  return laptops.size === 1
    ? ok(newest)
    : err(fault('cli.usage', `${from}: copies of ${laptops.size} laptops are in this folder; name the file`))
}

/** By the centre's recovery key, a passphrase of its own, or whatever opens the new store. */
function openerOf(options: AgentOptions & { readonly recoveryData?: string }): KeySource | null {
  if (options.recoveryData !== undefined) {
    const keys = keysOfCentre(options.recoveryData)
    if (keys.ok) return { kind: 'recovery', boxKey: keys.value.box }
    sayFault(keys.error, options)
    return null
  }
  const passphrase = process.env[COPY_PASSPHRASE]
  return passphrase === undefined ? houseOf(options).key : headlessKey('', { passphrase })
}

export async function agentSalvage(options: AgentOptions & { readonly to: string }): Promise<ExitCode> {
  const { dataDir, key } = houseOf(options)
  const place = bundlePlaceOf(options.to)
  if (!place.ok) return sayFault(place.error, options)
  const salvaged = await salvageStore({ dataDir, key, to: place.value, now: Date.now })
  if (!salvaged.ok) return sayFault(salvaged.error, options)
  const { path, submissions, drafts, gaps } = salvaged.value
  if (options.json === true) print.json({ ok: true, ...salvaged.value })
  else {
    print.line(
      `${path}: ${counted(submissions, 'interview')}, ${counted(drafts, 'draft')}, sealed; the store was not touched`,
    )
    if (gaps > 0)
      print.note(`${counted(gaps, 'place')} did not read, and nobody knows what stood there. Keep the folder`)
    if (submissions + drafts === 0)
      print.note('nothing that was entered here reads: look for a copy first, made by murram agent copies')
    print.line(`next: murram agent restore-copy --from ${path} --data NEW-FOLDER`)
  }
  return gaps === 0 ? 0 : 1
}
