/**
 * One day of weather from one seed: laptops at work, collectors that come and go, and what
 * befalls them (`day.ts`). Then the sky clears, and what must be true is looked at
 * (`final-checks.ts`).
 *
 * The same seed gives the same day, event by event.
 */
import type { EnrolmentFile } from '@murram/agent/weather'
import type { DeviceId } from '@murram/ground'
import type { SigningKey } from '@murram/seal'
import type { FeedRow } from '@murram/wire'
import type { BrokenRule } from './broken-rules.ts'
import type { Asked } from './collector-base.ts'
import { drawDay } from './day.ts'
import type { Extra } from './extras.ts'
import type { FaultKind } from './fault-counts.ts'
import { finalChecks, whatStalls, sorted } from './final-checks.ts'
import { openHouse, type House, type HouseKeys } from './house.ts'
import type { Laptop } from './laptop.ts'
import { enterSeededWorld } from './seeded-world.ts'
import { CLEAR_AIR } from './virtual-network.ts'

export interface ScheduleOptions {
  readonly seed: number
  readonly broken?: BrokenRule
  readonly traces?: boolean
  /** Backups are put back, unless told. */
  readonly restores?: boolean
  /** What there is beside the weather, whatever the seed says. */
  readonly always?: readonly Extra[]
  /** Told what the database was asked to write, in order. */
  readonly record?: (asked: Asked) => void
}

export interface ScheduleOutcome {
  readonly seed: number
  readonly broken: readonly string[]
  readonly faults: Readonly<Partial<Record<FaultKind, number>>>
  readonly trace: readonly string[]
  readonly stats: {
    readonly saved: number
    readonly stored: number
    readonly events: number
    readonly bytesUp: number
    readonly links: number
    readonly restAfterMs: number | null
  }
  /** What the database holds in the end, in a form that two databases can be compared by. */
  readonly ending: {
    /** `instance digest state` of each that counts. */
    readonly inbox: readonly string[]
    /** What each device may see. */
    readonly feeds: ReadonlyMap<DeviceId, readonly string[]>
  }
  readonly keys: HouseKeys
  readonly enrolments: readonly { readonly enrolment: EnrolmentFile; readonly key: SigningKey }[]
}

/** Backoff, a silent link, a poll and what is refused for ten minutes: all of it, and again. */
const REST_WITHIN_MS = 25 * 60_000
/** More than all that idle laptops do in that time. */
const MOST_EVENTS = 20_000

export async function runSchedule(options: ScheduleOptions): Promise<ScheduleOutcome> {
  const world = enterSeededWorld(options.seed)
  try {
    return await run(options)
  } finally {
    world.leave()
  }
}

async function run({
  seed,
  broken,
  traces = false,
  restores = true,
  always = [],
  record = () => {},
}: ScheduleOptions): Promise<ScheduleOutcome> {
  const house = await openHouse({ seed, traces, broken: broken ?? null, restores, record, always })
  const { time, collectors, laptops, watch, network, counts } = house
  const durationMs = drawDay(house)
  for (const process of collectors) process.start()
  for (const laptop of laptops) await laptop.start()
  await time.run(durationMs)
  // A restore that has begun comes to its end.
  await time.run(time.nowMs() + 10_000, () => !house.isRestoring())

  const restAfterMs = await clearUp(house)
  await finalChecks(house)
  const ending = await endingOf(house)
  for (const laptop of laptops) laptop.crash()
  return {
    seed,
    broken: watch.broken(),
    faults: counts.all(),
    trace: watch.trace(),
    ending,
    keys: house.keys,
    enrolments: laptops.map(laptop => ({ enrolment: laptop.enrolment, key: house.keyOf(laptop) })),
    stats: {
      saved: laptops.reduce((sum, { confirmed }) => sum + confirmed.size, 0),
      stored: ending.inbox.length,
      events: time.events(),
      bytesUp: network.bytesUp(),
      links: network.links(),
      restAfterMs,
    },
  }
}

