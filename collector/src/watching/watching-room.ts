/**
 * The room that watches models in the field: each hour, and when somebody asks.
 *
 *   sketches of devices ─┐
 *   scores and outcomes ─┼─► figures ─► findings, in words ─► page · event · log · webhook
 *   runs and releases  ──┘
 *
 * Laws, in `watching.test.ts`:
 *   WA1 what a device repeats is counted once, whatever the order
 *   WA2 a finding is told when it is new or graver, and not again each hour
 *   WA3 nothing is concluded while the project recovers
 *   WA4 an alert that nobody takes is tried again, and holds up nothing
 */
import { err, fault, ok, type Fault, type Result } from '@murram/ground'
import { isoWeek } from '@murram/score'
import { inTransaction } from '../db/handles.ts'
import type { ModelWatch, WatchFinding } from '../http/watch-api-types.ts'
import type { HouseDeps, Room } from '../main/room.ts'
import { findModel, listModels, lockModel, type ModelRow } from '../registry/registry-repo.ts'
import { gatherFigures } from './gather-figures.ts'
import { limitsOf } from './measure-outcomes.ts'
import { watchRoutes, type WatchDoor } from './routes.ts'
import { forgetSketchesBefore, putSketches } from './sketch-repo.ts'
import { createWatchGauges } from './watch-gauges.ts'
import { startWatchQueue, type WatchQueue } from './watch-queue.ts'
import { keepWatch, keptWatch, openFindings } from './watch-repo.ts'
import { byGravity, summarise, weighFigures } from './weigh-figures.ts'

export interface WatchAlert {
  readonly projectId: string
  readonly modelName: string
  readonly finding: WatchFinding
}

export interface WatchingNeeds {
  /** Seconds until an alert is tried again; shorter for a test. */
  readonly alertRetrySeconds?: number
}

const KEPT_MS = 2 * 365 * 86_400_000
const ALERT_MS = 10_000

export function createWatchingRoom(house: HouseDeps, needs: WatchingNeeds = {}): Room & WatchDoor {
  const { read, write, now, log, keys, live, metrics, databaseUrl, recovering, alertWebhook } = house
  let queue: WatchQueue<WatchAlert> | undefined
  createWatchGauges(read, metrics)

  const look = async (model: ModelRow): Promise<void> => {
    const { modelName, recipe } = model
    const figures = await gatherFigures(house, model)
    const findings = weighFigures({ figures, positive: recipe.outcome.positive, limits: limitsOf(recipe.triggers) })
    const news = await inTransaction(write, async tx => {
      await lockModel(tx, modelName)
      const told = await keepWatch(tx, modelName, { figures, findings }, now())
      if (alertWebhook !== undefined && queue !== undefined)
        for (const finding of told) await queue.alert(tx, { projectId: keys.projectId, modelName, finding })
      return told
    })
    for (const { kind, severity, what, todo, evidence } of news)
      log[severity === 'alarm' ? 'error' : 'warn']({ modelName, kind, evidence, todo }, what)
    live.publish({ kind: 'watch', modelName, news: news.length })
  }

  const lookAtAll = async (): Promise<void> => {
    if (recovering.isOpen()) return // WA3
    for (const model of await listModels(read)) await look(model)
    await forgetSketchesBefore(write, isoWeek(now() - KEPT_MS))
  }

  /** WA4 */
  const deliver = async (alert: WatchAlert): Promise<void> => {
    if (alertWebhook === undefined) return
    const answer = await fetch(alertWebhook, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(alert),
      signal: AbortSignal.timeout(ALERT_MS),
    })
    if (!answer.ok) throw new Error(`the webhook of alerts answered ${answer.status}`)
  }

  const replyOf = async (modelName: string): Promise<Result<ModelWatch, Fault>> => {
    const kept = await keptWatch(read, modelName)
    if (kept === undefined) return err(fault('http.not-found', `nothing was looked at of model ${modelName} yet`))
    const findings = (await openFindings(read, modelName)).toSorted(byGravity)
    return ok({ ...kept, summary: summarise(findings), paused: recovering.isOpen(), findings })
  }
  const lookNow = async (modelName: string): Promise<Result<ModelWatch, Fault>> => {
    const model = await findModel(read, modelName)
    if (model === undefined) return err(fault('http.not-found', `model ${modelName}`))
    if (!recovering.isOpen()) await look(model)
    return replyOf(modelName)
  }

  const door: WatchDoor = {
    find: async modelName =>
      (await keptWatch(read, modelName)) === undefined ? lookNow(modelName) : replyOf(modelName),
    lookNow,
  }
  const { alertRetrySeconds: retrySeconds } = needs
  return {
    name: 'watching',
    routes: watchRoutes(door),
    ...door,
    start: async () => {
      queue = await startWatchQueue<WatchAlert>({
        databaseUrl,
        log,
        look: lookAtAll,
        deliver,
        ...(retrySeconds === undefined ? {} : { retrySeconds }),
      })
    },
    close: async () => {
      await queue?.close()
    },
    onReports: (deviceId, reports) =>
      putSketches(
        write,
        deviceId,
        reports.filter(report => report.kind === 'sketch'),
        now(),
      ),
  }
}
