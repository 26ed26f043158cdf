/**
 * The models on this device: which is in force, which was before it, and which is scored in shadow.
 *
 * MS1 what is loaded was verified in this process: signature chain, length and hash of each
 *     file, and the model's own test rows
 * MS2 a slot that does not load any more leaves the form without a score, never without a form
 * MS3 the highest counter ever installed only rises as long as one key signs, also when a slot is deleted
 * MS4 a model that fails here (model-health.ts) gives way to the one before it, by itself, and is not
 *     tried again; a kill at any point leaves the one or the other in force, and the report to be told
 * MS5 the slot in force, the one before and the shadow stay on the disk; older ones are removed
 * MS7 a slot whose files this disk has spoilt says nothing of its model: the one before serves meanwhile, and
 *     the same release may be put here once more
 * MS6 a shadow that fails is dropped; it has a thread of its own and holds up nothing
 *
 * Not here: whether a release may be installed (`release-install.ts`), files (`slot-files.ts`).
 */
import { join } from 'node:path'
import { fault, noCrashPoint, type CrashPoint, type Fault, type Result, type Sha256 } from '@murram/ground'
import { verifyFiles, type Manifest } from '@murram/score'
import type { Scorer, ScorerThread } from '@murram/score/onnx'
import type { ReleaseBody } from '@murram/wire'
import { BehaviorSubject, Subject, type Observable } from 'rxjs'
import type { Log } from '../diagnostics/log.ts'
import { readIfThere } from '../store/atomic-file.ts'
import type { DeviceValues } from '../store/device-values.ts'
import { MOST_LOADS, openModelHealth, type ReleaseReport } from './model-health.ts'
import { openSlotFiles, safeName, type SlotFiles } from './slot-files.ts'

export interface OlderFile {
  readonly sha256: Sha256
  readonly read: () => Promise<Uint8Array | null>
}

/** MS3. With the key that signed it; an earlier build did not keep that. */
export interface HighestCounter {
  readonly counter: number
  readonly signedBy?: string | undefined
}

export interface ModelSlots {
  /** In force for this form, or `null`. */
  readonly active: (formId: string) => Scorer | null
  /** Scored beside it and shown to nobody, or `null`. */
  readonly shadow: (formId: string) => Scorer | null
  readonly manifests: () => readonly Manifest[]
  /** A file of the model that is in force for this form. */
  readonly fileInForce: (formId: string, name: string) => OlderFile | null
  /** A file of any slot of the form, by its hash; the bytes are not looked at yet. */
  readonly fileHere: (formId: string, sha256: string) => Promise<Uint8Array | null>
  /** Of this model on this device; counter -1 where there was none. */
  readonly highest: (modelName: string) => HighestCounter
  /** MS7. It is what should be in force, and lies spoilt on the disk. */
  readonly isDamaged: (formId: string, counter: number) => boolean
  /** Whole or not at all; what is there already stays as it is. */
  readonly writeSlot: (
    manifest: Manifest,
    release: ReleaseBody,
    files: ReadonlyMap<string, Uint8Array>,
  ) => Promise<void>
  /** Loads and tries the bundle without putting it into force. */
  readonly tryBundle: (
    manifest: Manifest,
    files: ReadonlyMap<string, Uint8Array>,
    as?: 'active' | 'shadow',
  ) => Promise<Result<Scorer>>
  /** From here on interviews of the form are scored by this one. */
  readonly activate: (scorer: Scorer, signedBy: string) => Promise<void>
  /** From here on they are scored by this one too; `null`: by none. */
  readonly setShadow: (formId: string, scorer: Scorer | null) => Promise<void>
  /**
   * What came of scoring by the model in force.
   * @returns Whether another one is in force now (MS4).
   */
  readonly noteScore: (formId: string, counter: number, failure: Fault | null) => Promise<boolean>
  /** MS4. It was in force here and failed. */
  readonly isLeft: (counter: number) => boolean
  /** To be told at each session. */
  readonly left: () => readonly ReleaseReport[]
  /** As soon as one is left. */
  readonly left$: Observable<ReleaseReport>
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
  /** The same in another thread, for shadows; the one above unless told. */
  readonly openShadow?: ScorerThread['open']
  /** MS1, without the rules that only concern installing (counter, expiry). */
  readonly verifyStored: (release: ReleaseBody, as: 'active' | 'shadow') => Result<Manifest>
  readonly now?: () => number
  readonly crashPoint?: CrashPoint
}

