/**
 * A house for tests of models: real PostgreSQL, queue and processes, and a synthetic survey of
 * households as ingest and fold would have stored it. For tests only.
 *
 * The truth: a household is vulnerable by a logit of food, roof, size and region; the prior
 * knows a part of it. So there is something to learn, and an end to what can be learnt.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { noCrashPoint, unwrap, type EntityId, type FormId, type InstanceId, type ProjectId } from '@murram/ground'
import type { Form, QuestionInfo } from '@murram/xform'
import { sql } from 'drizzle-orm'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import { openKeyring } from '../config/keyring.ts'
import { openTrustRoom } from '../trust/trust-room.ts'
import { createProjectKeys } from '../config/project-keys.ts'
import { openEpoch } from '../db/epoch.ts'
import { openDatabase } from '../db/handles.ts'
import { createFeed } from '../feed/feed.ts'
import type { LiveEvent } from '../http/api-types.ts'
import { createLive } from '../live/live.ts'
import { openModelRooms } from '../main/model-rooms.ts'
import type { HouseDeps, Room } from '../main/room.ts'
import type { MlflowTarget } from '../mlflow/mlflow-target.ts'
import type { TestCluster } from '../test-cluster.ts'
import type { StartProcess } from './run-process.ts'
import { seededRandom } from './seeded-random.ts'

export const NOW = Date.parse('2026-11-21T09:00:00Z')

export const recipe = `name: vulnerability
form: household
outcome: { classes: [coping, vulnerable], positive: vulnerable }
features: all
prior:
  baseRate: 0.4
  points:
    roof: { thatch: 0.3 }
    food: { perUnit: 0.1, centre: 3 }
`

const question = (name: string, kind: QuestionInfo['kind'], feature: boolean, answers: readonly string[] = []) =>
  ({
    path: `home/${name}`,
    name,
    kind,
    feature,
    outcome: false,
    sensitive: 'plain',
    repeat: null,
    saveTo: null,
    readOnly: false,
    required: true,
    label: () => name,
    choices: () => answers.map(value => ({ value, label: value })),
  }) satisfies QuestionInfo

export const household: Form = {
  formId: 'household' as FormId,
  version: '1',
  title: 'Household',
  languages: ['default'],
  defaultLanguage: 'default',
  program: {} as Form['program'],
  questions: [
    question('roof', 'select-one', true, ['thatch', 'iron']),
    question('region', 'select-one', true, ['north', 'south', 'east']),
    question('food', 'integer', true),
    question('size', 'integer', true),
    question('head', 'text', false),
  ],
  entity: null,
  entities: [],
  attachments: [],
  missingAttachments: [],
  damagedAttachments: [],
  warnings: [],
}

export interface SyntheticVisit {
  readonly instanceId: InstanceId
  readonly entityId: EntityId
  readonly answers: Readonly<Record<string, string>>
  readonly vulnerable: boolean
}

const uuid = (kind: number, n: number) =>
  `${kind.toString(16).padStart(8, '0')}-0000-4000-8000-${n.toString(16).padStart(12, '0')}`
export const entityIdOf = (n: number) => uuid(2, n) as EntityId
export const instanceIdOf = (n: number) => `uuid:${uuid(1, n)}` as InstanceId

export function drawVisits(count: number, { seed = 1, from = 0 } = {}): readonly SyntheticVisit[] {
  const random = seededRandom(seed)
  return Array.from({ length: count }, (_, i) => {
    const roof = random() < 0.4 ? 'thatch' : 'iron'
    const region = ['north', 'south', 'east'][Math.floor(random() * 3)]!
    const food = Math.floor(random() * 9)
    const size = 1 + Math.floor(random() * 9)
    const logit =
      -1 + (roof === 'thatch' ? 1.1 : -0.4) + 0.55 * (food - 4) + 0.15 * (size - 5) + (region === 'north' ? 0.9 : 0)
    return {
      instanceId: instanceIdOf(from + i),
      entityId: entityIdOf(from + i),
      answers: {
        'home/roof': roof,
        'home/region': region,
        'home/food': food === 8 ? '' : String(food),
        'home/size': String(size),
        'home/head': `head ${i}`,
        'roster[1]/food': '1',
      },
      vulnerable: random() < 1 / (1 + Math.exp(-logit)),
    }
  })
}

export const outcomeRows = (visits: readonly SyntheticVisit[], verifier = 'Akello') =>
  visits.map(({ entityId, vulnerable }) => ({
    entityId,
    value: vulnerable ? 'vulnerable' : 'coping',
    method: 'follow-up visit',
    verifier,
    observedAt: '2026-11-20',
  }))

const stampAt = (ms: number, n: number) =>
  `${ms.toString(16).padStart(12, '0')}-${(n % 65_536).toString(16).padStart(4, '0')}-0badcafe`
export const CAPTURED = Date.parse('2026-11-10T09:00:00Z')

/** Of a row of a snapshot: looked at ten days after its interview, as nobody had planned. */
export const UNPLANNED = {
  surveyedAtMs: CAPTURED,
  observedAtMs: CAPTURED + 10 * 86_400_000,
  selection: 'unplanned',
  probability: null,
} as const

