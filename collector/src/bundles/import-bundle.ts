/**
 * A file from a laptop: the frames of a session without the socket, by the same admission and
 * the same ingest.
 *
 * Laws, in `bundles.test.ts`:
 *   IB1 what it holds is stored once, however often it is imported and whatever came by socket
 *   IB2 another project, a device that may not come in, a forged head: nothing is stored
 *   IB3 what is damaged is named by its numbers; what is readable beside it is stored
 *   IB4 a hostile file costs bounded memory: a frame at a time, each by its schema
 *
 * Not here: what goes back to the device (`export-bundle.ts`).
 */
import { err, fault, ok, type Fault, type Result, type Sha256 } from '@murram/ground'
import { verifyDocument, type Signed } from '@murram/seal'
import {
  BUNDLE_PURPOSE,
  createFrameMemory,
  decodeUp,
  FRAME_RECORD,
  openBundle,
  PROTOCOL_VERSION,
  readHeader,
  verifyPushBatch,
  type AckResult,
  type BundleHeader,
  type Hello,
} from '@murram/wire'
import type { ProjectKeys } from '../config/project-keys.ts'
import type { Admitted, GateNeeds } from '../gate/gate-session.ts'
import type { Imported } from './imported.ts'

export interface ImportDeps {
  readonly keys: ProjectKeys
  /** The rooms that a session is answered by. */
  readonly needs: GateNeeds
  readonly isKnown: (bundleId: string) => Promise<boolean>
  readonly note: (header: BundleHeader, imported: Imported) => Promise<void>
  readonly keepAside: (bytes: Uint8Array) => Promise<Sha256>
}

export interface ImportedBundle {
  readonly imported: Imported
  readonly header: BundleHeader
  readonly admitted: Admitted
  /** What the device is to be told of each submission. */
  readonly results: readonly AckResult[]
}

const MOST_LISTED = 100

export async function importBundle(
  deps: ImportDeps,
  source: AsyncIterable<Uint8Array>,
): Promise<Result<ImportedBundle, Fault>> {
  const read = await readHeader(source)
  if (!read.ok) return read
  const { signed } = read.value
  const admitted = await admit(deps, signed)
  if (!admitted.ok) return admitted
  const records = openBundle(read.value, deps.keys.box)
  if (!records.ok) return records
  const { device, hello } = admitted.value
  await deps.needs.welcome(hello)
  const before = await deps.isKnown(signed.body.bundleId)
  const taking = createTaking(deps, hello, device)
  for await (const record of records.value) {
    if (typeof record === 'string') taking.missing(record)
    else if (record.kind === FRAME_RECORD) await taking.frame(record.bytes)
    else await taking.aside(record.bytes)
  }
  const imported = taking.end(signed.body, before)
  await deps.note(signed.body, imported)
  return ok({ imported, header: signed.body, admitted: device, results: taking.results() })
}

/** IB2: by the gate's own rules, and the head in place of a challenge: it is signed and sealed. */
async function admit(
  { keys, needs }: ImportDeps,
  signed: Signed<BundleHeader>,
): Promise<Result<{ readonly device: Admitted; readonly hello: Hello }, Fault>> {
  const { body } = signed
  if (body.projectId !== keys.projectId) return err(fault('carry.wrong-project', body.projectId))
  if (body.kind !== 'up' || body.certificate === null || body.storeId === null)
    return err(fault('carry.wrong-device', 'it is not on its way to a centre'))
  const hello: Hello = {
    type: 'hello',
    protocol: PROTOCOL_VERSION,
    projectId: body.projectId,
    deviceId: body.deviceId,
    storeId: body.storeId,
    certificate: body.certificate,
    agentVersion: body.agentVersion,
    clockMs: body.createdAtMs,
    lastN: body.contents.lastN,
  }
  const device = await needs.admit(hello)
  if (!device.ok) return device
  const verified = verifyDocument(device.value.publicKey, BUNDLE_PURPOSE, signed)
  if (!verified.ok) return verified
  return device.value.state === 'stolen'
    ? err(fault('sync.device-revoked', body.deviceId))
    : ok({ device: device.value, hello })
}

