/**
 * The models on this device: one folder a release, and a pointer file that names the one in force.
 *
 *     models/<formId>/<counter>/   release.json and the bundle's files, never changed once there
 *     models/<formId>/active       the counter, replaced by rename
 *
 * MS1 what is loaded was verified in this process: signature chain, length and hash of each
 *     file, and the model's own test rows
 * MS2 a slot that does not load any more leaves the form without a score, never without a form
 * MS3 the highest counter ever installed only rises, also when a slot is deleted
 *
 * Not here: whether a release may be installed (`install-release.ts`).
 *
 * Why folders and a pointer: an open model file cannot be replaced on Windows, and the slot
 * before stays, so going back is one rename.
 */
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { err, fault, type Result, type Sha256 } from '@murram/ground'
import { verifyFiles, type Manifest } from '@murram/score'
import type { Scorer, ScorerThread } from '@murram/score/onnx'
import { ReleaseBodySchema, type ReleaseBody } from '@murram/wire'
import { BehaviorSubject, type Observable } from 'rxjs'
import type { Log } from '../diagnostics/log.ts'
import { isMissing, readIfThere, writeFileAtomic } from '../store/atomic-file.ts'
import type { DeviceValues } from '../store/device-values.ts'

export interface OlderFile {
  readonly sha256: Sha256
  readonly read: () => Promise<Uint8Array | null>
}

export interface ModelSlots {
  /** In force for this form, or `null`. */
  readonly active: (formId: string) => Scorer | null
  readonly manifests: () => readonly Manifest[]
  /** A file of the model that is in force for this form. */
  readonly fileInForce: (formId: string, name: string) => OlderFile | null
  /** Of this model on this device, ever; -1 where there was none. */
  readonly highestCounter: (modelName: string) => number
  /** Whole or not at all; what is there already stays as it is. */
  readonly writeSlot: (
    manifest: Manifest,
    release: ReleaseBody,
    files: ReadonlyMap<string, Uint8Array>,
  ) => Promise<void>
  /** Loads and tries the bundle without putting it into force. */
  readonly tryBundle: (manifest: Manifest, files: ReadonlyMap<string, Uint8Array>) => Promise<Result<Scorer>>
  /** From here on interviews of the form are scored by this one. */
  readonly activate: (scorer: Scorer) => Promise<void>
  /** Emits at once, and whenever another model comes into force. */
  readonly changes$: Observable<void>
  readonly close: () => Promise<void>
}

export interface ModelSlotsDeps {
  readonly dataDir: string
  readonly values: DeviceValues
  readonly log: Log
  /** Loads a bundle and tries it on its test rows. */
  readonly openScorer: ScorerThread['open']
  /** MS1, without the rules that only concern installing (counter, expiry). */
  readonly verifyStored: (release: ReleaseBody) => Result<Manifest>
}

export async function openModelSlots(deps: ModelSlotsDeps): Promise<ModelSlots> {
  const { dataDir, values, log, openScorer } = deps
  const folder = join(dataDir, 'models')
  const inForce = new Map<string, Scorer>()
  const changes = new BehaviorSubject<void>(undefined)

  for (const formId of await foldersIn(folder)) {
    const loaded = await loadActive(join(folder, formId), deps)
    if (loaded === null) continue
    if (loaded.ok) {
      inForce.set(loaded.value.manifest.formId, loaded.value)
      raise(values, loaded.value.manifest)
    } else log.warn({ formId, fault: loaded.error.fault }, 'a model slot does not load') // MS2
  }

  return {
    active: formId => inForce.get(formId) ?? null,
    manifests: () => [...inForce.values()].map(scorer => scorer.manifest),
    fileInForce: (formId, name) => {
      const manifest = inForce.get(formId)?.manifest
      const file = manifest?.files.find(one => one.name === name)
      if (manifest === undefined || file === undefined) return null
      const path = join(folder, safeName(formId), String(manifest.counter), safeName(name))
      return { sha256: file.sha256 as Sha256, read: () => readIfThere(path) }
    },
    highestCounter: modelName => Number(values.get(counterName(modelName)) ?? '-1'),
    writeSlot: async (manifest, release, files) => {
      const slot = join(folder, safeName(manifest.formId), String(manifest.counter))
      const beside = `${slot}.part`
      await rm(beside, { recursive: true, force: true })
      await mkdir(beside, { recursive: true })
      for (const { name } of manifest.files) {
        const bytes = files.get(name)
        if (bytes === undefined) throw new Error(`a verified bundle without ${name}`)
        await writeFileAtomic(join(beside, safeName(name)), bytes)
      }
      await writeFileAtomic(join(beside, 'release.json'), JSON.stringify(release))
      await rm(slot, { recursive: true, force: true })
      await rename(beside, slot)
    },
    tryBundle: (manifest, files) => openScorer({ manifest, files }),
    activate: async scorer => {
      const { manifest } = scorer
      await writeFileAtomic(join(folder, safeName(manifest.formId), 'active'), `${manifest.counter}\n`)
      raise(values, manifest)
      const before = inForce.get(manifest.formId)
      inForce.set(manifest.formId, scorer)
      changes.next()
      await before?.[Symbol.asyncDispose]()
    },
    changes$: changes.asObservable(),
    close: async () => {
      for (const scorer of inForce.values()) await scorer[Symbol.asyncDispose]()
      inForce.clear()
    },
  }
}

const counterName = (modelName: string): string => `model.highest.${modelName}`

function raise(values: DeviceValues, { modelName, counter }: Manifest): void {
  const highest = Number(values.get(counterName(modelName)) ?? '-1')
  if (counter > highest) values.set(counterName(modelName), String(counter)) // MS3
}

/** Form ids and file names become one name in one folder, whatever stands in them. */
const safeName = (name: string): string => name.replace(/[^A-Za-z0-9_.-]/g, encodeURIComponent).replace(/^\./, '%2E')

async function loadActive(
  folder: string,
  { verifyStored, openScorer }: ModelSlotsDeps,
): Promise<Result<Scorer> | null> {
  const pointer = await readIfThere(join(folder, 'active'))
  if (pointer === null) return null
  const slot = join(folder, Buffer.from(pointer).toString('utf8').trim())
  try {
    const release = ReleaseBodySchema.safeParse(JSON.parse(await readFile(join(slot, 'release.json'), 'utf8')))
    if (!release.success) return err(fault('bundle.malformed', slot))
    const manifest = verifyStored(release.data)
    if (!manifest.ok) return manifest
    const files = new Map<string, Uint8Array>()
    for (const { name } of manifest.value.files) files.set(name, await readFile(join(slot, safeName(name))))
    const whole = verifyFiles(manifest.value, files)
    return whole.ok ? await openScorer({ manifest: manifest.value, files }) : whole
  } catch (error) {
    return err(fault('bundle.malformed', error instanceof Error ? error.message : slot))
  }
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
