/**
 * The composition root of the collector: everything that is plugged into anything is plugged
 * in here, in the order in which it starts; it closes the other way round.
 *
 *   lock → PostgreSQL → tables → epoch → rooms → port
 *
 * What can be expected to fail answers a fault, and leaves nothing running behind.
 */
import { createServer, type Server } from 'node:http'
import { join } from 'node:path'
import { getRequestListener } from '@hono/node-server'
import { createCrashPoint, err, fault, ok, type DeviceId, type Fault, type Result } from '@murram/ground'
import { keyIdOf } from '@murram/seal'
import { loadProgram } from '@murram/xform'
import type { Logger } from 'pino'
import type { ProjectKeys } from '../config/project-keys.ts'
import { startEmbeddedServer } from '../db/embedded-server.ts'
import { openEpoch, readReach } from '../db/epoch.ts'
import { keepEpoch } from './keep-epoch.ts'
import { openDatabase, reasonOf, type ReadDb, type WriteDb } from '../db/handles.ts'
import { createBackupRoom, type BackupSchedule } from '../backup/backup-room.ts'
import { openKeyring } from '../config/keyring.ts'
import { createFeed, type Feed } from '../feed/feed.ts'
import { createFormShelf, type FormShelf } from '../forms/form-shelf.ts'
import { createHttpApp } from '../http/app.ts'
import { listen } from '../http/listen.ts'
import { createLive } from '../live/live.ts'
import { beginRecovery } from '../recovering/begin-recovery.ts'
import { noteOutcomes } from '../recovering/noted-outcomes.ts'
import { openRecovering } from '../recovering/recovering-room.ts'
import type { MlflowTarget } from '../mlflow/mlflow-target.ts'
import { orderAgain, releaseAgain } from '../rollout/release-again.ts'
import { trustRoutes } from '../trust/routes.ts'
import { openTrustRoom } from '../trust/trust-room.ts'
import { joinNeighbours } from '../neighbours/neighbours.ts'
import { createMetrics } from '../metrics/metrics.ts'
import { openCoreRooms } from './core-rooms.ts'
import { lockDataDir } from './data-dir-lock.ts'
import { keepJournal } from './keep-journal.ts'
import { openModelRooms } from './model-rooms.ts'
import type { HouseDeps, Room } from './room.ts'

const DAY_MS = 86_400_000

export interface CollectorOptions {
  readonly dataDir: string
  /** A PostgreSQL of your own; absent: one is started under `dataDir`. */
  readonly databaseUrl?: string
  /** 0: any free one. */
  readonly port: number
  /** 127.0.0.1 unless told. */
  readonly host?: string
  readonly keys: ProjectKeys
  /** Where they lie: a rotation is written there. Absent: it is forgotten at the end. */
  readonly keyFile?: string
  readonly demo: boolean
  readonly adminToken: string
  readonly now: () => number
  readonly log: Logger
  /** Go on with a database that is older than the epoch kept beside it. */
  readonly acceptRestore?: boolean
  /** The project runs already, on this database: be a further collector of it. */
  readonly join?: boolean
  /** How often the database is looked at for what other collectors did; 2 s unless told. */
  readonly lookEveryMs?: number
  /** Backups of the collector's own server, made and verified while it runs. */
  readonly backup?: BackupSchedule
  /** Where the journal lies; `journal` in the data folder unless told. */
  readonly journalDir?: string
  /** How long a submission waits for what it corrects or updates; 30 days unless told. */
  readonly waitForParentMs?: number
  /** Whoever is told when a model in the field needs somebody. */
  readonly alertWebhook?: string
  /** The heap that the process of a training run may use, in MB; 2,048 unless told. */
  readonly runHeapMb?: number
  /** Where ended runs are logged beside this house. */
  readonly mlflow?: MlflowTarget
  /** The built console. */
  readonly consoleDir?: string
  /** Rooms beyond the core; the rooms of models unless told. */
  readonly rooms?: readonly ((house: HouseDeps) => Room)[]
  /** For crash points; the process's own unless told. */
  readonly env?: Readonly<Record<string, string | undefined>>
}

