/**
 * The rooms that every collector has, plugged into one another:
 *
 *   gate → ingest → fold → feed → gate (hints, pages)
 *            ▲
 *            └── own device ◄── what people decide
 */
import type { OpenAPIHono } from '@hono/zod-openapi'
import { fault, type DeviceId } from '@murram/ground'
import { keyIdOf } from '@murram/seal'
import type { AckResult } from '@murram/wire'
import { entityWrites } from '@murram/xform'
import { createFormReader } from '@murram/xlsform'
import { createAttachmentsRoom } from '../attachments/attachments-room.ts'
import { getBlob, getFileRange } from '../blobs/blobs.ts'
import { createBundlesRoom } from '../bundles/bundles-room.ts'
import { inTurn } from '../db/advisory-lock.ts'
import type { Epoch } from '../db/epoch.ts'
import { createDuplicatesRoom } from '../duplicates/duplicates-room.ts'
import { admitDevice } from '../enrolment/admit.ts'
import { addDevice, findDevice, listDevices, noteDevice } from '../enrolment/device-repo.ts'
import { enrolDevice, makeToken } from '../enrolment/enrol.ts'
import { proveRecovery } from '../enrolment/prove-recovery.ts'
import { orderRoutes, receiptRoutes, type OrdersDoor } from '../enrolment/order-routes.ts'
import { newestOrders, noteTold, orderDevice, takeReceipt } from '../enrolment/orders.ts'
import { acceptQuarantined } from '../enrolment/quarantine.ts'
import { deviceRoutes, enrolRoutes, type EnrolmentDoor } from '../enrolment/routes.ts'
import { openFirstSync } from '../snapshots/first-sync.ts'
import { readFeedNumber } from '../feed/read-page.ts'
import { readViews } from '../feed/view.ts'
import { isBuiltIn } from '../fold/built-in-forms.ts'
import { createDecisions } from '../fold/decisions.ts'
import { conflictsInState, findEntities, findEntity, listEntities } from '../fold/entity-queries.ts'
import { createOwnDevice } from '../fold/own-device.ts'
import { openFoldRoom, type FoldRoom } from '../fold/reconsider.ts'
import { entityRoutes } from '../fold/routes.ts'
import { findVersion, listVersions } from '../forms/form-repo.ts'
import { allLists, findList, listsInForce } from '../forms/list-repo.ts'
import { publishForm, type FormSource } from '../forms/publish-form.ts'
import { publishLists, restoreList, type KeptList } from '../forms/publish-lists.ts'
import { formRoutes } from '../forms/routes.ts'
import { createAllowance } from '../gate/allowance.ts'
import { createGate, type Gate } from '../gate/gate.ts'
import { readableReports } from '../gate/readable-reports.ts'
import { readMarks } from '../ingest/inbox-repo.ts'
import { createStoreVoid } from '../ingest/store-void.ts'
import { createIngest, type Batch, type Ingest } from '../ingest/ingest.ts'
import { createLateArrivals } from '../ingest/late-arrivals.ts'
import { submissionRoutes } from '../ingest/routes.ts'
import { listSubmissions } from '../ingest/submission-repo.ts'
import { liveRoutes } from '../live/routes.ts'
import { createReviewRoom } from '../review/review-room.ts'
import { tellNewLaptop } from '../review/told-returns.ts'
import type { Metrics } from '../metrics/metrics.ts'
import { metricRoutes } from '../metrics/routes.ts'
import type { Neighbours } from '../neighbours/neighbours.ts'
import type { RecoveringRoom } from '../recovering/recovering-room.ts'
import { createAccess } from '../scopes/access.ts'
import { scopeRoutes } from '../scopes/routes.ts'
import { createScopesDoor } from '../scopes/scopes-room.ts'
import { healthRoutes, summaryRoutes } from './house-routes.ts'
import { gateOfAll, type GateOfAll } from './gate-of-all.ts'
import type { Arrival, HouseDeps, Room } from './room.ts'
import { summarise } from './summary.ts'

export interface CoreRooms {
  readonly close: () => Promise<void>
  readonly gate: Gate
  /** For what a journal brings back. */
  readonly ingest: Ingest
  readonly publish: (source: FormSource) => ReturnType<typeof publishForm>
  readonly restoreList: (list: KeptList) => Promise<void>
  /** Without a token. */
  readonly open: readonly OpenAPIHono[]
  readonly guarded: readonly OpenAPIHono[]
}

export interface CoreOptions {
  readonly house: HouseDeps
  readonly epoch: Epoch
  readonly metrics: Metrics
  readonly neighbours: Neighbours
  readonly recovering: RecoveringRoom
  /** Who else hears of arrivals and reports. */
  readonly rooms: readonly Room[]
}

