/** The room of releases: how they reach the devices, the way back, and what devices say of them. */
import { err, fault, ok, type DeviceId, type Fault, type Result } from '@murram/ground'
import type { DeviceReport } from '@murram/wire'
import { Counter } from 'prom-client'
import { inTransaction, type WriteDb } from '../db/handles.ts'
import { apiRouter } from '../http/api-router.ts'
import type { HouseDeps, Room } from '../main/room.ts'
import { findCandidate, lockModel, type ModelRow } from '../registry/registry-repo.ts'
import { orderInForce } from './order-repo.ts'
import { announce, releaseBefore, releaseCandidate, type ReleaseOrder } from './release-candidate.ts'
import {
  allReleases,
  countReports,
  NO_REPORTS,
  putReports,
  releasesOf,
  reportsOf,
  type ReleaseRow,
} from './release-repo.ts'
import { rolloutRoutes } from './rollout-routes.ts'
import { releaseRoutes, type ReleaseDoor } from './routes.ts'
import { createSteering } from './steer-rollout.ts'
import { createRolloutWatch } from './watch-rollouts.ts'

type WithheldReport = Extract<DeviceReport, { kind: 'withheld' }>

export interface RolloutRoom extends Room, ReleaseDoor {
  /** Inside the caller's transaction, which holds the model's row; then `announce`. */
  releaseIn(tx: WriteDb, order: ReleaseOrder): Promise<ReleaseRow>
  announce(row: ReleaseRow): void
}

export function createRolloutRoom(house: HouseDeps): RolloutRoom {
  const { read, write, live, log, now, recovering, metrics } = house
  const steering = createSteering(house)
  const watch = createRolloutWatch({ evaluate: () => steering.evaluate(), recovering, log })

  /** One order at a time for a model, and the bell after commit. */
  const order = async (
    modelName: string,
    choose: (tx: WriteDb, model: ModelRow) => Promise<Result<Omit<ReleaseOrder, 'recipe'> | ReleaseRow, Fault>>,
  ): Promise<Result<ReleaseRow, Fault>> => {
    const done = await inTransaction(write, async tx => {
      const model = await lockModel(tx, modelName)
      if (model === undefined) return err(fault('http.not-found', `model ${modelName}`))
      const chosen = await choose(tx, model)
      if (!chosen.ok) return chosen
      if ('releaseId' in chosen.value) return ok({ row: chosen.value, fresh: false })
      return ok({ row: await releaseCandidate(house, tx, { ...chosen.value, recipe: model.recipe }), fresh: true })
    })
    if (!done.ok) return done
    if (done.value.fresh) announce(house, done.value.row)
    return ok(done.value.row)
  }

  const door: ReleaseDoor = {
    list: async () => {
      const counts = await countReports(read)
      const rows = await allReleases(read)
      return rows.map(row => ({ ...row, ...(counts.get(row.releaseId) ?? NO_REPORTS) }))
    },
    devicesOf: releaseId => reportsOf(read, releaseId),
    release: async (candidateId, note) => {
      const found = await findCandidate(read, candidateId)
      if (found === undefined) return err(fault('http.not-found', `candidate ${candidateId}`))
      const { candidate, report } = found
      if (report !== null && report.verdict !== 'promote') {
        return err(fault('gate.refused', report.summary, { lines: report.lines }))
      }
      return order(candidate.modelName, async (tx, model) => {
        const [latest] = await releasesOf(tx, candidate.modelName)
        return latest !== undefined && model.championId === candidateId
          ? ok(latest) // it is in force already
          : ok({ candidate, reason: report === null ? 'baseline' : 'promotion', note })
      })
    },
    rollback: (modelName, { to, note, who }) =>
      order(modelName, async tx => {
        const past =
          to === null
            ? await releaseBefore(tx, modelName)
            : (await releasesOf(tx, modelName)).find(({ releaseId }) => releaseId === to)
        const found = past === undefined ? undefined : await findCandidate(tx, past.candidateId)
        if (found === undefined)
          return err(fault('http.not-found', to === null ? 'no earlier release' : `release ${to}`))
        return ok({ candidate: found.candidate, reason: 'rollback', note, ...(who === undefined ? {} : { who }) })
      }),
  }

  const withheld = new Counter({
    name: 'murram_model_orders_withheld_total',
    help: 'Times a device said that an order on a model does not reach it, though it hears what is fresh.',
    labelNames: ['model'],
    registers: [metrics],
  })
  /** What a device says of an order that was never given here counts for nothing. */
  const noteWithheld = async (deviceId: DeviceId, report: WithheldReport): Promise<void> => {
    const { modelName, heard } = report
    const inForce = await orderInForce(read, modelName)
    if (inForce === undefined || inForce.orderNumber <= heard) return
    withheld.inc({ model: modelName })
    const { orderNumber, state } = inForce
    log.error(
      { deviceId, modelName, orderNumber, state, heard },
      'an order does not reach a device: who stands between?',
    )
  }

  return {
    name: 'rollout',
    routes: apiRouter().route('/', releaseRoutes(door)).route('/', rolloutRoutes(steering)),
    ...door,
    releaseIn: (tx, order) => releaseCandidate(house, tx, order),
    announce: row => announce(house, row),
    // Devices may have said something while nobody was here.
    start: async () => watch.soon(),
    close: watch.close,
    onArrivals: () => watch.soon(),
    onReports: async (deviceId, reports) => {
      const installs = reports.flatMap(report =>
        report.kind === 'release' ? [{ ...report, fault: report.fault ?? null }] : [],
      )
      await putReports(
        write,
        deviceId,
        installs.map(({ releaseId, counter, state, fault, atMs }) => ({ releaseId, counter, state, fault, atMs })),
        now(),
      )
      for (const { releaseId, counter, state, fault } of installs) {
        live.publish({ kind: 'install', releaseId, deviceId, state })
        if (state === 'refused') log.warn({ deviceId, releaseId, counter, fault }, 'a device refused a release')
        if (state === 'rolled-back') log.warn({ deviceId, releaseId, counter, fault }, 'a device left a release again')
      }
      for (const report of reports) if (report.kind === 'withheld') await noteWithheld(deviceId, report)
      if (installs.length > 0) watch.soon()
    },
  }
}
