/**
 * Work that came as files and not over a socket, and what goes back the same way.
 *
 *   a person at the console, the command line ── /api/v1/bundles ──┐
 *   a laptop that carries for others ─────────── /bundles/carried ─┴─► import ─► the gate's rooms
 *
 * The second address needs no token: a file is signed by an enrolled device and sealed to this
 * project, which is what a session proves too; and the answer is sealed to that device.
 */
import { err, fault, ok, type DeviceId, type Fault, type Result, type StoreId } from '@murram/ground'
import { PROTOCOL_VERSION, protocolOfAgent, type Hello, type WrittenBundle } from '@murram/wire'
import type { OpenAPIHono } from '@hono/zod-openapi'
import { getBlob, putSealed } from '../blobs/blobs.ts'
import { findDevice } from '../enrolment/device-repo.ts'
import type { Admitted, GateNeeds } from '../gate/gate-session.ts'
import type { BundleRow } from '../http/api-types.ts'
import type { HouseDeps } from '../main/room.ts'
import { isKnownBundle, lastHeard, listBundles, newestStore, noteBundle, resultsOfStore } from './bundle-repo.ts'
import { exportBundle } from './export-bundle.ts'
import { importBundle, type ImportedBundle } from './import-bundle.ts'
import { refusedOf, type Imported } from './imported.ts'
import { bundleRoutes, carriedRoutes } from './routes.ts'
import { newestCopy, takeCopy } from './take-copy.ts'

export interface BundlesRoom {
  readonly open: OpenAPIHono
  readonly guarded: OpenAPIHono
}

export interface BundlesNeeds extends Pick<HouseDeps, 'read' | 'write' | 'keys' | 'trust' | 'now'> {
  readonly needs: GateNeeds
}

export function createBundlesRoom({ read, write, keys, trust, now, needs }: BundlesNeeds): BundlesRoom {
  const take = (source: AsyncIterable<Uint8Array>): Promise<Result<ImportedBundle, Fault>> =>
    importBundle(
      {
        keys,
        needs,
        isKnown: bundleId => isKnownBundle(read, bundleId),
        note: (header, imported) =>
          header.storeId === null ? Promise.resolve() : noteBundle(write, header, header.storeId, imported, now()),
        keepAside: async bytes => (await putSealed(write, bytes, 'carried', now())).sha256,
      },
      source,
    )

  /** EB2: from where the device's last file said that it stood. */
  const giveBack = async (deviceId: DeviceId, isFull: boolean): Promise<Result<WrittenBundle, Fault>> => {
    const known = await findDevice(read, deviceId)
    const device = await admitAbsent(needs, deviceId, known)
    if (!device.ok) return device
    const heard = await lastHeard(read, deviceId)
    const storeId = heard?.storeId ?? (await newestStore(read, deviceId))
    const stored = storeId === null ? [] : await resultsOfStore(read, storeId)
    const from = isFull || heard === null ? { epoch: needs.epoch, number: 0 } : heard.checkpoint
    const results = [...stored, ...refusedOf(heard?.told ?? null, stored)].toSorted((a, b) => a.n - b.n)
    const protocol = protocolOfAgent(known?.agentVersion ?? '')
    return exportBundle({ keys, needs, trust }, { device: device.value, protocol, storeId, results, pagesFrom: from })
  }

  /** At once, with each result as it was: for whoever carries it back. */
  const answer = ({ header, admitted, results }: ImportedBundle): Promise<Result<WrittenBundle, Fault>> =>
    exportBundle(
      { keys, needs, trust },
      {
        device: admitted,
        protocol: protocolOfAgent(header.agentVersion),
        storeId: header.storeId,
        results: results.toSorted((a, b) => a.n - b.n),
        pagesFrom: header.checkpoint,
      },
    )

  return {
    open: carriedRoutes({ take, answer, takeCopy: source => takeCopy({ write, needs }, source) }),
    guarded: bundleRoutes({
      giveBack,
      take: async source => {
        const taken = await take(source)
        return taken.ok ? ok(taken.value.imported) : taken
      },
      copyOf: async deviceId => {
        const newest = await newestCopy(read, deviceId)
        const bytes = newest === undefined ? undefined : await getBlob(read, newest.sha256)
        return newest === undefined || bytes === undefined ? undefined : { bytes, createdAtMs: newest.createdAtMs }
      },
      list: async (): Promise<readonly BundleRow[]> =>
        (await listBundles(read)).map(({ importedAtMs, told }) => ({ ...(told as Imported), importedAtMs })),
    }),
  }
}

/** What it may be told now, though it does not speak: by its certificate, as at a session. */
async function admitAbsent(
  needs: GateNeeds,
  deviceId: DeviceId,
  device: Awaited<ReturnType<typeof findDevice>>,
): Promise<Result<Admitted, Fault>> {
  if (device === undefined) return err(fault('http.not-found', `device ${deviceId}`))
  return needs.admit({
    type: 'hello',
    protocol: PROTOCOL_VERSION,
    projectId: needs.projectId,
    deviceId,
    storeId: '0'.repeat(32) as StoreId,
    certificate: device.certificate as Hello['certificate'],
    agentVersion: device.agentVersion ?? '',
    clockMs: needs.now(),
    lastN: 0,
  })
}