export interface StoredVisit {
  readonly instanceId: InstanceId
  readonly entityId?: EntityId
  readonly answers: Readonly<Record<string, string>>
  readonly capturedAtMs?: number
  readonly deprecatedId?: InstanceId
  readonly scored?: boolean
  /** What the device recorded; a counter alone unless told. */
  readonly assessment?: object
  readonly formId?: string
}

/** What ingest and fold leave behind of these interviews. */
export async function storeVisits({ write }: Pick<HouseDeps, 'write'>, visits: readonly StoredVisit[]): Promise<void> {
  const rows = visits.map((visit, i) => ({
    n: Number.parseInt(visit.instanceId.slice(-12), 16) + 1,
    at: stampAt(visit.capturedAtMs ?? CAPTURED, i),
    ...visit,
  }))
  const column = <T>(pick: (row: (typeof rows)[number]) => T) => sql.param(rows.map(pick))
  await write.execute(sql`
    insert into submissions (store_id, n, instance_id, device_id, form_id, version, digest, stamp, deprecated_id, body, state, received_at_ms)
    select 'store', n, instance_id, 'device', form_id, '1', 'digest', at, deprecated_id, body::json, 'applied', ${NOW}
    from unnest(
      ${column(row => row.n)}::bigint[], ${column(row => row.instanceId)}::text[], ${column(row => row.formId ?? 'household')}::text[],
      ${column(row => row.at)}::text[], ${column(row => row.deprecatedId ?? null)}::text[],
      ${column(row => JSON.stringify({ answers: row.answers, assessment: row.scored === false ? null : (row.assessment ?? { counter: 1 }) }))}::text[]
    ) as row (n, instance_id, form_id, at, deprecated_id, body)`)
  const placed = rows.filter(({ entityId }) => entityId !== undefined)
  const part = <T>(pick: (row: (typeof rows)[number]) => T) => sql.param(placed.map(pick))
  await write.execute(sql`
    insert into entities (entity_id, dataset, label, properties, authors, conflicted, canonical_id, live, superseded, updated_at_ms)
    select id, 'household', id, '{}'::json, '{}'::json, '[]'::json, id, '[]'::json, '[]'::json, ${NOW}
    from unnest(${part(row => row.entityId!)}::text[]) as row (id) on conflict do nothing`)
  await write.execute(sql`
    insert into entity_writes (instance_id, entity_id, dataset, effective, stamp, device_id, set, saw, kind, deprecated_id)
    select instance_id, id, 'household', at, at, 'device', '{}'::json, '{}'::json, 'create', deprecated_id
    from unnest(
      ${part(row => row.instanceId)}::text[], ${part(row => row.entityId!)}::text[], ${part(row => row.at)}::text[],
      ${part(row => row.deprecatedId ?? null)}::text[]
    ) as row (instance_id, id, at, deprecated_id)`)
}

