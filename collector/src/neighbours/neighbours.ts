/**
 * The other collectors on the same database, as one of them knows them: what they say, which
 * devices they have, and whether the database is still the one that this collector opened.
 *
 *     this one ──tell──► NOTIFY ──► every other one ──hear──►
 *     each one ──every 2 s──► its row, the others' rows, the project's row
 *
 * Laws, in `neighbours.test.ts`:
 *   C1 what is told is a hint: one that is lost costs the time until the next look, and nothing else
 *   C2 a collector alone on its database tells nobody
 *   C3 a collector whose database has another epoch, or has gone back, ends: its checkpoints and
 *      its marks are of another life
 *
 * Not here: what anybody does with what they hear.
 */
import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { fault, type DeviceId, type Fault } from '@murram/ground'
import type { Logger } from 'pino'
import { reasonOf, type WriteDb } from '../db/handles.ts'
import type { Feed } from '../feed/feed.ts'
import type { LiveEvent } from '../http/api-types.ts'
import type { Live } from '../live/live.ts'
import type { Reach } from '../db/epoch.ts'
import { beat, leave, say, type Life } from './collector-repo.ts'
import { listenTo } from './listener.ts'

/** What collectors tell one another. */
export interface Told {
  /** The feed has grown. */
  readonly ring: null
  readonly live: LiveEvent
  /** The sessions of a device end. */
  readonly drop: { readonly deviceId: DeviceId; readonly reason: Fault }
  /** Something stands in the database that is worth a look now. */
  readonly look: null
}
export type Topic = keyof Told

export interface Neighbours {
  readonly processId: string
  readonly tell: <T extends Topic>(topic: T, what: Told[T]) => void
  /** @returns How to stop listening. */
  readonly hear: <T extends Topic>(topic: T, listener: (what: Told[T]) => void) => () => void
  /** Whenever the database is looked at: every 2 s, after a line that broke, and when told to. */
  readonly onLook: (look: () => Promise<void>) => void
  readonly arrived: (deviceId: string, connected: boolean) => void
  /** Devices with a session at this collector. */
  readonly here: () => readonly DeviceId[]
  /** Here or at another one. */
  readonly isConnected: (deviceId: string) => boolean
  readonly connected: () => number
  readonly collectors: () => number
  /** C3. Resolves when this collector may not go on. */
  readonly ended: Promise<Fault>
  readonly close: () => Promise<void>
}

export interface NeighboursDeps {
  readonly write: WriteDb
  readonly databaseUrl: string
  readonly projectId: string
  readonly life: { readonly epoch: number; readonly lineage: string }
  readonly log: Logger
  readonly feed: Feed
  readonly live: Live
  /** How often the database is looked at. */
  readonly everyMs?: number
}

const EVERY_MS = 2_000
/** Batches arrive faster than anyone listens: one word for all of them. */
const GATHER_MS = 25
const ARRIVALS_MS = 200
/** PostgreSQL takes 8,000 bytes. */
const MAX_PAYLOAD_BYTES = 7_500

/** As far as each look asks. */
type Seen = Omit<Reach, 'outcomeSeq'>

type Message = readonly [Topic, Told[Topic]]

