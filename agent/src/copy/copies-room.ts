/**
 * Sealed copies of what only this laptop has, on other disks or in other folders: a laptop that
 * falls into a river is not lost work.
 *
 * CP1 a copy is made by itself a while after something was saved, and once more at close
 * CP2 a copy is whole under its name, read back after writing; the one before it stays until then
 * CP3 the last `KEPT` stay in each place; older ones of this device go, and no other file does
 * CP4 a place that is away (a disk that was pulled out) is told and tried again with the next copy
 */
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { err, ok, type Fault, type Result } from '@murram/ground'
import type { SigningKey } from '@murram/seal'
import { writeBundle, type WrittenBundle } from '@murram/wire'
import { merge, type Subscription } from 'rxjs'
import { z } from 'zod'
import { AGENT_VERSION } from '../agent-version.ts'
import { bundleName, writeStreamAtomic } from '../bundle/bundle-file.ts'
import type { Log } from '../diagnostics/log.ts'
import type { EnrolmentFile } from '../enrolment/enrolment-file.ts'
import type { OutboxTable } from '../queue/outbox-table.ts'
import type { KeySource } from '../store/key-source.ts'
import type { Mirror } from '../store/mirror.ts'
import type { Store } from '../store/open-store.ts'
import { makeCopyKey, readCopyKey, type CopyKey } from './copy-keys.ts'
import { copyRecords } from './copy-records.ts'

export interface CopyPlace {
  readonly folder: string
  readonly lastAtMs: number | null
  readonly sizeBytes: number | null
  /** Why the last attempt wrote nothing. */
  readonly fault: Fault | null
}

export interface CopiesRoom {
  readonly places: () => readonly CopyPlace[]
  /** Makes the first copy at once, so that it is known to work. */
  readonly add: (folder: string, options?: { readonly passphrase?: string }) => Promise<Result<CopyPlace>>
  readonly remove: (folder: string) => boolean
  /** In every place; each says how it went. */
  readonly makeNow: () => Promise<readonly CopyPlace[]>
  /** The copy itself, to be kept by somebody else; `null` where none was ever asked for. */
  readonly stream: () => Promise<WrittenBundle | null>
  readonly close: () => Promise<void>
}

export interface CopiesDeps extends Pick<Store, 'database' | 'collections' | 'values'> {
  readonly enrolment: EnrolmentFile
  readonly deviceKey: SigningKey
  readonly outbox: OutboxTable
  readonly mirror: Pick<Mirror, 'checkpoint'>
  /** Files that the centre does not have. */
  readonly filesWaiting: () => number
  /** What opens this store. */
  readonly source: KeySource
  readonly now: () => number
  readonly log: Log
  /** From a change to the copy of it. */
  readonly waitMs: number
  readonly dataDir: string
}

const KEPT = 3
/** A copy with many photos takes its time: of each hour two minutes are spent on it, not more. */
const MOST_SHARE = 30
/** Of a name's end: its time to the millisecond, and `.murram`. */
const AT_CHARACTERS = 30
const NAME = 'copy.places'
const PREFIX = 'copy-'
const PlacesSchema = z.array(
  z.object({
    folder: z.string(),
    lastAtMs: z.number().nullable(),
    sizeBytes: z.number().nullable(),
    fault: z.unknown(),
  }),
)

