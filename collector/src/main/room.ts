/**
 * How a room is plugged into the collector: `start-collector.ts` hands it what the house has
 * and takes its routes, what it does at start and at close, and what it wants to hear of.
 *
 * A room keeps its tables in its own `tables.ts`; `drizzle-kit generate` (see
 * `drizzle.config.ts`) finds it there, and the migration is committed with it.
 */
import type { OpenAPIHono } from '@hono/zod-openapi'
import type { CrashPoint, DeviceId, InstanceId } from '@murram/ground'
import type { DeviceReport } from '@murram/wire'
import type { Logger } from 'pino'
import type { Registry } from 'prom-client'
import type { ProjectKeys } from '../config/project-keys.ts'
import type { ReadDb, WriteDb } from '../db/handles.ts'
import type { Feed } from '../feed/feed.ts'
import type { FormShelf } from '../forms/form-shelf.ts'
import type { Live } from '../live/live.ts'
import type { MlflowTarget } from '../mlflow/mlflow-target.ts'
import type { TrustRoom } from '../trust/trust-room.ts'
import type { Recovering } from '../recovering/recovering-room.ts'

export interface HouseDeps {
  readonly read: ReadDb
  readonly write: WriteDb
  /** For a library that opens its own connections. */
  readonly databaseUrl: string
  readonly dataDir: string
  readonly keys: ProjectKeys
  /** The root documents: whose keys count. */
  readonly trust: Pick<TrustRoom, 'current' | 'newsFor' | 'rootsFrom' | 'onChange'>
  readonly demo: boolean
  readonly now: () => number
  readonly log: Logger
  readonly feed: Feed
  readonly forms: FormShelf
  readonly live: Live
  /** Add your own figures to it; the names begin with `murram_`. */
  readonly metrics: Registry
  readonly crashPoint: CrashPoint
  /** After a restore nothing is concluded from what is here until a person says so. */
  readonly recovering: Recovering
  /** Whoever is told when a model in the field needs somebody: a URL that takes JSON. */
  readonly alertWebhook?: string
  /** The heap that the process of a training run may use, in MB; 2,048 unless told. */
  readonly runHeapMb?: number
  /** Where ended runs are logged beside this house. */
  readonly mlflow?: MlflowTarget
  /** How long a submission waits for what it corrects or updates; 30 days unless told. */
  readonly waitForParentMs?: number
}

/** A submission that has just been folded for the first time; its transaction has committed. */
export interface Arrival {
  readonly instanceId: InstanceId
  readonly formId: string
  readonly version: string
  readonly deviceId: DeviceId
}

export interface Welcomed {
  readonly deviceId: DeviceId
  readonly agentVersion: string
  readonly versionBefore: string | null
}

export interface Room {
  readonly name: string
  /** Routes below `/api/v1`, behind the admin token: paths such as `/outcomes`. */
  readonly routes?: OpenAPIHono
  /** Whole paths, without the admin token: whoever asks there shows something else. */
  readonly open?: OpenAPIHono
  /** After the migrations, before the port is open. */
  start?(): Promise<void>
  close?(): Promise<void>
  /** A device has proved itself; `versionBefore` is what its agent was when it was last here. */
  onWelcome?(device: Welcomed): Promise<void>
  /** What a device says of its releases and its queue. */
  onReports?(deviceId: DeviceId, reports: readonly DeviceReport[]): Promise<void>
  onArrivals?(arrivals: readonly Arrival[]): void
}