export async function openModelSlots(deps: ModelSlotsDeps): Promise<ModelSlots> {
  const { dataDir, values, log, openScorer, openShadow = openScorer, now = Date.now, crashPoint = noCrashPoint } = deps
  const disk = openSlotFiles(join(dataDir, 'models'))
  const health = openModelHealth(values, now)
  const inForce = new Map<string, Scorer>()
  const shadows = new Map<string, Scorer>()
  const changes = new BehaviorSubject<void>(undefined)
  const leaving = new Subject<ReleaseReport>()

  /** MS7. By form, what should be in force. */
  const damaged = new Map<string, number>()

  const read = (form: string, counter: number, as: 'active' | 'shadow'): Promise<Result<WholeSlot>> =>
    readSlot(disk, { form, counter }, release => deps.verifyStored(release, as))

  /** MS7 */
  const standIn = async (form: string, counter: number | null): Promise<Scorer | null> => {
    if (counter === null || health.isLeft(counter)) return null
    const whole = await read(form, counter, 'active')
    if (!whole.ok || health.beginLoad(counter) >= MOST_LOADS) return null
    const loaded = await openScorer(whole.value)
    if (!loaded.ok) return null
    health.loaded(counter)
    return loaded.value
  }

  /** MS4. The mark first, then the pointer: whatever a kill leaves, the next start goes on from it. */
  const leave = async (form: string, model: Pick<Manifest, 'releaseId' | 'counter'>, why: Fault): Promise<void> => {
    const report = health.leave(model, why)
    crashPoint('agent.release-left')
    const { before, shadow } = await disk.pointer(form)
    await disk.point(form, { active: before, before: null, shadow })
    crashPoint('agent.pointer-back')
    log.error({ releaseId: model.releaseId, counter: model.counter, fault: why.fault }, 'a release was left again')
    leaving.next(report)
  }

  /** Loads what is in force, or what is after whatever fails was left. */
  const loadActive = async (form: string): Promise<Scorer | null> => {
    for (;;) {
      const { active, before, shadow } = await disk.pointer(form)
      if (active === null) return null
      if (health.isLeft(active)) {
        await disk.point(form, { active: before, before: null, shadow }) // a kill came between
        continue
      }
      const whole = await read(form, active, 'active')
      if (!whole.ok) {
        log.error({ form, counter: active, fault: whole.error.fault }, 'a model slot is spoilt on this disk')
        damaged.set(form, active)
        return standIn(form, before)
      }
      const model = whole.value.manifest
      if (health.beginLoad(active) >= MOST_LOADS) {
        await leave(form, model, fault('bundle.load-failed', 'the process ended each time it was loaded'))
        continue
      }
      const loaded = await openScorer(whole.value)
      if (loaded.ok) {
        health.loaded(active)
        const { signedBy = whole.value.signedBy } = highestOf(values, model.modelName)
        // A kill came between pointer and number.
        if (signedBy === whole.value.signedBy) raise(values, model, signedBy)
        return loaded.value
      }
      log.warn({ form, counter: active, fault: loaded.error.fault }, 'a model slot does not load')
      if (health.mustLeave(active, loaded.error)) await leave(form, model, loaded.error)
      else if (!health.isOfTheModel(loaded.error)) return null // MS2
    }
  }

  const loadShadow = async (form: string): Promise<void> => {
    const pointer = await disk.pointer(form)
    if (pointer.shadow === null) return
    const whole = await read(form, pointer.shadow, 'shadow')
    const loaded = whole.ok ? await openShadow(whole.value) : whole
    if (loaded.ok) shadows.set(loaded.value.manifest.formId, loaded.value)
    else {
      log.warn({ form, counter: pointer.shadow, fault: loaded.error.fault }, 'a shadow does not load') // MS6
      await disk.point(form, { ...pointer, shadow: null })
    }
  }

  for (const form of await disk.forms()) {
    const scorer = await loadActive(form)
    if (scorer !== null) inForce.set(scorer.manifest.formId, scorer)
    await loadShadow(form)
    await disk.tidy(form)
  }

  return {
    active: formId => inForce.get(formId) ?? null,
    shadow: formId => shadows.get(formId) ?? null,
    manifests: () => [...inForce.values()].map(scorer => scorer.manifest),
    fileInForce: (formId, name) => {
      const manifest = inForce.get(formId)?.manifest
      const file = manifest?.files.find(one => one.name === name)
      if (manifest === undefined || file === undefined) return null
      const path = disk.pathOf(safeName(formId), manifest.counter, name)
      return { sha256: file.sha256 as Sha256, read: () => readIfThere(path) }
    },
    fileHere: (formId, sha256) => disk.find(safeName(formId), sha256),
    highest: modelName => highestOf(values, modelName),
    isDamaged: (formId, counter) => damaged.get(safeName(formId)) === counter,
    writeSlot: disk.write,
    tryBundle: (manifest, files, as = 'active') => (as === 'active' ? openScorer : openShadow)({ manifest, files }),
    activate: async (scorer, signedBy) => {
      const { manifest } = scorer
      const form = safeName(manifest.formId)
      const { active, before, shadow } = await disk.pointer(form)
      const previous = active === manifest.counter ? before : active
      await disk.point(form, { active: manifest.counter, before: previous, shadow })
      raise(values, manifest, signedBy)
      damaged.delete(form)
      const replaced = inForce.get(manifest.formId)
      inForce.set(manifest.formId, scorer)
      changes.next()
      await replaced?.[Symbol.asyncDispose]()
      await disk.tidy(form) // MS5
    },
    setShadow: async (formId, scorer) => {
      const form = safeName(formId)
      const replaced = shadows.get(formId)
      if (scorer === null) shadows.delete(formId)
      else shadows.set(formId, scorer)
      const pointer = await disk.pointer(form)
      await disk.point(form, { ...pointer, shadow: scorer?.manifest.counter ?? null })
      await replaced?.[Symbol.asyncDispose]()
      await disk.tidy(form)
    },
    noteScore: async (formId, counter, failure) => {
      const scorer = inForce.get(formId)
      if (scorer?.manifest.counter !== counter) return false
      if (failure === null) health.loaded(counter)
      else if (health.isOfTheModel(failure)) health.beginLoad(counter)
      const isBad =
        failure === null || failure.fault === 'score.not-finite'
          ? health.scored(counter, failure === null)
          : health.mustLeave(counter, failure)
      if (!isBad || failure === null) return false
      const form = safeName(formId)
      inForce.delete(formId)
      await leave(form, scorer.manifest, failure)
      const loaded = await loadActive(form)
      if (loaded !== null) inForce.set(formId, loaded)
      changes.next()
      await scorer[Symbol.asyncDispose]()
      return loaded !== null
    },
    isLeft: health.isLeft,
    left: health.left,
    left$: leaving.asObservable(),
    changes$: changes.asObservable(),
    close: async () => {
      for (const scorer of [...inForce.values(), ...shadows.values()]) await scorer[Symbol.asyncDispose]()
      inForce.clear()
      shadows.clear()
    },
  }
}

