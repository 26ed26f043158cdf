/**
 * The agent of one officer on one laptop: the rooms, tied together. Everything that a face
 * (desktop, command line, loopback page) does goes through what `openAgent` returns.
 *
 *   capture ─► scoring ─► store + queue ─► sync ─► mirror ─► shelf, households ─► capture
 *
 * Not here: any decision. A folder is enrolled first (`enrolment/enrol-agent.ts`).
 */
import { createHybridClock, type Stamp } from '@murram/fold'
import {
  err,
  fault,
  millis,
  noCrashPoint,
  ok,
  type CrashPoint,
  type InstanceId,
  type Result,
  type StoreId,
} from '@murram/ground'
import { CHALLENGER_PURPOSE, verifySignedRelease } from '@murram/score'
import { createScorerThread } from '@murram/score/onnx'
import type { SigningKey } from '@murram/seal'
import { distinctUntilChanged, map, merge, type Observable } from 'rxjs'
import { AGENT_VERSION } from './agent-version.ts'
import { createBundleRoom, type BundleRoom } from './bundle/bundle-room.ts'
import { createCopiesRoom, type CopiesRoom } from './copy/copies-room.ts'
import { openAttachments, type Attachments } from './attachments/attachments.ts'
import { createUploadDriver } from './attachments/upload-driver.ts'
import { createCarryRoom, type CarryRoom } from './carry/carry-room.ts'
import {
  createCaptureRoom,
  dropFinishedDrafts,
  dropIdlePins,
  type CaptureDeps,
  type CaptureRoom,
} from './capture/capture.ts'
import type { Override, Saved } from './capture/finalise-interview.ts'
import { stateOverride } from './capture/state-override.ts'
import { settleConflict } from './capture/settle-conflict.ts'
import { silentLog, type Log } from './diagnostics/log.ts'
import { createStoreLog, type StoreLog } from './diagnostics/store-log.ts'
import { readEnrolment, toEnrolment, type Enrolment, type EnrolmentFile } from './enrolment/enrolment-file.ts'
import { createEntityLists } from './households/entity-lists.ts'
import { createHouseholds, type Households } from './households/households.ts'
import { openOutboxTable, type OutboxCounts, type OutboxTable } from './queue/outbox-table.ts'
import { createFoldNews } from './queue/fold-news.ts'
import { createWriteStates } from './queue/write-states.ts'
import { createOrdersRoom, type OrdersRoom } from './orders/orders.ts'
import { deliverReceipt, readReceipt } from './orders/receipt-file.ts'
import { removeContents } from './orders/remove-folder.ts'
import { createScoreAnswers } from './scoring/score-answers.ts'
import { createFormShelf, type FormShelf } from './shelf/form-shelf.ts'
import { openListStore } from './shelf/list-store.ts'
import { openModelSlots, type ModelSlots } from './shelf/model-slots.ts'
import { createReleaseChannels, type ReleaseChannel } from './shelf/release-channels.ts'
import { createReleaseInstall } from './shelf/release-install.ts'
import { openSketches, type Sketches } from './sketches/sketches.ts'
import { ensureFolder } from './store/atomic-file.ts'
import type { AgentCollections } from './store/collections.ts'
import { createReturnsRoom, type Returns } from './returns/returns.ts'
import { createTasksRoom, type Tasks } from './tasks/tasks.ts'
import { openDataKey } from './store/key-file.ts'
import type { KeySource } from './store/key-source.ts'
import { createMirror, type Mirror } from './store/mirror.ts'
import { asDamaged, openStore, type Store } from './store/open-store.ts'
import { openFileParts } from './store/file-parts.ts'
import { createBelieveEpoch } from './sync/believe-epoch.ts'
import { createDownloads } from './sync/downloads.ts'
import { openLink } from './sync/link.ts'
import { watchNetwork } from './sync/network-watch.ts'
import { createFirstSync } from './sync/first-sync.ts'
import { createProvision, type ProvisionDeps } from './sync/provision.ts'
import { createPullDriver } from './sync/pull-driver.ts'
import { createPushDriver } from './sync/push-driver.ts'
import { createSketchTeller } from './sync/sketch-teller.ts'
import { createSync, type Sync } from './sync/sync-loop.ts'
import { systemTimers } from './sync/timers.ts'
import { openTrustStore } from './trust/trust-store.ts'

export interface AgentOptions {
  readonly dataDir: string
  readonly key: KeySource
  readonly now: () => number
  readonly random: () => number
  readonly uuid: () => string
  /** Told as well what the log in the encrypted store is told; it must not write that to a disk. */
  readonly log?: Log
  /** Demo keys are public knowledge: only the demo may use them. */
  readonly allowDemo: boolean
  readonly crashPoint?: CrashPoint
  /** How long after a change a sealed copy is made; a minute unless told. */
  readonly copyWaitMs?: number
}

