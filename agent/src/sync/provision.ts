/**
 * What the feed names and this device lacks: programs of forms, then releases of models.
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
import type { ReleaseInstall } from '../shelf/release-install.ts'
import { writeFileAtomic } from '../store/atomic-file.ts'
import type { NoteDoc } from '../store/collections.ts'
import type { Mirror } from '../store/mirror.ts'
import type { Store } from '../store/open-store.ts'
import type { Downloads } from './downloads.ts'

type ReleaseReport = Extract<DeviceReport, { kind: 'release' }>

export interface Provision {
  /** One run at a time; a call during a run has it look once more. Resolves when all is done. */
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
  readonly onReport: (report: ReleaseReport) => void
  readonly log: Log
}

export function createProvision(deps: ProvisionDeps): Provision {
  const { mirror, releases, downloads, collections, onReport, log } = deps
  let running: Promise<void> | null = null
  let again = false

  const once = async (): Promise<void> => {
    await fetchForms(deps)
    for (const { body } of await mirror.all('release')) {
      const report = await releases.consider(body, downloads.fetch)
      if (report === null) continue
      await keepReport(collections, report)
      onReport(report)
    }
  }
  const loop = async (): Promise<void> => {
    do {
      again = false
      await once()
    } while (again)
  }

  return {
    run: () => {
      again = true
      running ??= loop()
        .catch((error: unknown) => {
          // A full disk, say: what is in force stays in force, and the next page tries again.
          log.error({ error: error instanceof Error ? error.message : 'unknown' }, 'provisioning stopped')
        })
        .finally(() => {
          running = null
        })
      return running
    },
    isIdle: () => running === null,
    settled: async () => {
      await running
    },
    reports: async () => {
      const notes = await collections.notes.find({ selector: { kind: 'release' } }).exec()
      return notes.map(note => (note.toJSON() as NoteDoc).body as ReleaseReport)
    },
  }
}

async function fetchForms({ dataDir, forms, downloads, log }: ProvisionDeps): Promise<void> {
  for (const { sha256: hash, sizeBytes } of forms.missing()) {
    const fetched = await downloads.fetch(hash, sizeBytes, { use: 'form' })
    const usable = fetched.ok ? checkProgram(fetched.value, hash) : fetched
    if (usable.ok) {
      await writeFileAtomic(programPath(dataDir, hash), usable.value)
      forms.noteArrival()
    } else log.warn({ hash, fault: usable.error.fault }, 'a form was not fetched')
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