const counterName = (modelName: string): string => `model.highest.${modelName}`

/** `COUNTER KEY`; the counter alone where an earlier build wrote it. */
function highestOf(values: DeviceValues, modelName: string): HighestCounter {
  const [counter = '-1', signedBy] = (values.get(counterName(modelName)) ?? '-1').split(' ')
  return { counter: Number(counter), signedBy }
}

/** MS3. What another key signed begins anew. */
function raise(values: DeviceValues, { modelName, counter }: Manifest, signedBy: string): void {
  const highest = highestOf(values, modelName)
  if (highest.signedBy !== undefined && highest.signedBy !== signedBy) {
    values.set(counterName(modelName), `${counter} ${signedBy}`)
    return
  }
  values.set(counterName(modelName), `${Math.max(counter, highest.counter)} ${signedBy}`)
}

interface WholeSlot {
  readonly manifest: Manifest
  readonly files: ReadonlyMap<string, Uint8Array>
  readonly signedBy: string
}

/** MS1 */
async function readSlot(
  disk: SlotFiles,
  { form, counter }: { readonly form: string; readonly counter: number },
  verify: (release: ReleaseBody) => Result<Manifest>,
): Promise<Result<WholeSlot>> {
  const slot = await disk.slot(form, counter)
  if (!slot.ok) return slot
  const manifest = verify(slot.value.release)
  if (!manifest.ok) return manifest
  const files = new Map<string, Uint8Array>()
  try {
    for (const { name } of manifest.value.files) files.set(name, await slot.value.read(name))
  } catch (error) {
    return { ok: false, error: fault('bundle.malformed', error instanceof Error ? error.message : form) }
  }
  const whole = verifyFiles(manifest.value, files)
  if (!whole.ok) return whole
  return { ok: true, value: { manifest: manifest.value, files, signedBy: slot.value.release.signed.keyId } }
}