export interface Agent {
  readonly enrolment: Enrolment & { readonly storeId: StoreId; readonly boxPublicKey: string }
  readonly shelf: Pick<FormShelf, 'form' | 'forms' | 'awaited'> &
    Pick<ModelSlots, 'manifests'> & {
      /** Emits at once, and whenever forms or models may have changed. */
      readonly changes$: Observable<void>
      /** In force for this form. */
      readonly model: (formId: string) => { readonly manifest: ReturnType<ModelSlots['manifests']>[number] } | null
      /** By which way it came; `null`: nobody noted it. */
      readonly channelOf: (manifest: ReturnType<ModelSlots['manifests']>[number]) => ReleaseChannel | null
    }
  readonly capture: Omit<CaptureRoom, 'close'>
  /** Photos, recordings and other files of interviews. */
  readonly attachments: Attachments
  readonly settle: (conflictId: string, choose: 'stands' | 'other') => Promise<Result<Saved>>
  /** The officer's own class for what was saved, with a reason. */
  readonly override: (instanceId: InstanceId, said: Override) => Promise<Result<Saved>>
  readonly queue: { readonly summary: () => OutboxCounts } & Pick<OutboxTable, 'nByInstanceId' | 'placeOf'>
  readonly sync: Sync
  /** What the centre ordered: whether this device may still be read. */
  readonly orders: Pick<OrdersRoom, 'state' | 'state$' | 'hear'>
  /** Work and answers as files, where no network is. */
  readonly bundles: BundleRoom
  /** What only this laptop has, sealed and elsewhere. */
  readonly copies: CopiesRoom
  /** By way of a colleague's laptop, or as one. */
  readonly carry: CarryRoom
  readonly households: Households
  /** Visits that the centre asks for. */
  readonly tasks: Tasks
  /** What reviewers sent back to this officer. */
  readonly returns: Returns
  readonly mirror: Pick<Mirror, 'all' | 'find' | 'watch' | 'checkpoint'>
  /** RxDB's: whoever shows them watches their queries. */
  readonly collections: AgentCollections
  readonly log: StoreLog
  readonly close: () => Promise<void>
}

export async function openAgent(options: AgentOptions): Promise<Result<Agent>> {
  const { dataDir, allowDemo } = options
  const folder = await ensureFolder(dataDir)
  if (!folder.ok) return folder
  const gone = await finishRemoval(dataDir)
  if (gone !== null) return gone
  const read = await readEnrolment(dataDir)
  if (!read.ok) return read
  const enrolment = read.value
  if (enrolment === null) return err(fault('sync.not-enrolled', dataDir))
  if (enrolment.certificate.body.demo && !allowDemo) return err(fault('key.demo-refused', dataDir))
  const dataKey = await openDataKey(dataDir, options.key)
  if (!dataKey.ok) return dataKey

  let outbox: OutboxTable | null = null
  let files: ReturnType<typeof openAttachments> | null = null
  const counting: { sketches: Sketches | null } = { sketches: null }
  const crashPoint = options.crashPoint ?? noCrashPoint
  const opened = await openStore({
    dataDir,
    dataKey: dataKey.value,
    create: false,
    onNewSubmission: ({ body: { submission }, savedAtMs }) => {
      if (outbox === null || !opened.ok) throw new Error('a submission before the outbox was open')
      outbox.append(submission, savedAtMs)
      files?.room.finaliseInTransaction(submission.instanceId, submission.attachments ?? [])
      opened.value.values.set(LAST_STAMP, submission.stamp)
      counting.sketches?.countInTransaction(submission.instanceId)
      crashPoint('agent.in-transaction')
    },
  })
  if (!opened.ok) return opened
  const store = opened.value
  try {
    outbox = openOutboxTable(store.database, store.values)
    files = openAttachments(store, { outbox, now: options.now })
    const deviceKey = store.secrets.deviceKey()
    if (deviceKey?.publicKey !== enrolment.certificate.body.publicKey) {
      await store.close()
      return err(fault('sync.not-enrolled', 'the certificate is not for the key in this store'))
    }
    const log = createStoreLog(store.database, { now: options.now, also: options.log ?? silentLog })
    return ok(
      await assemble(
        { copyWaitMs: COPY_WAIT_MS, ...options, crashPoint, log, files, counting },
        enrolment,
        store,
        outbox,
        deviceKey,
      ),
    )
  } catch (error) {
    await store.close()
    return asDamaged(error)
  }
}