export interface Collector {
  readonly url: string
  readonly port: number
  readonly epoch: number
  readonly databaseUrl: string
  readonly read: ReadDb
  readonly write: WriteDb
  readonly feed: Feed
  readonly forms: FormShelf
  /** A request to the API without a socket. */
  readonly request: (path: string, init?: RequestInit) => Promise<Response>
  /** Resolves when it may not go on: its database has begun another life. It answers nothing any more, and is to be closed. */
  readonly ended: Promise<Fault>
  readonly close: () => Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

export async function startCollector(options: CollectorOptions): Promise<Result<Collector, Fault>> {
  if (options.keys.demo && !options.demo) return err(fault('key.demo-refused', options.keys.projectId))
  const closers: (() => Promise<void> | void)[] = []
  const close = async () => {
    for (let closer = closers.pop(); closer !== undefined; closer = closers.pop()) await closer()
  }
  const started = await start(options, closers, close).catch(async (cause: unknown) => {
    await close()
    throw cause
  })
  if (!started.ok) await close()
  return started
}

async function start(
  options: CollectorOptions,
  closers: (() => Promise<void> | void)[],
  close: () => Promise<void>,
): Promise<Result<Collector, Fault>> {
  const { dataDir, demo, now, log } = options
  const keys = openKeyring(options.keys, options.keyFile)
  const lock = lockDataDir(dataDir)
  if (!lock.ok) return lock
  closers.push(lock.value.release)

  const databaseUrl = await findDatabase(options, closers)
  if (!databaseUrl.ok) return databaseUrl
  const database = await openDatabase({ url: databaseUrl.value, log })
  if (!database.ok) return database
  closers.push(database.value.close)
  const { read, write } = database.value

  const { projectId } = keys
  const epoch = await openEpoch({
    write,
    dataDir,
    keys,
    now,
    acceptRestore: options.acceptRestore ?? false,
    join: options.join ?? false,
  })
  if (!epoch.ok) return epoch

  const feed = createFeed({ write, projectId })
  const forms = createFormShelf({ read, loadProgram })
  const live = createLive()
  const metrics = createMetrics()
  const neighbours = await joinNeighbours({
    write,
    projectId,
    log,
    feed,
    live,
    databaseUrl: databaseUrl.value,
    life: epoch.value,
    ...(options.lookEveryMs === undefined ? {} : { everyMs: options.lookEveryMs }),
  })
  closers.push(neighbours.close)
  const { epoch: epochNumber, succession } = epoch.value
  if (epoch.value.isNew) await beginRecovery(write, { epoch: epochNumber, backup: null, dataDir, nowMs: now() })
  const ownDeviceId = keyIdOf(keys.collector.publicKey) as DeviceId
  const onChange = () => neighbours.tell('look', null)
  const recovering = await openRecovering({ read, write, epoch: epochNumber, ownDeviceId, now, onChange })
  neighbours.onLook(recovering.look)
  const backups = createBackupRoom({
    read,
    write,
    projectId,
    dataDir,
    now,
    log,
    databaseUrl: databaseUrl.value,
    isOwnServer: options.databaseUrl === undefined,
    since: succession.body.issuedAtMs,
    ...(options.backup === undefined ? {} : { schedule: options.backup }),
  })
  closers.push(backups.close)
  const trust = await openTrustRoom({ read, write, keys, feed, now, log })
  trust.onChange(() => neighbours.tell('look', null))
  neighbours.onLook(trust.look)
  const trustTimer = setInterval(
    () =>
      void trust
        .keepFresh()
        .catch((cause: unknown) => log.error({ reason: reasonOf(cause) }, 'what is fresh was not told')),
    DAY_MS,
  ).unref()
  closers.push(() => clearInterval(trustTimer))
  const house: HouseDeps = {
    read,
    write,
    dataDir,
    keys,
    trust,
    demo,
    now,
    log,
    feed,
    forms,
    live,
    recovering,
    databaseUrl: databaseUrl.value,
    metrics: metrics.registry,
    crashPoint: createCrashPoint(options.env ?? process.env),
    ...(options.alertWebhook === undefined ? {} : { alertWebhook: options.alertWebhook }),
    ...(options.waitForParentMs === undefined ? {} : { waitForParentMs: options.waitForParentMs }),
    ...(options.mlflow === undefined ? {} : { mlflow: options.mlflow }),
    ...(options.runHeapMb === undefined ? {} : { runHeapMb: options.runHeapMb }),
  }
  const rooms = (options.rooms ?? [openModelRooms()]).map(open => open(house))
  for (const room of rooms) {
    closers.push(() => room.close?.())
    await room.start?.()
  }

  const core = openCoreRooms({ house, epoch: epoch.value, metrics, neighbours, recovering, rooms })
  closers.push(core.close)
  const journal = await keepJournal({
    read,
    write,
    dataDir,
    now,
    log,
    epoch: epochNumber,
    collectorId: ownDeviceId,
    publish: core.publish,
    restoreList: core.restoreList,
    ingest: core.ingest,
    releaseAgain: row => releaseAgain(house, row),
    orderAgain: row => orderAgain(house, row),
    rootAgain: trust.publishAgain,
    noteOutside: async () => {
      await noteOutcomes(read, dataDir)
      await epoch.value.note(await readReach(read, projectId))
    },
    ...(options.journalDir === undefined ? {} : { folder: options.journalDir }),
  })
  if (!journal.ok) return journal
  closers.push(journal.value.close)
  neighbours.onLook(journal.value.look)
  const scheduled = backups.start()
  if (!scheduled.ok) return scheduled
  closers.push(keepEpoch({ read, feed, projectId, dataDir, epoch: epoch.value, log }))

  const app = createHttpApp({
    adminToken: options.adminToken,
    log,
    open: [...core.open, ...rooms.flatMap(({ open }) => (open === undefined ? [] : [open]))],
    afterChange: journal.value.remember,
    guarded: [
      ...core.guarded,
      recovering.routes,
      trustRoutes(trust),
      backups.routes,
      ...rooms.flatMap(({ routes }) => (routes === undefined ? [] : [routes])),
    ],
    ...(options.consoleDir === undefined ? {} : { consoleDir: options.consoleDir }),
  })
  const answer = getRequestListener(app.fetch)
  let why: Fault | undefined
  const server = createServer((request, response) => {
    if (why === undefined) return void answer(request, response)
    response.writeHead(503, { 'Content-Type': 'application/json' }).end(JSON.stringify(why))
  })
  core.gate.attach(server)
  closers.push(() => closeServer(server), core.gate.close) // sockets first: the server waits for them
  const ended = neighbours.ended.then(reason => {
    why = reason
    core.gate.close()
    log.error(reason, 'this collector has ended: it takes nothing any more')
    return reason
  })
  const host = options.host ?? '127.0.0.1'
  const port = await listen(server, { port: options.port, host })
  if (!port.ok) return port

  return ok({
    url: `http://${host}:${port.value}`,
    port: port.value,
    epoch: epoch.value.epoch,
    databaseUrl: databaseUrl.value,
    read,
    write,
    feed,
    forms,
    request: async (path: string, init?: RequestInit) => app.request(path, init),
    ended,
    close,
    [Symbol.asyncDispose]: close,
  })
}

async function findDatabase(
  { databaseUrl, dataDir }: CollectorOptions,
  closers: (() => Promise<void> | void)[],
): Promise<Result<string, Fault>> {
  if (databaseUrl !== undefined) return ok(databaseUrl)
  const server = await startEmbeddedServer({ directory: join(dataDir, 'pg') })
  if (!server.ok) return server
  closers.push(server.value.stop)
  await server.value.createDatabase('murram')
  return ok(server.value.databaseUrl('murram'))
}

const closeServer = (server: Server): Promise<void> =>
  new Promise(settle => {
    server.close(() => settle())
    server.closeAllConnections()
  })