export interface TestHouse extends AsyncDisposable {
  readonly house: HouseDeps
  readonly models: Room
  readonly events: LiveEvent[]
  setNow(ms: number): void
  get<T>(path: string): Promise<T>
  post<T>(path: string, body: unknown): Promise<T>
  /** As JSON, whatever the status. */
  ask<T>(path: string, init?: RequestInit): Promise<{ readonly status: number; readonly body: T }>
  /** The run once it is over. */
  runEnds(runId: string): Promise<RunReply>
}

export interface RunReply {
  readonly runId: string
  readonly state: string
  readonly attempts: number
  readonly verdict: string | null
  readonly candidateId: string | null
  readonly releaseId: string | null
  readonly snapshot: string | null
  readonly handicap: string | null
  readonly step: string
  readonly because: string
  readonly mlflow: { readonly state: string; readonly said: string } | null
  readonly record: { readonly artefacts: readonly { readonly sha256: string }[] } | null
  readonly reason: unknown
  readonly report: {
    readonly summary: string
    readonly lines: readonly { name: string; verdict: string; value: number | null }[]
  } | null
  readonly rows: { readonly used: number; readonly positives: number; readonly leftOut: Record<string, number> } | null
}

export async function openTestHouse(
  cluster: TestCluster,
  options: {
    readonly startProcess?: StartProcess
    readonly form?: Form
    readonly mlflow?: MlflowTarget
    readonly alertWebhook?: string
    readonly alertRetrySeconds?: number
  } = {},
): Promise<TestHouse> {
  const { form = household, alertWebhook, mlflow, ...replaced } = options
  const dataDir = mkdtempSync(join(tmpdir(), 'murram-models-'))
  const databaseUrl = await cluster.migratedDatabase()
  const log = pino({ level: process.env['TEST_LOG'] ?? 'silent' })
  const database = unwrap(await openDatabase({ url: databaseUrl, log }))
  const { read, write } = database
  const keys = openKeyring(createProjectKeys({ projectId: 'test' as ProjectId, demo: true, nowMs: NOW }), undefined)
  unwrap(await openEpoch({ write, dataDir, keys, now: () => NOW, acceptRestore: true }))
  const live = createLive()
  const events: LiveEvent[] = []
  live.subscribe(event => events.push(event))
  let nowMs = NOW
  const feed = createFeed({ write, projectId: keys.projectId })
  const trust = await openTrustRoom({ read, write, keys, feed, now: () => nowMs, log })
  const house: HouseDeps = {
    read,
    write,
    databaseUrl,
    dataDir,
    keys,
    demo: true,
    log,
    live,
    now: () => nowMs,
    feed,
    trust,
    forms: {
      versions: async formId => (formId === form.formId ? [form.version] : []),
      find: async () => ({ ok: true, value: form }),
    },
    metrics: new Registry(),
    crashPoint: noCrashPoint,
    recovering: { isOpen: () => false, onClosed: () => {} },
    ...(mlflow === undefined ? {} : { mlflow }),
    ...(alertWebhook === undefined ? {} : { alertWebhook }),
  }
  const models = openModelRooms({ retrySeconds: 0, ...replaced })(house)
  await models.start?.()
  const ask = async <T>(path: string, init?: RequestInit) => {
    const reply = await models.routes!.request(path, init)
    return { status: reply.status, body: (await reply.json()) as T }
  }
  const get = async <T>(path: string) => (await ask<T>(path)).body
  return {
    house,
    models,
    events,
    ask,
    get,
    setNow: ms => void (nowMs = ms),
    post: async <T>(path: string, body: unknown) =>
      (
        await ask<T>(path, {
          method: 'POST',
          body: JSON.stringify(body),
          headers: { 'Content-Type': 'application/json' },
        })
      ).body,
    runEnds: async runId => {
      for (let waits = 0; waits < 250; waits += 1) {
        const run = await get<RunReply>(`/runs/${runId}`)
        if (['finished', 'failed', 'cancelled'].includes(run.state)) return run
        await new Promise(settle => setTimeout(settle, 100))
      }
      throw new Error(`run ${runId} did not end: ${JSON.stringify(await get(`/runs/${runId}`))}`)
    },
    [Symbol.asyncDispose]: async () => {
      await models.close?.()
      await database.close()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}