/** A folder that was emptied by an order, or whose emptying was cut short. */
async function finishRemoval(dataDir: string): Promise<Result<never> | null> {
  if ((await readReceipt(dataDir)) === null) return null
  await removeContents(dataDir)
  await deliverReceipt(dataDir)
  return err(fault('device.purged', dataDir))
}

const LAST_STAMP = 'clock.last'
const COPY_WAIT_MS = 60_000

async function assemble(
  options: Required<AgentOptions> & {
    readonly log: StoreLog
    readonly files: ReturnType<typeof openAttachments>
    readonly counting: { sketches: Sketches | null }
  },
  enrolment: EnrolmentFile,
  store: Store,
  outbox: OutboxTable,
  deviceKey: SigningKey,
): Promise<Agent> {
  const { dataDir, log, crashPoint, allowDemo, now, random, uuid } = options
  const { room: attachments, blobs } = options.files
  const { collections, values } = store
  const { deviceId, officer } = enrolment.certificate.body
  const mirror = createMirror(store)
  const parts = openFileParts(store.database, now)
  const forms = await createFormShelf({
    dataDir,
    mirror,
    lists: openListStore(store.database),
    lengthOf: parts.lengthOf,
  })
  const trust = openTrustStore({ values, enrolment, now, log })
  const scorers = createScorerThread()
  // A model on trial must not hold up the one in force.
  const shadowScorers = createScorerThread()
  const slots = await openModelSlots({
    dataDir,
    values,
    log,
    openScorer: scorers.open,
    openShadow: shadowScorers.open,
    now,
    crashPoint,
    // Counter and expiry were looked at when it was installed; its key may have been replaced since.
    verifyStored: (release, as) => {
      const stored = (purpose?: string) =>
        verifySignedRelease({
          ...release,
          purpose,
          rootPublicKey: enrolment.rootPublicKey,
          trust: trust.whenReleasedBy(release.signed.keyId),
          allowDemo,
        })
      const released = stored()
      return released.ok || as === 'active' ? released : stored(CHALLENGER_PURPOSE)
    },
  })
  const manifest = (formId: string) => slots.active(formId)?.manifest ?? null
  const sketches = openSketches(store.database, { values, storeId: outbox.storeId, manifest, now, log })
  options.counting.sketches = sketches
  const households = createHouseholds({ collections, householdIndex: store.householdIndex, mirror })
  const entityLists = createEntityLists({ households, forms, changes: [mirror.changes$, collections.submissions.$] })
  const last = values.get(LAST_STAMP)
  const clock = createHybridClock({
    now: () => millis(now()),
    deviceId,
    ...(last === null ? {} : { last: last as Stamp }),
  })

  /** A slow clock must not place today's visit before what its officer has just read. */
  const observeServerTime = (serverTimeMs: number): void => {
    const seen = `${Math.floor(serverTimeMs).toString(16).padStart(12, '0')}-0000-00000000` as Stamp
    clock.observe(seen)
    if (seen > (values.get(LAST_STAMP) ?? '')) values.set(LAST_STAMP, seen)
  }

  const writeStates = createWriteStates({ ...store, outbox })
  const downloads = createDownloads({ parts, now, log })
  const channels = createReleaseChannels(values)
  const releases = createReleaseInstall({ enrolment, forms, slots, values, trust, allowDemo, now, log, crashPoint })
  const onReport: ProvisionDeps['onReport'] = report => sync.tell({ type: 'report', reports: [report] })
  const leaving = slots.left$.subscribe(onReport)
  const provided = { dataDir, collections, mirror, forms, releases, downloads, onReport, left: slots.left, log }
  const provision = createProvision({ ...provided, isCaughtUp: () => pull.isIdle() })
  const foldNews = createFoldNews({ collections, mirror, outbox, values, writeStates })
  const pushed = { collections, outbox, values, writeStates, foldNews }
  const push = createPushDriver({ ...pushed, deviceKey, now, log, crashPoint })
  const onRows = (): void => void provision.run().finally(() => sync.tell({ type: 'nudge' }))
  const firstSync = createFirstSync({ mirror, values, downloads, onRows, log })
  const pull = await createPullDriver({ mirror, firstSync, foldNews, log, crashPoint })
  const { elapsedMs } = systemTimers
  const uploads = createUploadDriver({ blobs, attachments, outbox, values, elapsedMs, log })
  const teller = createSketchTeller(sketches, elapsedMs)
  const lanes = { push, pull, uploads, downloads, provision, teller, onServerTime: observeServerTime }
  const facts = { enrolment, deviceKey, agentVersion: AGENT_VERSION, now, outbox, slots }
  const keyPath = options.key.kind === 'key-file' ? options.key.path : null
  const { counts } = outbox
  const orders = createOrdersRoom({ dataDir, keyPath, enrolment, deviceKey, values, counts, now, log })
  const believe = createBelieveEpoch({ values, enrolment })
  const sync: Sync = createSync({
    enrolledAt: enrolment.collectorUrl,
    sessionDeps: { ...facts, ...lanes, orders, trust, believe, timers: systemTimers, openLink },
    watchNetwork: onChange => watchNetwork({ timers: systemTimers, onChange }),
    now,
    random,
    log,
  })

  const isAlone = (): boolean => sync.status().link !== 'live' && sync.status().link !== 'connecting'
  const installing = { dataDir, forms, releases, onReport, provision, isAlone, onServerTime: observeServerTime }
  const stores = { collections, mirror, outbox, values, writeStates, foldNews }
  const filed = { ...stores, attachments, sketches, enrolment, deviceKey, now, log }
  const bundles = createBundleRoom({ ...filed, ...installing, orders, trust, crashPoint })
  const { key: source, copyWaitMs: waitMs } = options
  const filesWaiting = (): number => blobs.waiting().length
  const copies = createCopiesRoom({ ...store, ...filed, dataDir, source, filesWaiting, waitMs })
  const isLive$ = sync.status$.pipe(
    map(({ link }) => link === 'live'),
    distinctUntilChanged(),
  )
  const carry = createCarryRoom({ dataDir, enrolment, values, bundles, copies, isLive$, now, log })

  const rooms = {
    collections,
    forms,
    households,
    mirror,
    outbox,
    sketches,
    scoreAnswers: createScoreAnswers({ slots, now, log }),
  }
  const machine = { clock, uuid, random, crashPoint, log }
  const captureDeps: CaptureDeps = {
    ...rooms,
    ...machine,
    attachments,
    entityLists: entityLists.find,
    deviceId,
    officer,
    boxPublicKey: enrolment.boxPublicKey,
    now: () => millis(now()),
  }
  const capture = createCaptureRoom(captureDeps)
  await dropFinishedDrafts(captureDeps)
  await dropIdlePins(captureDeps)
  await attachments.tidy()
  const locked = (): Result<never> | null => (orders.state() === 'open' ? null : err(fault('device.locked')))
  // SL3: a saved interview is on its way at once.
  const watching = collections.submissions.$.subscribe(event => {
    if (event.operation === 'INSERT') sync.tell({ type: 'queued' })
  })
  const close = once(async () => {
    ending.unsubscribe()
    await sync.stop()
    await firstSync.settled()
    await provision.settled()
    await capture.close()
    await copies.close()
    await carry.close()
    watching.unsubscribe()
    entityLists.close()
    forms.close()
    await slots.close()
    leaving.unsubscribe()
    await scorers[Symbol.asyncDispose]()
    await shadowScorers[Symbol.asyncDispose]()
    await store.close()
  })
  let removing: Promise<void> | null = null
  /** The key is gone already; what it opened follows, once nothing holds it open. */
  const remove = async (): Promise<void> => {
    await close()
    await removeContents(dataDir)
    await deliverReceipt(dataDir)
  }
  const ending = orders.state$.subscribe(state => {
    if (state === 'gone') removing ??= new Promise(settle => void setImmediate(() => settle(remove())))
  })

  return {
    enrolment: { ...toEnrolment(enrolment), storeId: outbox.storeId(), boxPublicKey: enrolment.boxPublicKey },
    shelf: {
      forms: forms.forms,
      awaited: forms.awaited,
      form: forms.form,
      manifests: slots.manifests,
      changes$: merge(forms.changes$, slots.changes$),
      model: formId => {
        const manifest = slots.active(formId)?.manifest
        return manifest === undefined ? null : { manifest }
      },
      channelOf: channels.of,
    },
    capture: {
      open: async (...asked) => locked() ?? capture.open(...asked),
      find: id => (locked() === null ? capture.find(id) : null),
      dropDraft: capture.dropDraft,
    },
    attachments,
    settle: async (conflictId, choose) => locked() ?? settleConflict({ ...captureDeps, mirror }, conflictId, choose),
    queue: { summary: outbox.counts, nByInstanceId: outbox.nByInstanceId, placeOf: outbox.placeOf },
    sync,
    orders,
    bundles,
    copies,
    carry,
    households,
    override: async (instanceId, said) =>
      locked() ??
      stateOverride(
        { ...captureDeps, attachments, manifestOf: formId => slots.active(formId)?.manifest ?? null },
        instanceId,
        said,
      ),
    tasks: createTasksRoom({ collections, mirror, forms, capture }),
    returns: createReturnsRoom({ collections, mirror, forms, capture }),
    mirror,
    collections,
    log,
    close: async () => {
      await close()
      await removing
    },
  }
}

/** Once, however often it is asked for. */
function once(act: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | null = null
  return () => (done ??= act())
}
