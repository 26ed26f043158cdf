/**
 * A real collector, real agents and a folder that is the stick, in one process. For the proofs
 * of this folder.
 */
import { randomUUID } from 'node:crypto'
import { chmodSync, mkdirSync, mkdtempSync, openAsBlob, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { enrolAgent, openAgent, type Agent, type AgentOptions } from '@murram/agent'
import {
  createProjectKeys,
  startCollector,
  type Collector,
  type CollectorOptions,
  type ProjectKeys,
} from '@murram/collector'
import { unwrap, type ProjectId } from '@murram/ground'
import { pino } from 'pino'

const ADMIN = 'stick-admin-token'
export const FORM_ID = 'household'

export interface Answer<T> {
  readonly status: number
  readonly body: T
}

/** RxDB's free build opens few collections a process: close what is done with. */
export interface Laptop extends AsyncDisposable {
  readonly agent: Agent
  readonly dataDir: string
  readonly keyPath: string
  /** Opened again on the same folder. */
  readonly reopen: () => Promise<Laptop>
}

export interface StickHouse {
  readonly collector: Collector
  readonly keys: ProjectKeys
  readonly folder: string
  readonly stick: string
  readonly get: <T>(path: string) => Promise<Answer<T>>
  readonly post: <T>(path: string, body: Blob | FormData | string | Uint8Array<ArrayBuffer>) => Promise<Answer<T>>
  readonly put: <T>(path: string, body: object) => Promise<Answer<T>>
  /** Enrolled and synced once, so that it has its form, unless told; it never syncs again by itself. */
  readonly laptop: (officer: string, options?: { readonly synced?: boolean }) => Promise<Laptop>
  readonly importFile: <T = Told>(path: string) => Promise<Answer<T>>
  /** Fetches what goes back to a device and puts it on the stick. */
  readonly giveBack: (
    deviceId: string,
    options?: { readonly full?: boolean; readonly name?: string },
  ) => Promise<string>
  /** Names of what the collector holds and counts, sorted. */
  readonly names: () => Promise<readonly string[]>
  /** Bytes of a file of a submission, as the centre holds them. */
  readonly photoOf: (instanceId: string) => Promise<Buffer | null>
  readonly publish: (version: string) => Promise<void>
  readonly close: () => Promise<void>
}

/** What an import answers, as far as it is looked at here. */
export interface Told {
  readonly fault?: string
  readonly before: boolean
  readonly results: Readonly<Record<string, number>>
  readonly missing: readonly (readonly [number, number])[]
  readonly notFolded: readonly { readonly n: number }[]
  readonly faults: readonly { readonly fault: string }[]
}

export async function openStickHouse(
  projectId = 'stick',
  changes: Partial<CollectorOptions> = { rooms: [] },
): Promise<StickHouse> {
  const folder = mkdtempSync(join(tmpdir(), 'murram-stick-'))
  chmodSync(folder, 0o711)
  const dataDir = join(folder, 'centre')
  mkdirSync(dataDir)
  const stick = join(folder, 'stick')
  mkdirSync(stick)
  const keys = createProjectKeys({ projectId: projectId as ProjectId, demo: true, nowMs: Date.now() })
  const collector = unwrap(
    await startCollector({
      dataDir,
      port: 0,
      keys,
      demo: true,
      adminToken: ADMIN,
      now: Date.now,
      log: pino({ level: 'silent' }),
      ...changes,
    }),
  )
  const ask = async <T>(path: string, init: RequestInit): Promise<Answer<T>> => {
    const headers = { ...(init.headers as Record<string, string>), Authorization: `Bearer ${ADMIN}` }
    const reply = await fetch(`${collector.url}/api/v1${path}`, { ...init, headers })
    return { status: reply.status, body: (await reply.json()) as T }
  }
  const laptops: Agent[] = []
  const house: StickHouse = {
    collector,
    keys,
    folder,
    stick,
    get: path => ask(path, {}),
    post: (path, body) =>
      ask(path, {
        method: 'POST',
        body,
        ...(typeof body === 'string' && /^[{[]/.test(body) ? { headers: { 'Content-Type': 'application/json' } } : {}),
      }),
    put: (path, body) =>
      ask(path, { method: 'PUT', body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }),
    publish: async version => {
      const published = await house.post('/forms', householdXml(version))
      if (published.status > 201) throw new Error(JSON.stringify(published.body))
    },
    laptop: async (officer, { synced = true } = {}) => {
      const made = await house.post<{ token: string }>('/enrolment-tokens', JSON.stringify({ officer }))
      const where = join(folder, `laptop-${randomUUID().slice(0, 8)}`)
      const keyPath = join(folder, `${randomUUID()}.key`)
      unwrap(
        await enrolAgent({
          dataDir: where,
          collectorUrl: collector.url,
          token: made.body.token,
          officer,
          key: { kind: 'key-file', path: keyPath },
          allowDemo: true,
          now: Date.now,
        }),
      )
      const laptop = await openLaptop(where, keyPath, agent => void laptops.push(agent))
      if (synced) unwrap(await laptop.agent.sync.syncOnce())
      return laptop
    },
    photoOf: async instanceId => {
      const { body } = await house.get<{
        submissions: readonly { readonly instanceId: string; readonly answers: Record<string, string> }[]
      }>('/submissions?limit=1000')
      const name = body.submissions.find(one => one.instanceId === instanceId)?.answers['photo'] ?? ''
      const address = `submissions/${encodeURIComponent(instanceId)}/attachments/${encodeURIComponent(name)}`
      const reply = await fetch(`${collector.url}/api/v1/${address}`, { headers: { Authorization: `Bearer ${ADMIN}` } })
      return reply.ok ? Buffer.from(await reply.arrayBuffer()) : null
    },
    importFile: async path => house.post('/bundles', await openAsBlob(path)),
    giveBack: async (deviceId, { full = false, name = `for-${deviceId}.murram` } = {}) => {
      const reply = await fetch(`${collector.url}/api/v1/devices/${deviceId}/bundle?full=${full}`, {
        headers: { Authorization: `Bearer ${ADMIN}` },
      })
      if (!reply.ok) throw new Error(await reply.text())
      const path = join(stick, name)
      writeFileSync(path, new Uint8Array(await reply.arrayBuffer()))
      return path
    },
    names: async () => {
      const { body } = await house.get<{
        submissions: readonly { readonly answers: Record<string, string>; readonly state: string }[]
      }>('/submissions?limit=1000')
      return body.submissions
        .filter(({ state }) => state !== 'again')
        .map(({ answers }) => answers['name'] ?? '')
        .toSorted()
    },
    close: async () => {
      for (const agent of laptops) await agent.close().catch(() => {})
      await collector.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
  await house.publish('1')
  return house
}

export async function openLaptop(
  dataDir: string,
  keyPath: string,
  onOpen: (agent: Agent) => void = () => {},
  changes: Partial<AgentOptions> = {},
): Promise<Laptop> {
  const agent = unwrap(
    await openAgent({
      dataDir,
      key: { kind: 'key-file', path: keyPath },
      now: Date.now,
      random: Math.random,
      uuid: randomUUID,
      allowDemo: true,
      ...changes,
    }),
  )
  onOpen(agent)
  return {
    agent,
    dataDir,
    keyPath,
    reopen: () => openLaptop(dataDir, keyPath, onOpen, changes),
    [Symbol.asyncDispose]: () => agent.close(),
  }
}

export async function save(agent: Agent, name: string, photo?: Uint8Array): Promise<string> {
  const capture = unwrap(await agent.capture.open(FORM_ID))
  if (photo !== undefined) {
    const file = { mediaType: 'image/jpeg', fileName: 'house.jpg', bytes: once(photo) }
    unwrap(await agent.attachments.put(capture, 'photo', file))
  }
  for (const [ref, value] of Object.entries({ name, roof: 'iron', people: '4' })) {
    const answered = unwrap(capture.answer(ref, value))
    if (!answered.accepted) throw new Error(`${ref} was refused`)
  }
  return unwrap(await capture.finalise()).instanceId
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

const householdXml = (version: string) => `<?xml version="1.0"?>
<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml" xmlns:jr="http://openrosa.org/javarosa"
        xmlns:entities="http://www.opendatakit.org/xforms/entities">
  <h:head>
    <h:title>Household ${version}</h:title>
    <model entities:entities-version="2024.1.0">
      <instance>
        <data id="${FORM_ID}" version="${version}">
          <name/><roof/><people/><photo/>
          <meta><instanceID/><entity dataset="households" id="" create="1"><label/></entity></meta>
        </data>
      </instance>
      <bind nodeset="/data/name" type="string" required="true()" entities:saveto="name"/>
      <bind nodeset="/data/roof" type="string" entities:saveto="roof"/>
      <bind nodeset="/data/people" type="int"/>
      <bind nodeset="/data/photo" type="binary"/>
      <bind nodeset="/data/meta/instanceID" type="string" readonly="true()" jr:preload="uid"/>
      <bind nodeset="/data/meta/entity/@id" type="string"/>
      <setvalue event="odk-instance-first-load" type="string" ref="/data/meta/entity/@id" value="uuid()"/>
      <bind nodeset="/data/meta/entity/label" type="string" calculate="/data/name"/>
    </model>
  </h:head>
  <h:body>
    <input ref="/data/name"><label>Name of the head</label></input>
    <input ref="/data/roof"><label>Roof</label></input>
    <input ref="/data/people"><label>People</label></input>
    <upload ref="/data/photo" mediatype="image/*"><label>The house</label></upload>
  </h:body>
</h:html>`
