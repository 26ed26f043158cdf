/**
 * What the centre gave on a stick: receipts of what was brought, changes, forms, models. It goes
 * the ways of a session: acks mark the outbox, pages and their checkpoint are one write in the
 * mirror, programs and releases pass the shelf's own checks.
 *
 * IM1 a file for another device, of another project or not signed by the root changes nothing
 * IM2 a submission is marked only by a result that names it, for this life of the store
 * IM3 imported twice, or an older file after a newer one: nothing changes
 *     and what it may see is what it was told last, by whatever way
 * IM4 a page is taken only where it goes on from what is here, or from nought
 * IM5 what is damaged is told; what stands before and behind it counts, except pages behind a gap
 * IM6 of what it answers, and a link told of already, the newest row of the feed counts
 */
import { err, fault, ok, type Checkpoint, type CrashPoint, type Fault, type Result, type Sha256 } from '@murram/ground'
import { boxKeyOf, verifyDocument, type SigningKey } from '@murram/seal'
import {
  BUNDLE_PURPOSE,
  decodeDown,
  FRAME_RECORD,
  openBundle,
  pageChecksum,
  readHeader,
  type Ack,
  type BundleHeader,
  type Down,
  type Page,
  type Welcome,
} from '@murram/wire'
import type { EnrolmentFile } from '../enrolment/enrolment-file.ts'
import type { Log } from '../diagnostics/log.ts'
import type { OrdersRoom } from '../orders/orders.ts'
import type { FoldNews } from '../queue/fold-news.ts'
import { WELCOMED_AT, type DeviceValues } from '../store/device-values.ts'
import type { Mirror } from '../store/mirror.ts'
import type { TrustStore } from '../trust/trust-store.ts'
import { createCarriedFiles } from './carried-files.ts'
import type { TakeReceipt } from './take-receipt.ts'

export interface ImportDeps {
  readonly enrolment: EnrolmentFile
  readonly deviceKey: SigningKey
  readonly mirror: Mirror
  readonly receipt: TakeReceipt
  readonly values: DeviceValues
  /** Told when pages or answers were taken: the newest row says what became of work that was held. */
  readonly foldNews: Pick<FoldNews, 'look'>
  readonly log: Log
  readonly onServerTime: (serverTimeMs: number) => void
  /** Installs what the mirror names, out of these files. */
  readonly provision: (fetch: (hash: Sha256, sizeBytes: number) => Promise<Result<Uint8Array>>) => Promise<void>
  /** An order of the centre to this device, as it would come over a socket. */
  readonly orders: OrdersRoom
  /** Root documents come on a stick as well; what is fresh does not. */
  readonly trust: Pick<TrustStore, 'hear'>
  /** Nothing waits any more. */
  readonly isAllSent: () => boolean
  readonly crashPoint: CrashPoint
}

export interface Imported {
  readonly bundleId: string
  readonly createdAtMs: number
  /** Submissions that this file marked as received by the centre. */
  readonly receipted: number
  /** Answered with a reason why not. */
  readonly notTaken: number
  /** Rows of the feed that were written. */
  readonly rows: number
  /** Forms and files that were in it. */
  readonly files: number
  /** It held changes, and all of them are here already. */
  readonly wasKnown: boolean
  /** What could not be used, in the words of the catalogue. */
  readonly faults: readonly Fault[]
}

export async function importBundle(deps: ImportDeps, source: AsyncIterable<Uint8Array>): Promise<Result<Imported>> {
  const header = await readHeader(source)
  if (!header.ok) return header
  const refusal = whyNot(deps, header.value.signed)
  if (refusal !== null) return err(refusal)
  const records = openBundle(header.value, boxKeyOf(deps.deviceKey))
  if (!records.ok) return records
  const taking = createTaking(deps, header.value.signed.body)
  for await (const record of records.value) {
    if (typeof record === 'string') taking.missing(record)
    else if (record.kind === FRAME_RECORD) {
      await taking.frame(record.bytes)
      deps.crashPoint('agent.bundle-frame-taken')
    }
  }
  return ok(await taking.end())
}

/** IM1 */
function whyNot({ enrolment }: ImportDeps, signed: Parameters<typeof verifyDocument<BundleHeader>>[2]): Fault | null {
  const { projectId, deviceId } = enrolment.certificate.body
  const { body } = signed
  if (body.projectId !== projectId) return fault('carry.wrong-project', body.projectId)
  if (body.kind !== 'down') return fault('carry.wrong-device', 'it is on its way to the centre')
  if (body.deviceId !== deviceId) return fault('carry.wrong-device', `it is for the device ${body.deviceId}`)
  const verified = verifyDocument(enrolment.rootPublicKey, BUNDLE_PURPOSE, signed)
  return verified.ok ? null : verified.error
}