export async function joinNeighbours(deps: NeighboursDeps): Promise<Neighbours> {
  const { write, projectId, life, log, feed, live } = deps
  const processId = randomBytes(8).toString('hex')
  const channel = `murram_${projectId}`
  const listeners = new Map<Topic, Set<(what: never) => void>>()
  const looks: (() => Promise<void>)[] = []
  const here = new Set<DeviceId>()
  let elsewhere = new Map<string, Set<string>>()
  let outgoing: Message[] = []
  let gatherTimer: NodeJS.Timeout | undefined
  let lookTimer: NodeJS.Timeout | undefined
  let arrivalTimer: NodeJS.Timeout | undefined
  let looking: Promise<void> | undefined
  let highest: Seen = { feedNumber: 0, inboxSeq: 0 }
  let isHearing = false
  let isOpen = true
  const { promise: ended, resolve: end } = Promise.withResolvers<Fault>()

  const send = (messages: readonly Message[]) =>
    say(write, channel, JSON.stringify({ from: processId, messages })).catch((cause: unknown) =>
      log.info({ reason: reasonOf(cause) }, 'other collectors were not told'),
    )
  const flush = async () => {
    gatherTimer = undefined
    const told = outgoing
    outgoing = []
    for (const messages of inPayloads(told)) await send(messages)
  }
  const tell: Neighbours['tell'] = (topic, what) => {
    if (elsewhere.size === 0 || isHearing || !isOpen) return // C2; and nothing is told back
    if (topic === 'ring' && outgoing.some(([other]) => other === 'ring')) return
    outgoing.push([topic, what])
    gatherTimer ??= setTimeout(() => void flush(), GATHER_MS)
  }

  const heard = (payload: string) => {
    const said = readPayload(payload)
    if (said === undefined || said.from === processId || !isOpen) return
    // Whoever speaks for the first time has no row that we have seen: look, so that it is answered.
    if (!elsewhere.has(said.from)) void lookSoon()
    isHearing = true
    try {
      for (const [topic, what] of said.messages) {
        if (topic === 'look') void lookSoon()
        for (const listener of listeners.get(topic) ?? []) listener(what as never)
      }
    } finally {
      isHearing = false
    }
  }
  const hear: Neighbours['hear'] = (topic, listener) => {
    const set = listeners.get(topic) ?? new Set()
    listeners.set(topic, set.add(listener))
    return () => set.delete(listener)
  }

  const look = async () => {
    const me = { processId, host: hostname(), projectId, connected: [...here] }
    const { neighbours, life: stored } = await beat(write, me)
    elsewhere = new Map(neighbours.map(({ processId: id, connected }) => [id, new Set(connected)]))
    const why = whyEnded(life, stored, highest)
    if (why !== undefined) return end(fault('house.epoch-ended', why))
    const { feedNumber, inboxSeq } = stored ?? highest
    if (feedNumber > highest.feedNumber && neighbours.length > 0) {
      isHearing = true // another one may have rung while the line was down
      feed.ring()
      isHearing = false
    }
    highest = { feedNumber, inboxSeq }
    for (const also of looks) await also()
  }
  const lookSoon = () => {
    looking ??= look()
      .catch((cause: unknown) => log.warn({ reason: reasonOf(cause) }, 'the database was not looked at'))
      .finally(() => (looking = undefined))
    return looking
  }

  /** Many devices come at once after a cut: one beat for all of them, and one word to the others. */
  const showArrivals = async () => {
    arrivalTimer = undefined
    await looking
    await lookSoon()
    tell('look', null)
  }

  await look()
  const timerOf = () =>
    setTimeout(() => void lookSoon().finally(() => isOpen && (lookTimer = timerOf())), deps.everyMs ?? EVERY_MS)
  lookTimer = timerOf()
  const stopListening = listenTo({
    databaseUrl: deps.databaseUrl,
    channel,
    log,
    onPayload: heard,
    onUp: () => {
      void send([['look', null]]) // C2 holds for what happens; that one has come is said to whoever there is
      void lookSoon()
    },
  })
  feed.onRing(() => tell('ring', null))
  hear('ring', feed.ring)
  live.subscribe(event => tell('live', event))
  hear('live', live.publish)
  const isConnected = (deviceId: string) =>
    here.has(deviceId as DeviceId) || [...elsewhere.values()].some(devices => devices.has(deviceId))

  return {
    processId,
    tell,
    hear,
    ended,
    isConnected,
    onLook: also => void looks.push(also),
    arrived: (deviceId, connected) => {
      if (connected) here.add(deviceId as DeviceId)
      else here.delete(deviceId as DeviceId)
      if (elsewhere.size > 0) arrivalTimer ??= setTimeout(() => void showArrivals(), ARRIVALS_MS)
      live.publish({ kind: 'device', deviceId, connected: isConnected(deviceId) })
    },
    here: () => [...here],
    connected: () => new Set([...here, ...[...elsewhere.values()].flatMap(devices => [...devices])]).size,
    collectors: () => elsewhere.size + 1,
    close: async () => {
      isOpen = false
      clearTimeout(lookTimer)
      clearTimeout(gatherTimer)
      clearTimeout(arrivalTimer)
      await looking
      await stopListening()
      const wasAlone = elsewhere.size === 0
      await leave(write, processId).catch(() => {}) // the row grows old by itself
      if (!wasAlone) await send([...outgoing, ['look', null]])
    },
  }
}

/** C3 */
export function whyEnded(
  mine: { readonly epoch: number; readonly lineage: string },
  stored: Life | undefined,
  highest: Seen,
): string | undefined {
  if (stored === undefined) return 'the database does not hold this project any more'
  if (stored.epoch !== mine.epoch) return `the database is at epoch ${stored.epoch}, this collector at ${mine.epoch}`
  if (stored.lineage !== mine.lineage) return `epoch ${mine.epoch} of the database is of another lineage now`
  if (stored.feedNumber < highest.feedNumber)
    return `its feed is at ${stored.feedNumber}, this collector saw ${highest.feedNumber}: an older copy was put back`
  return stored.inboxSeq < highest.inboxSeq
    ? `its inbox ends at ${stored.inboxSeq}, this collector saw ${highest.inboxSeq}: an older copy was put back`
    : undefined
}

function inPayloads(messages: readonly Message[]): readonly (readonly Message[])[] {
  const payloads: Message[][] = []
  let sizeBytes = Number.POSITIVE_INFINITY
  for (const message of messages) {
    const more = Buffer.byteLength(JSON.stringify(message)) + 1
    if (more > MAX_PAYLOAD_BYTES) continue // a hint that fits nowhere: the look finds it
    if (sizeBytes + more > MAX_PAYLOAD_BYTES) {
      payloads.push([])
      sizeBytes = 40
    }
    payloads.at(-1)?.push(message)
    sizeBytes += more
  }
  return payloads
}

function readPayload(payload: string): { readonly from: string; readonly messages: readonly Message[] } | undefined {
  try {
    const said = JSON.parse(payload) as { readonly from?: unknown; readonly messages?: unknown }
    if (typeof said.from !== 'string' || !Array.isArray(said.messages)) return undefined
    return { from: said.from, messages: said.messages as Message[] }
  } catch {
    return undefined
  }
}