function createTaking(deps: ImportDeps, { storeId, certificate }: Hello, device: Admitted) {
  const { deviceId, publicKey } = device
  const uploads = deps.needs.uploads(deviceId)
  let files = 0
  const results: AckResult[] = []
  const seen = new Set<number>()
  const faults: Fault[] = []
  const aside: { readonly n: number; readonly sha256: string; readonly sizeBytes: number }[] = []
  const note = (reason: Fault): void => {
    if (faults.length < MOST_LISTED) faults.push(reason)
  }

  return {
    missing: (what: 'damaged' | 'cut') =>
      note(fault('carry.damaged', what === 'cut' ? 'the file ends before its end' : 'a place does not read')),
    frame: async (bytes: Uint8Array) => {
      const message = decodeUp(bytes, createFrameMemory())
      if (!message.ok) return note(message.error)
      if (message.value.type === 'report') return deps.needs.report(deviceId, message.value.reports)
      if (message.value.type === 'offer' || message.value.type === 'piece') {
        const have = await uploads.answer(message.value)
        if (!have.ok) note(have.error)
        else if (have.value.fault !== undefined) note(have.value.fault)
        else if (have.value.complete) files += 1
        return
      }
      if (message.value.type !== 'push') return note(fault('wire.unexpected', message.value.type))
      const submissions = verifyPushBatch(message.value, { deviceId, storeId, publicKey })
      if (!submissions.ok) return note(submissions.error)
      const done = await deps.needs.ingest({
        deviceId,
        quarantined: device.state === 'left',
        storeId,
        submissions: submissions.value,
        head: message.value.head,
      })
      results.push(...done.results)
      for (const { n } of submissions.value) seen.add(n)
    },
    aside: async (bytes: Uint8Array) => {
      const { n } = readAside(bytes)
      aside.push({ n, sha256: await deps.keepAside(bytes), sizeBytes: bytes.length })
      seen.add(n)
    },
    results: () => results,
    end: ({ bundleId, createdAtMs, contents }: BundleHeader, before: boolean): Imported => {
      const counts: Partial<Record<AckResult['result'], number>> = {}
      for (const { result } of results) counts[result] = (counts[result] ?? 0) + 1
      const notFolded = results
        .filter(({ result }) => result === 'held' || result === 'refused' || result === 'forked')
        .slice(0, MOST_LISTED)
        .map(({ n, instanceId, fault: reason }) => ({ n, instanceId, fault: reason ?? null }))
      const facts = { bundleId, deviceId, officer: certificate.body.officer, createdAtMs, before }
      const missing = missingRuns(contents.runs, seen)
      return { ...facts, results: counts, notFolded, missing, aside, attachments: files, faults }
    },
  }
}

/** IB3 */
function missingRuns(runs: BundleHeader['contents']['runs'], seen: ReadonlySet<number>) {
  const missing: [number, number][] = []
  for (const [first, last] of runs)
    // A head may claim any number; a file of a gigabyte holds no more than some millions.
    for (let n = first; n <= Math.min(last, first + 5_000_000); n += 1) {
      if (seen.has(n)) continue
      const open = missing.at(-1)
      if (open?.[1] === n - 1) open[1] = n
      else if (missing.length < MOST_LISTED) missing.push([n, n])
    }
  return missing
}

function readAside(bytes: Uint8Array): { readonly n: number } {
  try {
    const { submission, n } = JSON.parse(Buffer.from(bytes).toString('utf8')) as {
      readonly submission?: { readonly n?: unknown }
      readonly n?: unknown
    }
    return { n: Number(submission?.n ?? n ?? 0) }
  } catch {
    return { n: 0 }
  }
}
