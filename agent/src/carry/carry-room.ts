/**
 * Work that others carry: this laptop hands over to one with a way to the centre, or is one.
 *
 *   author ──sealed file──► carrier ──(its next sync)──► centre
 *   author ◄──sealed answer── carrier ◄──── signed receipt ──┘
 *
 * CY1 handed over is not sent: the author's outbox is marked by the centre's signed answer alone
 * CY2 what the centre refuses stays with its carrier until a person looks; what it took is let go
 *     once its answer is kept here
 * CY4 what comes while the centre is in reach goes there at once, not with the next link
 * CY3 a hand-over that was cut is repeated whole; the centre counts each submission once
 */
import { createReadStream } from 'node:fs'
import { rename } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { err, fault, isFaultCode, ok, type DeviceId, type Fault, type Result } from '@murram/ground'
import { readHeader, type WrittenBundle } from '@murram/wire'
import type { Observable } from 'rxjs'
import type { BundleRoom } from '../bundle/bundle-room.ts'
import type { Imported } from '../bundle/import-bundle.ts'
import type { CopiesRoom } from '../copy/copies-room.ts'
import type { Log } from '../diagnostics/log.ts'
import type { EnrolmentFile } from '../enrolment/enrolment-file.ts'
import type { DeviceValues } from '../store/device-values.ts'
import { collectorAddress } from '../sync/address.ts'
import { openCarriedFiles, type CarriedFile, type CarriedFiles, type Limits } from './carried-files.ts'
import { CODE_HEADER, serveCarrier, type Carrier } from './serve-carrier.ts'

export interface HandedOver {
  /** Who carries it. */
  readonly officer: string
  readonly submissions: number
  /** A sealed copy went along. */
  readonly withCopy: boolean
  /** Answers of the centre that waited there. */
  readonly answers: readonly Imported[]
}

export interface Delivered {
  readonly delivered: number
  readonly refused: number
  readonly waiting: number
  readonly fault: Fault | null
}

/** For whoever watches a laptop that carries. */
export type CarryNews =
  | { readonly kind: 'taken'; readonly officer: string; readonly submissions: number; readonly isCopy: boolean }
  | ({ readonly kind: 'delivered' } & Delivered)

export interface CarryRoom {
  readonly listen: (
    at: { readonly host: string; readonly port: number },
    tell?: (news: CarryNews) => void,
  ) => Promise<Result<Carrier>>
  readonly handOver: (to: { readonly url: string; readonly code: string }) => Promise<Result<HandedOver, Fault>>
  /** What is carried here, to the centre; and this laptop's own copy, where it is wanted there. */
  readonly deliver: (collectorUrl?: string) => Promise<Delivered>
  /** Whether a sealed copy of this laptop is kept at the centre. */
  readonly keepAtCentre: (isWanted: boolean) => void
  readonly isKeptAtCentre: () => boolean
  readonly close: () => Promise<void>
}

export interface CarryDeps {
  readonly dataDir: string
  readonly enrolment: EnrolmentFile
  readonly values: DeviceValues
  readonly bundles: Pick<BundleRoom, 'exportStream' | 'importStream'>
  readonly copies: Pick<CopiesRoom, 'stream'>
  readonly now: () => number
  readonly log: Log
  readonly limits?: Limits
  /** True whenever a session with the centre has begun. */
  readonly isLive$: Observable<boolean>
}

const DEADLINE_MS = 600_000
const AT_CENTRE = 'copy.at-centre'

