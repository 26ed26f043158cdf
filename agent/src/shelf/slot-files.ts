/**
 * The folders of models on the disk: one a release, never changed once there, and one small file a
 * form that says which are in force.
 *
 *     models/<formId>/<counter>/   release.json and the bundle's files
 *     models/<formId>/active       the counter in force, and below it the one before
 *     models/<formId>/shadow       the counter that is scored beside it, shown to nobody
 *
 * SF1 a slot is whole or not there; a pointer is the old one or the new one
 *
 * Why folders and pointers: an open model file cannot be replaced on Windows, and the slot before
 * stays, so going back is one rename.
 */
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { err, fault, ok, type Result } from '@murram/ground'
import type { Manifest } from '@murram/score'
import { ReleaseBodySchema, type ReleaseBody } from '@murram/wire'
import { isMissing, readIfThere, writeFileAtomic } from '../store/atomic-file.ts'

export interface Pointer {
  readonly active: number | null
  readonly before: number | null
  readonly shadow: number | null
}

export interface Slot {
  readonly release: ReleaseBody
  readonly read: (name: string) => Promise<Uint8Array>
}

export interface SlotFiles {
  /** Names of folders, one a form. */
  readonly forms: () => Promise<readonly string[]>
  readonly pointer: (form: string) => Promise<Pointer>
  readonly point: (form: string, to: Pointer) => Promise<void>
  readonly slot: (form: string, counter: number) => Promise<Result<Slot>>
  /** SF1. What is there already is written anew. */
  readonly write: (manifest: Manifest, release: ReleaseBody, files: ReadonlyMap<string, Uint8Array>) => Promise<void>
  /** The bytes of a file that some slot of the form has; whoever asks holds them against their hash. */
  readonly find: (form: string, sha256: string) => Promise<Uint8Array | null>
  readonly pathOf: (form: string, counter: number, name: string) => string
  /** Removes what no pointer names. */
  readonly tidy: (form: string) => Promise<void>
}

/** Form ids and file names become one name in one folder, whatever stands in them. */
export const safeName = (name: string): string =>
  name.replace(/[^A-Za-z0-9_.-]/g, encodeURIComponent).replace(/^\./, '%2E')

export function openSlotFiles(folder: string): SlotFiles {
  const pathOf: SlotFiles['pathOf'] = (form, counter, name) => join(folder, form, String(counter), safeName(name))

  const pointer: SlotFiles['pointer'] = async form => {
    const [active = null, before = null] = await readCounters(join(folder, form, 'active'))
    const [shadow = null] = await readCounters(join(folder, form, 'shadow'))
    return { active, before, shadow }
  }

  const slot: SlotFiles['slot'] = async (form, counter) => {
    const path = join(folder, form, String(counter))
    try {
      const release = ReleaseBodySchema.safeParse(JSON.parse(await readFile(join(path, 'release.json'), 'utf8')))
      if (!release.success) return err(fault('bundle.malformed', path))
      return ok({ release: release.data, read: name => readFile(join(path, safeName(name))) })
    } catch (error) {
      return err(fault('bundle.malformed', error instanceof Error ? error.message : path))
    }
  }

  return {
    pathOf,
    pointer,
    slot,
    forms: () => foldersIn(folder),
    point: async (form, to) => {
      const { active, before, shadow } = to
      const now = await pointer(form)
      if (now.active !== active || now.before !== before)
        await writeFileAtomic(join(folder, form, 'active'), lines([active, before]))
      if (now.shadow !== shadow) await writeFileAtomic(join(folder, form, 'shadow'), lines([shadow]))
    },
    write: async (manifest, release, files) => {
      const path = join(folder, safeName(manifest.formId), String(manifest.counter))
      const beside = `${path}.part`
      await rm(beside, { recursive: true, force: true })
      await mkdir(beside, { recursive: true })
      for (const { name } of manifest.files) {
        const bytes = files.get(name)
        if (bytes === undefined) throw new Error(`a verified bundle without ${name}`)
        await writeFileAtomic(join(beside, safeName(name)), bytes)
      }
      await writeFileAtomic(join(beside, 'release.json'), JSON.stringify(release))
      await rm(path, { recursive: true, force: true })
      await rename(beside, path)
    },
    find: async (form, sha256) => {
      for (const name of await foldersIn(join(folder, form))) {
        const found = await slot(form, Number(name))
        const { files = [] } = found.ok ? (found.value.release.signed.body as Partial<Manifest>) : {}
        const file = files.find(one => one.sha256 === sha256)
        if (file !== undefined) return readIfThere(pathOf(form, Number(name), file.name))
      }
      return null
    },
    tidy: async form => {
      const kept = new Set(Object.values(await pointer(form)).map(String))
      for (const name of await foldersIn(join(folder, form)))
        if (!kept.has(name)) await rm(join(folder, form, name), { recursive: true, force: true })
    },
  }
}

const lines = (counters: readonly (number | null)[]): string =>
  counters.flatMap(counter => (counter === null ? [] : [`${counter}\n`])).join('')

async function readCounters(path: string): Promise<readonly number[]> {
  const bytes = await readIfThere(path)
  if (bytes === null) return []
  return Buffer.from(bytes)
    .toString('utf8')
    .split('\n')
    .filter(line => /^\d+$/.test(line.trim()))
    .map(Number)
}

async function foldersIn(path: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true })
    return entries.filter(entry => entry.isDirectory()).map(entry => entry.name)
  } catch (error) {
    if (isMissing(error)) return []
    throw error
  }
}