export function openCoreRooms({ house, epoch, metrics, neighbours, recovering, rooms }: CoreOptions): CoreRooms {
  const { read, write, keys, demo, now, log, feed, forms, live } = house
  const { projectId } = keys
  const collectorId = keyIdOf(keys.collector.publicKey) as DeviceId

  const announce = (arrivals: readonly Arrival[], conflicts: number): void => {
    for (const [first, ...others] of Map.groupBy(
      arrivals,
      ({ deviceId, formId }) => `${deviceId} ${formId}`,
    ).values()) {
      if (first === undefined) continue
      const { deviceId, formId } = first
      live.publish({ kind: 'submissions', deviceId, formId, count: others.length + 1, conflicts })
    }
    for (const room of rooms) room.onArrivals?.(arrivals)
  }
  const late = createLateArrivals({ write, log, announce: arrivals => announce(arrivals, 0) })
  neighbours.onLook(late.look)
  const onLate = late.soon
  const folding = openFoldRoom({ projectId, collectorId, feed, now, onLate, findForm: forms.find, entityWrites })
  const store = createIngest({
    write,
    feed,
    now,
    fold: folding.fold,
    release: folding.release,
    crashPoint: house.crashPoint,
    isKnownForm: async (formId, version) => isBuiltIn(formId) || (await forms.find(formId, version)).ok,
    alarm: ({ instanceId, formId, version }, reason) =>
      // After a restore much waits for what is still to come again: that alarms nobody.
      log[recovering.isOpen() || reason.fault === 'fold.waiting' ? 'info' : 'error'](
        { instanceId, formId, version, ...reason },
        'held',
      ),
  })
  const ingest = async (batch: Batch) => {
    const stopTimer = metrics.ingestSeconds.startTimer()
    const done = await store(batch)
    stopTimer()
    for (const { result } of done.results) metrics.submissions.inc({ result })
    if (done.fresh.length > 0) announce(done.fresh.map(toArrival), done.results.filter(isConflict).length)
    return done
  }

  const attachments = createAttachmentsRoom(house)
  const views = () => readViews(read, projectId)
  const firstSync = openFirstSync({ read, write, projectId, epoch: epoch.epoch, now, log, views, onRing: feed.onRing })
  const access = createAccess({ read, projectId, epoch: epoch.epoch })
  const gate = createGate({
    log,
    metrics,
    onRing: feed.onRing,
    onPresence: neighbours.arrived,
    needs: {
      projectId,
      collectorId,
      now,
      ingest,
      epoch: epoch.epoch,
      succession: epoch.succession,
      trust: house.trust.newsFor,
      crashPoint: house.crashPoint,
      admit: hello => admitDevice({ read, keys, demo }, hello),
      welcome: async ({ deviceId, certificate, agentVersion, storeId, lastN }, clockAheadMs) => {
        const nowMs = now()
        const versionBefore = (await findDevice(write, deviceId))?.agentVersion ?? null
        await addDevice(write, certificate, nowMs)
        await noteDevice(write, deviceId, {
          agentVersion,
          lastSeenAtMs: nowMs,
          ...(clockAheadMs === undefined ? {} : { clockSkewMs: clockAheadMs }),
        })
        await tellNewLaptop({ feed }, write, deviceId)
        for (const room of rooms) await room.onWelcome?.({ deviceId, agentVersion, versionBefore })
        await recovering.heard({ storeId, deviceId, lastN })
      },
      storeVoid: createStoreVoid({ write, now }),
      marks: storeId => readMarks(read, storeId),
      feedNumber: () => readFeedNumber(read, projectId),
      page: access.page,
      mayFetch: access.mayFetch,
      told: order => noteTold(write, order, now()),
      take: createAllowance(() => performance.now()).take,
      snapshot: async hello => firstSync.snapshotFor(hello, await access.viewOf(hello.deviceId)),
      viewFor: firstSync.viewFor,
      patch: firstSync.patch,
      blob: (name, range) => getFileRange(read, name, range),
      uploads: attachments.uploads,
      report: async (deviceId, said) => {
        const reports = readableReports(said)
        const status = reports.findLast(report => report.kind === 'status')
        const told = status === undefined ? {} : { queued: status.queued, modelCounter: status.modelCounter }
        await noteDevice(write, deviceId, { lastSeenAtMs: now(), ...told })
        for (const room of rooms) await room.onReports?.(deviceId, reports)
      },
    },
  })

  house.trust.onChange(gate.tellTrust)
  const everyGate = gateOfAll(gate, neighbours, read)
  const device = createOwnDevice({
    read,
    now,
    ingest,
    deviceId: collectorId,
    storeId: epoch.ownStoreId,
    inTurn: work => inTurn(write, 'own-device', work),
    lastN: async storeId => (await readMarks(read, storeId)).durableUpto,
  })
  const decisions = createDecisions({ read, device })
  const reviewing = createReviewRoom({ house, folding, device })
  reviewing.start()
  const duplicates = createDuplicatesRoom({
    house,
    projectId,
    decisions,
    epoch: epoch.epoch,
    find: entityIds => findEntities(read, entityIds),
  })
  duplicates.start()
  const formReader = createFormReader({ threads: 1 })
  const publishing = { read, write, feed, now, readForm: formReader.read }
  const publish = (source: FormSource) => publishForm(publishing, source)
  const bundles = createBundlesRoom({ read, write, keys, trust: house.trust, now, needs: gate.needs })
  const enrolment = enrolmentDoor(house, epoch, everyGate)
  const orders = ordersDoor(house, everyGate, folding.reconsider)

  return {
    gate,
    ingest,
    publish,
    restoreList: list => restoreList(publishing, list),
    close: async () => {
      await late.close()
      await attachments.close()
      await firstSync.close()
      await duplicates.close()
      await reviewing.close()
      await formReader[Symbol.asyncDispose]()
    },
    open: [
      healthRoutes({ projectId, demo, epoch: epoch.epoch }),
      metricRoutes(metrics.registry),
      enrolRoutes(enrolment),
      receiptRoutes(orders),
      bundles.open,
    ],
    guarded: [
      summaryRoutes(() => summarise(read, { projectId, demo, epoch: epoch.epoch, connected: everyGate.connected() })),
      deviceRoutes(enrolment),
      orderRoutes(orders),
      scopeRoutes(createScopesDoor({ read, write, projectId, drop: everyGate.drop })),
      formRoutes({
        publish,
        publishLists: asked => publishLists(publishing, asked),
        lists: () => listsInForce(read),
        listsOf: formId => allLists(read, formId),
        listFile: async (formId, version, name) => {
          const found = await findList(read, formId, version, name)
          const bytes = found === undefined ? undefined : await getBlob(read, found.sha256)
          return found === undefined || bytes === undefined ? undefined : { bytes, sha256: found.sha256 }
        },
        list: () => listVersions(read),
        onPublished: ({ formId, version }) => {
          live.publish({ kind: 'form', formId, version })
          reviewing.onPublished()
        },
        program: async (formId, version) => {
          const found = await findVersion(read, formId, version)
          const bytes = found === undefined ? undefined : await getBlob(read, found.programSha256)
          return found === undefined || bytes === undefined ? undefined : { bytes, sha256: found.programSha256 }
        },
      }),
      submissionRoutes(query => listSubmissions(read, query)),
      reviewing.routes,
      duplicates.routes,
      attachments.routes,
      entityRoutes({
        ...decisions,
        list: query => listEntities(read, query),
        find: entityId => findEntity(read, entityId),
        conflicts: state => conflictsInState(read, state),
      }),
      liveRoutes(live),
      bundles.guarded,
    ],
  }
}