export function createCarryRoom(deps: CarryDeps): CarryRoom {
  const { dataDir, enrolment, values, bundles, copies, log, limits } = deps
  const { projectId, deviceId } = enrolment.certificate.body
  const files = openCarriedFiles(dataDir, enrolment, limits)
  let delivering: Promise<Delivered> | null = null

  const fetchAnswers = async (base: URL, code: string): Promise<readonly Imported[]> => {
    const listed = await ask(new URL(`/carry/answers/${deviceId}`, base), { code })
    if (!listed.ok) return []
    const { answers } = (await listed.value.json()) as { readonly answers: readonly string[] }
    const imported: Imported[] = []
    for (const name of answers) {
      const address = new URL(`/carry/answers/${deviceId}/${encodeURIComponent(name)}`, base)
      const got = await ask(address, { code })
      if (!got.ok || got.value.body === null) continue
      const taken = await bundles.importStream(got.value.body)
      if (taken.ok) imported.push(taken.value)
      // What was imported, and what cannot be, need not wait there any longer.
      if (!taken.ok || taken.value.faults.every(({ fault: code_ }) => code_ !== 'carry.damaged'))
        await ask(address, { code, method: 'DELETE' })
    }
    return imported
  }

  const deliverNow = async (collectorUrl: string): Promise<Delivered> => {
    const base = collectorAddress(collectorUrl, 'http')
    let [delivered, refused] = [0, 0]
    const ended = async (why: Fault | null): Promise<Delivered> => ({
      delivered,
      refused,
      waiting: (await files.waiting()).length,
      fault: why,
    })
    if (!base.ok) return ended(base.error)
    for (const file of await files.waiting()) {
      const went = await deliverOne(base.value, file)
      if (went === 'delivered') delivered += 1
      else if (went === 'refused') refused += 1
      else return ended(went)
    }
    if (values.get(AT_CENTRE) === '1') {
      const copy = await copies.stream()
      const kept = copy === null ? null : await ask(new URL('/bundles/copies', base.value), { body: copy.bytes })
      if (kept !== null && !kept.ok) log.warn({ fault: kept.error.fault }, 'the centre did not take the sealed copy')
    }
    return ended(null)
  }

  const deliverOne = async (base: URL, file: CarriedFile): Promise<'delivered' | 'refused' | Fault> => {
    const whose = await ownerOf(file)
    const answer =
      whose === null
        ? err(fault('carry.unreadable', file.name))
        : await ask(new URL('/bundles/carried', base), { body: createReadStream(file.path) })
    if (!answer.ok) {
      if (isPassing(answer.error)) return answer.error
      log.warn({ fault: answer.error.fault }, 'the centre refused what was carried')
      await rename(file.path, `${file.path}.refused`) // CY2
      return 'refused'
    }
    const { body } = answer.value
    if (whose === null || body === null) return fault('sync.unreachable', 'no answer')
    const kept = await files.keepAnswer(whose, body)
    if (!kept.ok) return kept.error
    await files.drop(file)
    return 'delivered'
  }

  const deliver: CarryRoom['deliver'] = (collectorUrl = enrolment.collectorUrl) => {
    delivering ??= deliverNow(collectorUrl).finally(() => {
      delivering = null
    })
    return delivering
  }
  let tellNews: (news: CarryNews) => void = () => undefined
  let isLive = false
  const deliverSoon = async (): Promise<void> => {
    try {
      await delivering // it may have looked before this came
      if (!isLive) return
      const told = await deliver()
      if (told.delivered + told.refused > 0) tellNews({ kind: 'delivered', ...told })
    } catch (error) {
      log.error({ error: String(error) }, 'carried work was not delivered')
    }
  }
  const watching = deps.isLive$.subscribe(live => {
    isLive = live
    if (live) void deliverSoon()
  })
  const taking: CarriedFiles['take'] = async source => {
    const taken = await files.take(source)
    if (!taken.ok) return taken
    const { certificate, contents, kind } = taken.value
    const officer = certificate?.body.officer ?? ''
    tellNews({ kind: 'taken', officer, submissions: contents.submissions, isCopy: kind === 'copy' })
    if (isLive && kind !== 'copy') void deliverSoon() // CY4
    return taken
  }

  return {
    listen: (at, tell) => {
      tellNews = tell ?? tellNews
      return serveCarrier({ files: { ...files, take: taking }, enrolment, now: deps.now }, at)
    },
    handOver: async ({ url, code }) => {
      if (!URL.canParse(url)) return err(fault('carry.nobody', url))
      const base = new URL(url)
      const met = await ask(new URL('/carry', base), { code })
      if (!met.ok) return met
      const carrier = (await met.value.json()) as { readonly projectId?: string; readonly officer?: string }
      if (carrier.projectId !== projectId) return err(fault('carry.wrong-project', carrier.projectId))
      // First what waits there: it may say that most of this was received already.
      const answers = await fetchAnswers(base, code)
      const out = await bundles.exportStream('unsent')
      const { submissions } = out.header.contents
      const handed = await hand(base, code, out)
      if (!handed.ok) return handed
      const copy = await copies.stream()
      const withCopy = copy !== null && (await hand(base, code, copy)).ok
      return ok({ officer: carrier.officer ?? '', submissions, withCopy, answers })
    },
    deliver,
    keepAtCentre: isWanted => values.set(AT_CENTRE, isWanted ? '1' : '0'),
    isKeptAtCentre: () => values.get(AT_CENTRE) === '1',
    close: async () => {
      watching.unsubscribe()
      isLive = false
      await delivering
    },
  }
}

const hand = (base: URL, code: string, { bytes }: Pick<WrittenBundle, 'bytes'>) =>
  ask(new URL('/carry/bundles', base), { code, body: bytes })

async function ownerOf({ path }: CarriedFile): Promise<DeviceId | null> {
  const source = createReadStream(path)
  try {
    const header = await readHeader(source)
    return header.ok ? header.value.signed.body.deviceId : null
  } finally {
    source.destroy()
  }
}

/** Another hour or another link may cure these. */
const isPassing = ({ fault: code }: Fault): boolean =>
  code === 'carry.nobody' || code === 'carry.full' || code === 'http.internal' || code.startsWith('house.')

interface Asked {
  readonly code?: string
  readonly method?: 'DELETE'
  readonly body?: AsyncIterable<Uint8Array>
}

async function ask(url: URL, { code, method, body }: Asked): Promise<Result<Response, Fault>> {
  try {
    const stream =
      body === undefined ? null : (Readable.toWeb(Readable.from(body)) as ReadableStream<Uint8Array<ArrayBuffer>>)
    const init = {
      method: method ?? (stream === null ? 'GET' : 'POST'),
      headers: {
        ...(code === undefined ? {} : { [CODE_HEADER]: code }),
        ...(stream === null ? {} : { 'content-type': 'application/octet-stream' }),
      },
      body: stream,
      // Node's fetch streams a body only if told so.
      duplex: 'half',
      signal: AbortSignal.timeout(DEADLINE_MS),
    }
    const response = await fetch(url, init)
    return response.ok ? ok(response) : err(await faultOf(response))
  } catch {
    return err(fault('carry.nobody', url.origin))
  }
}

async function faultOf(response: Response): Promise<Fault> {
  const said = (await response.json().catch(() => ({}))) as { readonly fault?: unknown; readonly detail?: unknown }
  const { fault: code, detail } = said
  return typeof code === 'string' && isFaultCode(code)
    ? (fault(code, typeof detail === 'string' ? detail : undefined) as Fault)
    : fault('carry.nobody', `HTTP ${response.status}`)
}
