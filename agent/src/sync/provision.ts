/**
 * What the feed names and this device lacks: programs of forms, then their lists and releases of models.
 * Runs beside the session, so that trying a model does not hold up an ack.
 *
 * Every verdict on a release is kept as a note until the next one on the same model, and told
 * at each session: a report may be lost, the next one is not.
 */
import { err, ok, type Fault, type Result } from '@murram/ground'
import { sha256 } from '@murram/seal'
import type { DeviceReport } from '@murram/wire'
import { loadProgram } from '@murram/xform'
import type { Log } from '../diagnostics/log.ts'
import { programPath, type FormShelf } from '../shelf/form-shelf.ts'
import type { ReleaseInstall, WithheldReport } from '../shelf/release-install.ts'
import { readIfThere, writeFileAtomic } from '../store/atomic-file.ts'
import type { NoteDoc } from '../store/collections.ts'
import type { Mirror } from '../store/mirror.ts'
import type { Store } from '../store/open-store.ts'
import type { Downloads } from './downloads.ts'

type ReleaseReport = Extract<DeviceReport, { kind: 'release' }>

export interface Provision {
  /** What is missing now; a call during a run has it look once more. Resolves when all is done. */
  readonly run: () => Promise<void>
  readonly isIdle: () => boolean
  /** Resolves when no run is under way. */
  readonly settled: () => Promise<void>
  /** The last verdict on each release row, for a new session to tell again. */
  readonly reports: () => Promise<readonly ReleaseReport[]>
}

export interface ProvisionDeps extends Pick<Store, 'collections'> {
  readonly dataDir: string
  readonly mirror: Mirror
  readonly forms: FormShelf
  readonly releases: ReleaseInstall
  readonly downloads: Pick<Downloads, 'fetch'>
  readonly onReport: (report: ReleaseReport | WithheldReport) => void
  /** All that the collector spoke of is here: then an order that is missing is kept back. */
  readonly isCaughtUp?: () => boolean
  /** Releases that were in force here and failed: told until the end, for a kill may come before they are noted. */
  readonly left?: () => readonly ReleaseReport[]
  readonly log: Log
}

export function createProvision(deps: ProvisionDeps): Provision {
  const { mirror, releases, downloads, collections, onReport, log } = deps
  /** In this session. */
  const toldMissing = new Set<string>()
  const fetchReleases = async (): Promise<void> => {
    const rollouts = (await mirror.all('rollout')).map(({ body }) => body)
    // Orders first: what is halted, or goes to others, must not be installed by way of an older row.
    for (const rollout of rollouts) releases.hear(rollout)
    const tell = async (report: ReleaseReport | null): Promise<void> => {
      if (report === null) return
      await keepReport(collections, report)
      onReport(report)
    }
    for (const { body } of await mirror.all('release')) await tell(await releases.consider(body, downloads.fetch))
    for (const rollout of rollouts) await tell(await releases.follow(rollout, downloads.fetch))
    if (deps.isCaughtUp?.() !== true) return
    for (const report of releases.withheld()) {
      const order = `${report.modelName} ${report.orderNumber}`
      if (!toldMissing.has(order)) onReport(report)
      toldMissing.add(order)
    }
  }
  const onError = (error: unknown): void => {
    // A full disk, say: what is in force stays in force, and the next page tries again.
    log.error({ error: error instanceof Error ? error.message : 'unknown' }, 'provisioning stopped')
  }
  // Each for itself: a form does not wait for the second half of a model.
  const formRuns = createRuns(() => fetchForms(deps), onError)
  const listRuns = createRuns(() => fetchLists(deps), onError)
  const releaseRuns = createRuns(fetchReleases, onError)
  const running = new Set<Promise<void>>()

  return {
    run: () => {
      // A model fits the forms that are here. Lists are more urgent on the line, and wait for no model.
      const mine = formRuns().then(async () => void (await Promise.all([listRuns(), releaseRuns()])))
      running.add(mine)
      return mine.finally(() => running.delete(mine))
    },
    isIdle: () => running.size === 0,
    settled: async () => {
      while (running.size > 0) await Promise.all(running)
    },
    reports: async () => {
      toldMissing.clear()
      const notes = await collections.notes.find({ selector: { kind: 'release' } }).exec()
      return [...notes.map(note => (note.toJSON() as NoteDoc).body as ReleaseReport), ...(deps.left?.() ?? [])]
    },
  }
}

/** One run at a time; a call during a run has it look once more. */
function createRuns(once: () => Promise<void>, onError: (error: unknown) => void): () => Promise<void> {
  let running: Promise<void> | null = null
  let again = false
  const loop = async (): Promise<void> => {
    do {
      again = false
      await once()
    } while (again)
  }
  return () => {
    again = true
    running ??= loop()
      .catch(onError)
      .finally(() => {
        running = null
      })
    return running
  }
}

async function fetchForms({ dataDir, forms, downloads, log }: ProvisionDeps): Promise<void> {
  for (const { sha256: hash, sizeBytes, older } of forms.missing()) {
    const read = async () => (older === null ? null : readIfThere(programPath(dataDir, older)))
    const options = { use: 'form' as const, older: older === null ? undefined : { sha256: older, read } }
    const fetched = await downloads.fetch(hash, sizeBytes, options)
    const usable = fetched.ok ? checkProgram(fetched.value, hash) : fetched
    if (usable.ok) {
      await writeFileAtomic(programPath(dataDir, hash), usable.value)
      forms.noteArrival()
    } else log.warn({ hash, fault: usable.error.fault }, 'a form was not fetched')
  }
}

/** One that is not to be had now does not keep the others waiting: the next page has it looked for again. */
async function fetchLists({ forms, downloads, log }: ProvisionDeps): Promise<void> {
  for (const { name, sha256: hash, sizeBytes, older } of forms.missingLists()) {
    const read = async () => (older === null ? null : forms.listBytes(older))
    const options = { use: 'list' as const, older: older === null ? undefined : { sha256: older, read } }
    const fetched = await downloads.fetch(hash, sizeBytes, options)
    if (!fetched.ok) log.warn({ name, hash, fault: fetched.error.fault }, 'a list was not fetched')
    else if (!forms.keepList(hash, fetched.value)) throw new Error('a download was handed over with another hash')
  }
}

/** A program that this build cannot run is not put on the shelf: the form stays missing. */
function checkProgram(bytes: Uint8Array, hash: string): Result<Uint8Array, Fault> {
  if (sha256(bytes) !== hash) throw new Error('a download was handed over with another hash')
  const loaded = loadProgram(JSON.parse(Buffer.from(bytes).toString('utf8')))
  return loaded.ok ? ok(bytes) : err(loaded.error)
}

async function keepReport({ notes }: Store['collections'], report: ReleaseReport): Promise<void> {
  const id = `release:${report.releaseId}`.slice(0, 200)
  await notes.incrementalUpsert({ id, kind: 'release', atMs: report.atMs, body: report })
}