export function createCopiesRoom(deps: CopiesDeps): CopiesRoom {
  const { values, collections, enrolment, log, now, waitMs } = deps
  const { deviceId, officer } = enrolment.certificate.body
  let places = readPlaces(values.get(NAME))
  let timer: NodeJS.Timeout | null = null
  let turn: Promise<unknown> = Promise.resolve()
  let lastTookMs = 0

  const keep = (next: readonly CopyPlace[]): void => {
    places = next
    values.set(NAME, JSON.stringify(next))
  }

  const writeTo = async (place: CopyPlace, key: CopyKey): Promise<CopyPlace> => {
    const atMs = now()
    const name = `${PREFIX}${bundleName(officer, deviceId, atMs)}`
    const startedAtMs = performance.now()
    const written = await writeStreamAtomic(join(place.folder, name), (await makeCopy(deps, key)).bytes)
    if (!written.ok) {
      log.warn({ fault: written.error.fault }, 'a sealed copy was not written') // CP4
      return { ...place, fault: written.error }
    }
    await dropOlder(place.folder, deviceId)
    lastTookMs = performance.now() - startedAtMs
    return { ...place, lastAtMs: atMs, sizeBytes: written.value, fault: null }
  }

  const writeAll = async (): Promise<readonly CopyPlace[]> => {
    const key = readCopyKey(values)
    if (key === null) return places
    const written: CopyPlace[] = []
    for (const place of places) written.push(await writeTo(place, key))
    keep(written)
    return written
  }

  const makeNow = (): Promise<readonly CopyPlace[]> => {
    const mine = turn.then(writeAll)
    turn = mine.catch(() => {})
    return mine
  }

  const soon = (): void => {
    if (places.length === 0 || timer !== null) return
    timer = setTimeout(
      () => {
        timer = null
        makeNow().catch((error: unknown) => log.error({ error: String(error) }, 'a sealed copy failed'))
      },
      Math.max(waitMs, lastTookMs * MOST_SHARE),
    )
    timer.unref()
  }
  const watching: Subscription = merge(collections.submissions.$, collections.drafts.$, collections.notes.$).subscribe(
    soon,
  )

  return {
    places: () => places,
    add: async (folder, { passphrase } = {}) => {
      const known = readCopyKey(values)
      const { source } = deps
      const { boxPublicKey } = enrolment
      const given = passphrase === undefined ? { source, boxPublicKey } : { source, boxPublicKey, passphrase }
      const key = known === null || passphrase !== undefined ? await makeCopyKey(values, given) : ok(known)
      if (!key.ok) return key
      const place = await writeTo({ folder, lastAtMs: null, sizeBytes: null, fault: null }, key.value)
      if (place.fault !== null) return err(place.fault)
      keep([...places.filter(one => one.folder !== folder), place])
      return ok(place)
    },
    remove: folder => {
      const left = places.filter(one => one.folder !== folder)
      const wasThere = left.length < places.length
      if (wasThere) keep(left)
      return wasThere
    },
    makeNow,
    stream: async () => {
      const key = readCopyKey(values)
      return key === null ? null : makeCopy(deps, key)
    },
    close: async () => {
      watching.unsubscribe()
      const isDue = timer !== null
      if (timer !== null) clearTimeout(timer)
      timer = null
      if (isDue) await makeNow() // CP1
      await turn
    },
  }
}

async function makeCopy(deps: CopiesDeps, key: CopyKey): Promise<WrittenBundle> {
  const { enrolment, outbox, mirror, deviceKey, collections } = deps
  const { certificate } = enrolment
  const { waiting, refused, sent } = outbox.counts()
  const facts = {
    kind: 'copy' as const,
    projectId: certificate.body.projectId,
    deviceId: certificate.body.deviceId,
    storeId: outbox.storeId(),
    certificate,
    createdAtMs: deps.now(),
    agentVersion: AGENT_VERSION,
    openers: key.openers.map(opener => ({ ...opener })),
    contents: {
      runs: [],
      submissions: waiting + refused + sent,
      attachments: deps.filesWaiting(),
      drafts: await collections.drafts.count().exec(),
      lastN: outbox.lastN(),
    },
    checkpoint: await mirror.checkpoint(),
    from: 0,
  }
  return writeBundle(facts, {
    signingKey: deviceKey,
    boxPublicKey: key.publicKey,
    records: copyRecords(deps),
  })
}

/** CP3: names carry device and time, so the order of names is that of time. */
async function dropOlder(folder: string, deviceId: string): Promise<void> {
  const mine = (await readdir(folder))
    .filter(name => name.startsWith(PREFIX) && name.includes(`-${deviceId.slice(0, 8)}-`) && name.endsWith('.murram'))
    .toSorted((a, b) => a.slice(-AT_CHARACTERS).localeCompare(b.slice(-AT_CHARACTERS)))
  for (const name of mine.slice(0, -KEPT)) await rm(join(folder, name), { force: true })
}

function readPlaces(text: string | null): readonly CopyPlace[] {
  const parsed = PlacesSchema.safeParse(JSON.parse(text ?? '[]'))
  return parsed.success ? parsed.data.map(place => ({ ...place, fault: (place.fault ?? null) as Fault | null })) : []
}