const bringUpToDate = (laptop: Laptop): void => {
  laptop.setProtocol(null)
  laptop.crash()
}

/** The sky clears, and everybody is given time. @returns After how long all was at rest. */
async function clearUp(house: House): Promise<number | null> {
  const { time, watch, network, collectors, laptops, base, gone, extras, counts, ledger } = house
  const clearedAtMs = time.nowMs()
  watch.tell(() => 'the sky clears')
  network.setAir(CLEAR_AIR)
  network.setUp(true)
  for (const process of collectors) {
    process.dieAfter(Number.POSITIVE_INFINITY)
    process.setDiskFull(false)
    // A session goes on in the version in which it began.
    if (process.isOld()) process.stop()
    process.setVersions(null)
    process.start()
  }
  for (const laptop of laptops) {
    laptop.dieAfter(Number.POSITIVE_INFINITY)
    laptop.setDiskFull(false)
    laptop.setFarAway(false)
    // Whoever speaks version 1 keeps its files, and what names them, to itself.
    if (extras.has('files') && laptop.protocol() === 1) bringUpToDate(laptop)
    // A file that was spoilt on its way three times is given up until the next start.
    if (extras.has('files') && counts.all()['bit flipped'] !== undefined) laptop.crash()
    if (!gone.has(laptop)) await laptop.start()
  }
  const before = { bytes: network.bytesUp(), links: network.links(), events: time.events() }
  const outboxBytes = laptops.reduce((sum, laptop) => sum + laptop.outboxBytes(), 0)
  const fileBytes = ledger.sum({ links: 0, restores: 0 }).enoughBytes
  void base.publishForm('2') // a transaction may be under way, and time does not pass here

  const isRunaway = (): boolean => time.events() > before.events + MOST_EVENTS
  let restAfterMs: number | null = null
  while (restAfterMs === null && time.nowMs() < clearedAtMs + REST_WITHIN_MS && !isRunaway()) {
    await time.run(time.nowMs() + 5_000, isRunaway)
    if ((await whatStalls(house)) !== null) continue
    await time.run(time.nowMs() + 1_000) // what the last page says is being shown
    if ((await whatStalls(house)) === null) restAfterMs = time.nowMs() - clearedAtMs
  }
  if (restAfterMs === null)
    watch.broke(
      'the queue never stalls',
      `after ${Math.round((time.nowMs() - clearedAtMs) / 1_000)} s ${await whatStalls(house)}`,
    )
  const sentBytes = network.bytesUp() - before.bytes
  const bound = 2 * (outboxBytes + fileBytes) + 4_000 * (network.links() - before.links) + 60_000
  if (sentBytes > bound) watch.broke('bytes are not wasted', `${sentBytes} sent where ${bound} are enough`)
  const restores = counts.all()['collector restored'] ?? 0
  const files = ledger.sum({ links: network.links(), restores })
  if (files.sentBytes > files.enoughBytes)
    watch.broke('a file is sent about once', `${files.sentBytes} bytes sent where ${files.enoughBytes} are enough`)
  return restAfterMs
}

async function endingOf({ base, laptops }: House): Promise<ScheduleOutcome['ending']> {
  const rows = (await base.inbox()).filter(({ state, storeId }) => state !== 'again' && !storeId.startsWith('centre-'))
  const devices = new Set(laptops.map(({ enrolment }) => enrolment.certificate.body.deviceId))
  return {
    inbox: rows.map(({ instanceId, digest, state }) => `${instanceId} ${digest.slice(0, 12)} ${state}`).sort(),
    feeds: new Map([...devices].map(deviceId => [deviceId, base.seenBy(deviceId).map(feedLine).sort()])),
  }
}

/** @returns What a row of the feed says, whatever its number, its time and the order of its members. */
export const feedLine = ({ kind, key, body }: Pick<FeedRow, 'kind' | 'key' | 'body'>): string =>
  `${kind} ${key} ${JSON.stringify(sorted(kind === 'return' ? { ...(body as object), atMs: 0 } : body))}`
