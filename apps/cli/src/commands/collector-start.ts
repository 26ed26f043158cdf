/**
 * murram collector start: the server of the central team, on a PostgreSQL of its own unless
 * another one is named.
 *
 *   murram collector start --data ./centre --project lira-2026
 *   DATABASE_URL=postgres://… murram collector start --data ./centre --port 8443
 *
 * The first start makes the project's keys (`keys.json`, readable by this user alone) and an
 * admin token (`admin-token`). Keep a copy of both apart from this machine.
 *
 * A further collector of the same project, on the same database and with a copy of its keys:
 *
 *   murram collector start --database-url postgres://… --data ./second --join --port 8081
 *
 * With MLFLOW_TRACKING_URI (and MLFLOW_TRACKING_USERNAME and _PASSWORD, or _TOKEN) each ended
 * training run is logged there too.
 *
 * Runs until SIGINT or SIGTERM. Exit: 0 ended in order · 2 it could not start, or may not go on.
 */
import {
  createProjectKeys,
  loadProjectKeys,
  readMlflowTarget,
  saveProjectKeys,
  startCollector,
  type ProjectKeys,
} from '@murram/collector'
import { err, fault, ok, ProjectIdSchema, type Fault, type Result } from '@murram/ground'
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pino } from 'pino'
import { makeFolder } from '../make-folder.ts'
import { pathOf, print, sayFault, type ExitCode } from '../print.ts'
import { untilAsked } from '../until-asked.ts'

export interface CollectorStartOptions {
  readonly data: string
  readonly port: number
  readonly host: string
  readonly project: string
  readonly databaseUrl?: string
  readonly acceptRestore?: boolean
  readonly join?: boolean
  readonly journal?: string
  readonly backupTo?: string
  readonly backupEvery: number
  readonly backupKeep: number
  readonly waitForParent: number
  readonly runHeap: number
  readonly demo?: boolean
  readonly json?: boolean
}

const isWebAddress = (text: string): boolean => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)

export async function collectorStart(options: CollectorStartOptions): Promise<ExitCode> {
  const dataDir = pathOf(options.data)
  const kept = await openFolder(dataDir, options)
  if (!kept.ok) return sayFault(kept.error, options)
  const mlflow = readMlflowTarget(process.env)
  if (!mlflow.ok) return sayFault(mlflow.error, options)
  const alertWebhook = process.env.MURRAM_ALERT_WEBHOOK
  if (alertWebhook !== undefined && !isWebAddress(alertWebhook))
    return sayFault(fault('cli.usage', 'MURRAM_ALERT_WEBHOOK is not a web address (https://…)'), options)
  const databaseUrl = options.databaseUrl ?? process.env.DATABASE_URL
  if (databaseUrl === undefined) print.note('starting PostgreSQL …')
  const consoleDir = resolve(import.meta.dirname, '..', '..', '..', 'console', 'dist')
  const started = await startCollector({
    dataDir,
    port: options.port,
    host: options.host,
    waitForParentMs: options.waitForParent,
    runHeapMb: options.runHeap,
    ...(mlflow.value === null ? {} : { mlflow: mlflow.value }),
    ...kept.value,
    keyFile: join(dataDir, 'keys.json'),
    demo: options.demo ?? false,
    now: Date.now,
    log: pino({ level: 'info' }, pino.destination({ dest: join(dataDir, 'collector.log'), sync: false })),
    ...(databaseUrl === undefined ? {} : { databaseUrl }),
    ...(alertWebhook === undefined ? {} : { alertWebhook }),
    ...(options.acceptRestore === undefined ? {} : { acceptRestore: options.acceptRestore }),
    ...(options.join === undefined ? {} : { join: options.join }),
    ...(options.journal === undefined ? {} : { journalDir: pathOf(options.journal) }),
    ...(options.backupTo === undefined
      ? {}
      : { backup: { to: pathOf(options.backupTo), everyMs: options.backupEvery, keep: options.backupKeep } }),
    ...(existsSync(consoleDir) ? { consoleDir } : {}),
  })
  if (!started.ok) return sayFault(started.error, options)
  await using collector = started.value
  const { url, epoch } = collector
  const token = kept.value.adminToken
  if (options.json === true)
    print.json({ ok: true, url, epoch, projectId: kept.value.keys.projectId, console: `${url}/?token=${token}` })
  else {
    print.line(`collector of ${kept.value.keys.projectId} at ${url} (epoch ${epoch}); Ctrl-C ends it`)
    print.line(
      existsSync(consoleDir) ? `console: ${url}/?token=${token}` : 'the console is not built: npm start builds it',
    )
    print.line(`one token a laptop: murram collector token --data ${options.data} --collector ${url} --officer NAME`)
  }
  const ended = await Promise.race([untilAsked(), collector.ended])
  return ended === undefined ? 0 : sayFault(ended, options)
}

/** What a data folder of a collector holds beside the database; made at the first start. */
async function openFolder(
  dataDir: string,
  { project, demo = false, join: isFurther }: CollectorStartOptions,
): Promise<Result<{ readonly keys: ProjectKeys; readonly adminToken: string }, Fault>> {
  try {
    makeFolder(dataDir)
  } catch (cause) {
    return err(
      fault('store.directory-unreachable', `${dataDir}: ${cause instanceof Error ? cause.message : String(cause)}`),
    )
  }
  const keyFile = join(dataDir, 'keys.json')
  if (!existsSync(keyFile) && isFurther === true)
    return err(fault('house.other-keys', `${keyFile} is not there: copy it from the collector that runs already`))
  if (!existsSync(keyFile)) {
    const projectId = ProjectIdSchema.safeParse(project)
    if (!projectId.success) return err(fault('cli.usage', `--project ${project} is not a project id (a-z, 0-9, -)`))
    await saveProjectKeys(keyFile, createProjectKeys({ projectId: projectId.data, demo, nowMs: Date.now() }))
  }
  const keys = loadProjectKeys(keyFile)
  if (!keys.ok) return keys
  return ok({ keys: keys.value, adminToken: adminTokenOf(dataDir) })
}

function adminTokenOf(dataDir: string): string {
  const file = join(dataDir, 'admin-token')
  if (!existsSync(file)) writeFileSync(file, `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600 })
  return readFileSync(file, 'utf8').trim()
}
