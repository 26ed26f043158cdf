/**
 * The room of files on a stick: out to the centre, and in from it.
 *
 * BR1 one file at a time: an export and an import do not run beside each other
 *
 * Not here: arguments and words for people (apps/cli, the field app).
 */
import { createReadStream } from 'node:fs'
import { err, fault, ok, type Fault, type Result } from '@murram/ground'
import { parseManifest } from '@murram/score'
import type { ReleaseBody } from '@murram/wire'
import { isMissing } from '../store/atomic-file.ts'
import type { ReleaseInstall } from '../shelf/release-install.ts'
import { createProvision, type Provision, type ProvisionDeps } from '../sync/provision.ts'
import type { WriteStates } from '../queue/write-states.ts'
import type { DeviceValues } from '../store/device-values.ts'
import { bundleName, placeOf, writeStreamAtomic } from './bundle-file.ts'
import { exportBundle, type ExportDeps, type ExportedBundle, type Which } from './export-bundle.ts'
import { importBundle, type Imported, type ImportDeps } from './import-bundle.ts'
import { createTakeReceipt } from './take-receipt.ts'

export interface ExportedFile {
  readonly path: string
  readonly submissions: number
  readonly attachments: number
  readonly sizeBytes: number
}

export interface BundleRoom {
  /** What a browser downloads. */
  readonly exportStream: (which: Which) => Promise<ExportedBundle & { readonly name: string }>
  /** @param to A file, or a folder in which the file gets a name of its own. */
  readonly exportTo: (to: string, which: Which) => Promise<Result<ExportedFile, Fault>>
  readonly importStream: (source: AsyncIterable<Uint8Array>) => Promise<Result<Imported>>
  readonly importFrom: (path: string) => Promise<Result<Imported>>
}

export interface BundleRoomDeps
  extends
    Omit<ExportDeps, 'mirror'>,
    Pick<ImportDeps, 'mirror' | 'foldNews' | 'log' | 'onServerTime' | 'orders' | 'crashPoint' | 'trust'>,
    Omit<ProvisionDeps, 'downloads' | 'mirror' | 'collections'> {
  readonly values: DeviceValues
  readonly writeStates: WriteStates
  readonly isAlone: () => boolean
  /** The session's own, which must not install at the same time. */
  readonly provision: Provision
}

/** Of a release on a stick; over a socket the collector says what is in force today. */
const MOST_DAYS = 90

export function createBundleRoom(deps: BundleRoomDeps): BundleRoom {
  const { enrolment, now } = deps
  const { officer, deviceId } = enrolment.certificate.body
  const receipt = createTakeReceipt(deps)
  let turn: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(act: () => Promise<T>): Promise<T> => {
    const mine = turn.then(act)
    turn = mine.catch(() => {})
    return mine
  }

  const importNow = async (source: AsyncIterable<Uint8Array>): Promise<Result<Imported>> => {
    const tooOld: Fault[] = []
    const imported = await importBundle(
      {
        ...deps,
        receipt,
        isAllSent: () => deps.outbox.counts().waiting + deps.attachments.awaiting().size === 0,
        provision: async fetch => {
          await deps.provision.settled()
          const releases = ofStick(deps.releases, now, tooOld)
          await createProvision({ ...deps, releases, downloads: { fetch } }).run()
        },
      },
      source,
    )
    return imported.ok ? ok({ ...imported.value, faults: [...imported.value.faults, ...tooOld] }) : imported
  }

  const exportStream: BundleRoom['exportStream'] = async which => ({
    ...(await exportBundle(deps, which)),
    name: bundleName(officer, deviceId, now()),
  })

  return {
    exportStream,
    exportTo: (to, which) =>
      inTurn(async () => {
        const { header, bytes, name } = await exportStream(which)
        const path = await placeOf(to, name)
        const written = await writeStreamAtomic(path, bytes, deps.crashPoint)
        const { submissions, attachments } = header.contents
        return written.ok ? ok({ path, submissions, attachments, sizeBytes: written.value }) : written
      }),
    importStream: source => inTurn(() => importNow(source)),
    importFrom: path =>
      inTurn(async () => {
        try {
          return await importNow(createReadStream(path))
        } catch (error) {
          if (isMissing(error)) return err(fault('carry.unreadable', `${path} is not there`))
          throw error
        }
      }),
  }
}

/** Counter, order and root are looked at as ever; a stick may also have lain in a drawer. */
const ofStick = (releases: ReleaseInstall, now: () => number, tooOld: Fault[]): ReleaseInstall => {
  const isFresh = ({ signed }: ReleaseBody): boolean => {
    const stated = parseManifest(signed)
    const days = stated.ok ? (now() - stated.value.createdAtMs) / 86_400_000 : 0
    if (days <= MOST_DAYS) return true
    tooOld.push(fault('carry.too-old', `${Math.floor(days)} days`))
    return false
  }
  return {
    hear: releases.hear,
    withheld: () => [],
    consider: async (release, fetchBlob) => (isFresh(release) ? releases.consider(release, fetchBlob, 'stick') : null),
    follow: async (rollout, fetchBlob) =>
      isFresh(rollout.release) ? releases.follow(rollout, fetchBlob, 'stick') : null,
  }
}