const toArrival = ({ instanceId, formId, version, deviceId }: Arrival): Arrival => ({
  instanceId,
  formId,
  version,
  deviceId,
})

const isConflict = ({ result }: AckResult): boolean => result === 'conflict'

function ordersDoor(
  { write, keys, now, feed }: HouseDeps,
  gate: GateOfAll,
  reconsider: FoldRoom['reconsider'],
): OrdersDoor {
  const deps = { write, keys, now }
  return {
    order: async (deviceId, asked) => {
      const ordered = await orderDevice(deps, deviceId, asked)
      // It comes back at once, and hears its order.
      if (ordered.ok) await gate.drop(deviceId, fault('sync.view-changed', deviceId))
      return ordered
    },
    takeReceipt: receipt => takeReceipt(deps, receipt),
    accept: which => acceptQuarantined({ write, reconsider, ring: feed.ring }, which),
  }
}

function enrolmentDoor({ read, write, keys, now }: HouseDeps, epoch: Epoch, gate: GateOfAll): EnrolmentDoor {
  const deps = { write, keys, now }
  return {
    enrol: asked => enrolDevice(deps, asked),
    proveRecovery: sealed => proveRecovery(keys.box, sealed),
    makeToken: asked => makeToken(deps, asked),
    devices: () => listDevices(read),
    orders: () => newestOrders(read),
    isConnected: gate.isConnected,
    revoke: async deviceId => {
      const isKnown = await noteDevice(write, deviceId, { state: 'revoked' })
      if (isKnown) await gate.drop(deviceId, fault('sync.device-revoked', deviceId))
      return isKnown
    },
    house: {
      rootPublicKey: keys.root.publicKey,
      projectId: keys.projectId,
      collectorId: keyIdOf(keys.collector.publicKey),
      boxPublicKey: keys.box.publicKey,
      demo: keys.demo,
      epoch: epoch.epoch,
    },
  }
}