function createTaking(deps: ImportDeps, header: BundleHeader) {
  const { mirror, receipt, values, log } = deps
  const files = createCarriedFiles()
  const faults: Fault[] = []
  let welcome: Welcome | null = null
  let [receipted, notTaken, rows, pages, known] = [0, 0, 0, 0, 0]
  /** IM5: after a gap no page goes on from what is here. */
  let isBroken = false
  /** IM3: something newer was told since. */
  let isOld = false
  let hasForms = false

  const note = (reason: Fault): void => {
    if (!faults.some(before => before.fault === reason.fault && before.detail === reason.detail)) faults.push(reason)
  }

  const onWelcome = async (said: Welcome): Promise<void> => {
    welcome = said
    if (said.more?.trust !== undefined) for (const reason of deps.trust.hear(said.more.trust)) note(reason)
    deps.onServerTime(said.serverTimeMs)
    isOld = said.serverTimeMs < Number(values.get(WELCOMED_AT) ?? '0')
    if (!isOld) values.set(WELCOMED_AT, String(said.serverTimeMs))
    await receipt.begin(said, header)
  }

  const onAck = async (ack: Ack): Promise<void> => {
    if (welcome === null) return
    const taken = await receipt.take(ack, welcome, header)
    receipted += taken.receipted
    notTaken += taken.notTaken
  }

  const onPage = async (page: Page): Promise<void> => {
    pages += 1
    if (pageChecksum(page.rows) !== page.checksum) return note(fault('sync.checksum', `${page.from} to ${page.to}`))
    if (isBroken) return note(fault('carry.gap', `${page.from} to ${page.to}`))
    const taken = await applyWhereItGoesOn(mirror, page, welcome?.more?.view, isOld)
    if (taken === 'gap') {
      isBroken = true
      note(fault('carry.gap', `from ${page.from}`))
    } else if (taken === 'known') known += 1
    else {
      rows += page.rows.length
      hasForms ||= page.rows.some(({ kind, body }) => kind === 'form' && body !== null)
    }
  }

  const onMessage = async (message: Down): Promise<void> => {
    if (message.type === 'welcome') await onWelcome(message)
    else if (message.type === 'ack') await onAck(message)
    else if (message.type === 'page') await onPage(message)
    else if (message.type === 'chunk') files.add(message)
    else if (message.type === 'order') {
      const heard = await deps.orders.hear(message.order)
      if (!heard.ok && heard.error.fault !== 'device.order-ignored') note(heard.error)
    }
  }

  return {
    missing: (what: 'damaged' | 'cut') => {
      isBroken = true
      note(fault('carry.damaged', what === 'cut' ? 'it ends before its end' : 'a place does not read'))
    },
    frame: async (bytes: Uint8Array) => {
      const message = decodeDown(bytes)
      if (message.ok) await onMessage(message.value)
      else note(fault('carry.damaged', message.error.detail ?? message.error.fault))
    },
    end: async (): Promise<Imported> => {
      if (hasForms) await receipt.onForms()
      if (rows + receipted > 0) await deps.foldNews.look()
      if (welcome === null) note(fault('carry.damaged', 'its first frame is missing'))
      if (deps.orders.state() === 'leaving' && deps.isAllSent()) await deps.orders.sent()
      if (deps.orders.state() === 'open') await deps.provision(files.fetch)
      const { bundleId, createdAtMs } = header
      const told = { receipted, notTaken, rows, files: files.count(), faults: faults.map(one => one.fault).join(' ') }
      log.info({ bundleId, ...told }, 'a file of the centre was imported')
      const wasKnown = pages > 0 && known === pages && receipted === 0
      return { bundleId, createdAtMs, receipted, notTaken, rows, files: files.count(), wasKnown, faults }
    },
  }
}

/** IM3 IM4 */
async function applyWhereItGoesOn(
  mirror: Mirror,
  page: Page,
  view: string | undefined,
  isOld: boolean,
): Promise<'applied' | 'known' | 'gap'> {
  const to: Checkpoint = { epoch: page.epoch, number: page.to }
  const here = await mirror.checkpoint()
  if (page.epoch < here.epoch) return 'known'
  // What is shown to this device is another selection than before: all of it, or nothing.
  const isOther = view !== undefined && view !== (await mirror.view())
  if (isOther && isOld && page.epoch === here.epoch) return 'known'
  if (page.epoch > here.epoch || isOther) {
    if (page.from !== 0) return 'gap'
    await mirror.restart({ epoch: page.epoch, number: 0 }, view)
  } else {
    if (page.to < here.number || (page.to === here.number && page.to > 0)) return 'known'
    if (page.from > here.number) return 'gap'
  }
  const goesOn = ({ epoch, number }: Checkpoint): boolean =>
    epoch === page.epoch && page.from <= number && (page.to > number || number === 0)
  return (await mirror.applyPage(page.rows, to, !page.more, goesOn)) ? 'applied' : 'known'
}
