/**
 * What waits on this laptop as a file for a stick: sealed to the project, signed by the device.
 *
 * EX1 it changes nothing here: sent is what the collector's receipt says
 * EX2 unsent is whatever was not answered well: queued and refused, with their attachments
 *
 * Not here: writing the file (`bundle-file.ts`), what the centre does with it.
 */
import { writeBundle, type BundleHeader, type BundleRecord } from '@murram/wire'
import { AGENT_VERSION } from '../agent-version.ts'
import type { EnrolmentFile } from '../enrolment/enrolment-file.ts'
import type { OutboxState } from '../queue/outbox-table.ts'
import type { Mirror } from '../store/mirror.ts'
import type { Sketches } from '../sketches/sketches.ts'
import { fileRecords, filesOf, runsOf, sketchRecords, workRecords, type WorkDeps } from './work-records.ts'

export interface ExportDeps extends WorkDeps {
  readonly enrolment: EnrolmentFile
  readonly mirror: Pick<Mirror, 'checkpoint'>
  readonly sketches: Pick<Sketches, 'untold' | 'isHeard'>
  readonly now: () => number
}

export type Which = 'unsent' | 'all'

export interface ExportedBundle {
  readonly header: BundleHeader
  readonly bytes: AsyncIterable<Uint8Array>
}

const WAITING: ReadonlySet<OutboxState | 'void'> = new Set(['queued', 'refused', 'void'])

export async function exportBundle(deps: ExportDeps, which: Which): Promise<ExportedBundle> {
  const { enrolment, outbox, mirror, deviceKey } = deps
  const { certificate, boxPublicKey } = enrolment
  const runs = runsOf(outbox, row => which === 'all' || WAITING.has(row.state))
  const files = filesOf(deps, runs)
  const submissions = runs.reduce((sum, [first, last]) => sum + last - first + 1, 0)
  const facts = {
    kind: 'up' as const,
    projectId: certificate.body.projectId,
    deviceId: certificate.body.deviceId,
    storeId: outbox.storeId(),
    certificate,
    createdAtMs: deps.now(),
    agentVersion: AGENT_VERSION,
    contents: {
      runs: runs.slice(0, MOST_RUNS).map(([first, last]): [number, number] => [first, last]),
      submissions,
      attachments: files.length,
      drafts: 0,
      lastN: outbox.lastN(),
    },
    checkpoint: await mirror.checkpoint(),
    from: 0,
  }
  async function* records(): AsyncGenerator<BundleRecord> {
    yield* workRecords(deps, runs)
    yield* sketchRecords(deps.sketches)
    yield* fileRecords(files)
  }
  return writeBundle(facts, { signingKey: deviceKey, boxPublicKey, records: records() })
}

/** More are in the file all the same; the head only lists so many. */
const MOST_RUNS = 5_000
