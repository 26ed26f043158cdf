/**
 * The scorer of each model that is in force, opened once and used by all who ask.
 *
 * Laws, in `predict.test.ts`:
 *   CS1 in force is what has reached all rings: a release that is still tried on a few devices, or
 *       was halted, answers no program
 *   CS2 another one in force is used by whatever is asked from then on (within a second where another
 *       collector of the project ordered it); what is under way ends with the one with which it began
 *   CS3 one that does not open is logged and leaves the one before, if there is one
 *
 * Not here: how a bundle is verified and held against its test rows (score/open-scorer).
 */
import { err, fault, ok, type Fault, type FormId, type Result } from '@murram/ground'
import { createRowReader, type FeatureRow } from '@murram/score'
import type { Scorer, ScorerThread } from '@murram/score/onnx'
import { readingOf, type Answers, type Form } from '@murram/xform'
import { getBlob } from '../blobs/blobs.ts'
import type { HouseDeps } from '../main/room.ts'
import { canRead } from '../registry/model-inputs.ts'
import { newestCompleteId } from '../rollout/order-repo.ts'
import { findRelease, type ReleaseRow } from '../rollout/release-repo.ts'
import { createRecordReader, type ReadRecord } from './read-record.ts'

/** A model that can be asked. */
export interface Champion {
  readonly release: ReleaseRow
  /** The newest version that asks what it reads. */
  readonly form: Form
  readonly scorer: Scorer
  readonly readRecord: ReadRecord
  readonly readRow: (answers: Answers) => Result<FeatureRow, Fault>
}

export interface ChampionScorers extends AsyncDisposable {
  /** The champion stays open until `work` has ended. */
  readonly use: <T>(modelName: string, work: (champion: Champion) => Promise<T>) => Promise<Result<T, Fault>>
}

export interface ChampionScorersDeps extends Pick<HouseDeps, 'read' | 'forms' | 'live' | 'log' | 'now'> {
  readonly thread: ScorerThread
}

interface Held {
  readonly releaseId: string
  readonly champion: Champion
  users: number
  isReplaced: boolean
}

/** How long it is believed which release is in force, where nothing is heard of another. */
const KNOWN_MS = 1_000
/** One that did not open is tried again after this long. */
const AGAIN_MS = 60_000

export function createChampionScorers({ read, forms, live, log, now, thread }: ChampionScorersDeps): ChampionScorers {
  const inForce = new Map<string, Held>()
  const opening = new Map<string, Promise<Result<Held, Fault>>>()
  const failed = new Map<string, { readonly error: Fault; readonly atMs: number }>()

  const known = new Map<string, { readonly releaseId: string; readonly atMs: number }>()
  const releaseInForce = async (modelName: string): Promise<string | undefined> => {
    const before = known.get(modelName)
    if (before !== undefined && performance.now() - before.atMs < KNOWN_MS) return before.releaseId
    const atMs = performance.now()
    const releaseId = await newestCompleteId(read, modelName)
    if (releaseId === undefined) known.delete(modelName)
    else known.set(modelName, { releaseId, atMs })
    return releaseId
  }

  const isClosed = ({ isReplaced, users }: Held): boolean => isReplaced && users === 0
  const leave = async (held: Held): Promise<void> => {
    if (isClosed(held)) await held.champion.scorer[Symbol.asyncDispose]()
  }
  const replace = async (modelName: string, next: Held | null): Promise<void> => {
    const before = inForce.get(modelName)
    if (next === null) inForce.delete(modelName)
    else inForce.set(modelName, next)
    if (before === undefined) return
    before.isReplaced = true
    await leave(before)
  }
  // Another version of the form may ask more, and under other names.
  const stopListening = live.subscribe(event => {
    if (event.kind === 'release' || event.kind === 'rollout') known.delete(event.modelName)
    if (event.kind !== 'form') return
    for (const [modelName, { champion }] of inForce)
      if (champion.form.formId === event.formId) void replace(modelName, null)
  })

  const openNow = async (modelName: string, releaseId: string): Promise<Result<Held, Fault>> => {
    const opened = await openChampion({ read, forms, thread }, releaseId)
    if (!opened.ok) {
      failed.set(releaseId, { error: opened.error, atMs: now() })
      log.error({ modelName, releaseId, ...opened.error }, 'a model in force cannot be opened for programs that ask')
      return opened
    }
    failed.delete(releaseId)
    const held: Held = { releaseId, champion: opened.value, users: 0, isReplaced: false }
    await replace(modelName, held)
    return ok(held)
  }
  const openOnce = (modelName: string, releaseId: string): Promise<Result<Held, Fault>> => {
    const under = opening.get(releaseId)
    if (under !== undefined) return under
    const begun = openNow(modelName, releaseId).finally(() => opening.delete(releaseId))
    opening.set(releaseId, begun)
    return begun
  }

  const find = async (modelName: string): Promise<Result<Held, Fault>> => {
    const releaseId = await releaseInForce(modelName)
    if (releaseId === undefined) return err(fault('predict.no-model', modelName))
    const before = inForce.get(modelName)
    if (before?.releaseId === releaseId) return ok(before)
    const wrong = failed.get(releaseId)
    const opened =
      wrong !== undefined && now() - wrong.atMs < AGAIN_MS ? err(wrong.error) : await openOnce(modelName, releaseId)
    return opened.ok || before === undefined ? opened : ok(before) // CS3
  }

  return {
    use: async (modelName, work) => {
      let found = await find(modelName)
      // Closed between the answer and this line: another has its place.
      while (found.ok && isClosed(found.value)) found = await find(modelName)
      if (!found.ok) return found
      const held = found.value
      held.users += 1
      try {
        return ok(await work(held.champion))
      } finally {
        held.users -= 1
        await leave(held)
      }
    },
    [Symbol.asyncDispose]: async () => {
      stopListening()
      await thread[Symbol.asyncDispose]()
    },
  }
}

async function openChampion(
  { read, forms, thread }: Pick<ChampionScorersDeps, 'read' | 'forms' | 'thread'>,
  releaseId: string,
): Promise<Result<Champion, Fault>> {
  const release = await findRelease(read, releaseId)
  if (release === undefined) return err(fault('http.not-found', `release ${releaseId}`))
  const manifest = release.signed.body
  const form = await newestReadable({ forms }, manifest.formId as FormId, manifest.inputs)
  if (!form.ok) return form
  const readRow = createRowReader(manifest.inputs, readingOf(form.value))
  if (!readRow.ok) return readRow
  const files = new Map<string, Uint8Array>()
  for (const { name, sha256 } of manifest.files) {
    const bytes = await getBlob(read, sha256)
    if (bytes !== undefined) files.set(name, bytes)
  }
  const scorer = await thread.open({ manifest, files })
  if (!scorer.ok) return scorer
  return ok({
    release,
    form: form.value,
    scorer: scorer.value,
    readRecord: createRecordReader(form.value),
    readRow: readRow.value,
  })
}

async function newestReadable(
  { forms }: Pick<ChampionScorersDeps, 'forms'>,
  formId: FormId,
  inputs: Parameters<typeof canRead>[1],
): Promise<Result<Form, Fault>> {
  for (const version of (await forms.versions(formId)).toReversed()) {
    const form = await forms.find(formId, version)
    if (form.ok && canRead(form.value, inputs)) return form
  }
  return err(fault('score.input-missing', `no version of ${formId} asks all that the model reads`))
}
