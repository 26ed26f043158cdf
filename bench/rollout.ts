/**
 * A release on its way to 10,000 laptops that are offline for days and weeks.
 * Simulated: when laptops come, how long their line holds and how fast it is, how many interviews
 * they made meanwhile, and in which of them a bad model shows (`rollout-fleet.ts`, one seed).
 * Real: which ring a device is in and what an order says to it (score), when a ring is opened or a
 * release halted (the collector's policy), when a device leaves a release by itself (the shelf), and the
 * bytes of a model, whole and as a patch, of two models that were trained for it.
 * Not simulated: sockets, PostgreSQL, submissions; what they cost stands under sync.
 *
 *   npm run bench -- rollout [--devices 10000] [--days 120] [--seed 1] [--json]
 *
 * Prints a table and, with --json, one object; asserts nothing (docs/benchmarks.md is the record).
 */
import { parseArgs } from 'node:util'
import { constants, deflateRawSync, zstdCompressSync } from 'node:zlib'
import { openModelHealth } from '@murram/agent/weather'
import {
  decideAdvance,
  defaultPolicy,
  nextOpening,
  type RingEvidence,
  type RolloutPolicy,
} from '@murram/collector/weather'
import { fault, unwrap } from '@murram/ground'
import { trainTrees, type Table } from '@murram/learn'
import { toOnnx } from '@murram/onnx-writer'
import { ringOf, stepOf, type RolloutOrder } from '@murram/score'
import { createRandom, DAY, deviceIdOf, drawContacts, drawKinds, type Contact, type Kind } from './rollout-fleet.ts'

const { values: options } = parseArgs({
  options: {
    devices: { type: 'string', default: '10000' },
    days: { type: 'string', default: '120' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
})
const count = Number(options.devices)
const days = Number(options.days)
const seed = Number(options.seed)

const STAFF = 10
const INTERVIEWS_A_DAY = 4
/** A row of the feed with an order, a manifest and their signatures, as JSON and deflated. */
const ORDER_BYTES = 2_600
/** The collector looks at most so often. */
const LOOK_SECONDS = 60
const MODEL = 'vulnerability'
const policy = defaultPolicy()
const PROMISED_FLIPS = 0.08

interface Release {
  /** Share of its scores that are no number. */
  readonly notFinite: number
  /** Share of decisions that it changes. */
  readonly flips: number
}
const GOOD: Release = { notFinite: 0, flips: 0.07 }
const NO_NUMBERS: Release = { notFinite: 0.05, flips: 0.07 }
const OTHER_DECISIONS: Release = { notFinite: 0, flips: 0.25 }

interface Sizes {
  readonly whole: number
  readonly patch: number
}
/** Of the whole, as the collector decides (patches.ts): a longer patch is not given. */
const WORTH = 0.7

interface Laptop {
  readonly deviceId: string
  readonly kind: Kind
  heard: number
  /** Bytes of the model that are here. */
  have: number
  state: 'old' | 'shadow' | 'new' | 'left'
  everNew: boolean
  wasNewAtSeconds: number | null
  lastSeconds: number
  untold: 'installed' | 'rolled-back' | null
  bytes: number
  health: ReturnType<typeof openModelHealth> | null
}

interface Outcome {
  readonly reached: readonly (number | null)[]
  readonly hadIt: number
  readonly leftIt: number
  readonly bytesEach: number
  readonly haltedDay: number | null
  readonly why: string | null
  readonly peakRequests: number
  readonly peakBytes: number
  readonly looks: number
  readonly cpuMs: number
}

function run(release: Release, rings: readonly number[], sizes: Sizes): Outcome {
  const chosen: RolloutPolicy = { ...policy, rings: [...rings] }
  const kinds = drawKinds(count, seed)
  const contacts = drawContacts(kinds, days, seed)
  const random = createRandom(seed + 2)
  const laptops = kinds.map((kind, n): Laptop => ({
    deviceId: deviceIdOf(n),
    kind,
    heard: 0,
    have: 0,
    state: 'old',
    everNew: false,
    wasNewAtSeconds: null,
    lastSeconds: 0,
    untold: null,
    bytes: 0,
    health: null,
  }))
  const deviceIds = laptops.map(({ deviceId }) => deviceId)
  const staff = deviceIds.slice(0, STAFF)
  const fleet = { modelName: MODEL, staff, deviceIds }
  const ringOfLaptop = deviceIds.map(id => ringOf({ modelName: MODEL, shares: policy.shares, staff }, id))

  const orders: { readonly atSeconds: number; readonly order: RolloutOrder }[] = []
  const give = (atSeconds: number, openRing: number, state: RolloutOrder['state']) =>
    orders.push({
      atSeconds,
      order: {
        projectId: 'bench',
        modelName: MODEL,
        releaseId: `${MODEL}-2`,
        counter: 2,
        orderNumber: orders.length + 1,
        openRing,
        shares: policy.shares,
        staff,
        state,
        challenger: null,
        atMs: atSeconds * 1000,
      },
    })
  const first = nextOpening(chosen, fleet, -1)
  give(0, first.openRing, first.state)
  const orderAt = (atSeconds: number) => orders.findLast(one => one.atSeconds <= atSeconds)!.order

  // What has come since the ring was opened.
  let ringBefore = -1
  let scores = 0
  let scored = new Set<number>()
  let [pairs, flips, unscored] = [0, 0, 0]
  const installed = new Set<number>()
  const failures = new Map<number, string>()
  let [lookedAt, looks, cpuMs] = [-Infinity, 0, 0]
  let haltedDay: number | null = null
  let why: string | null = null

  const look = (atSeconds: number): void => {
    const { order } = orders.at(-1)!
    if (order.state !== 'advancing' || atSeconds - lookedAt < LOOK_SECONDS) return
    lookedAt = atSeconds
    const startMs = performance.now()
    looks += 1
    const isNew = (device: number) => ringOfLaptop[device]! > ringBefore && ringOfLaptop[device]! <= order.openRing
    const evidence: RingEvidence = {
      devices: laptops.reduce((sum, _, device) => sum + (isNew(device) ? 1 : 0), 0),
      installed: installed.size,
      scores,
      scoredDevices: [...scored].filter(isNew).length,
      unscored,
      failures: [...failures].map(([device, reason]) => ({ deviceId: deviceIds[device]!, why: reason })),
      pairs,
      flips,
      promisedFlips: PROMISED_FLIPS,
      judged: 'too few',
    }
    const decision = decideAdvance(chosen, evidence)
    if (decision.do === 'halt') {
      give(atSeconds, order.openRing, 'halted')
      haltedDay = atSeconds / DAY
      why = decision.why
    } else if (decision.do === 'advance') {
      const next = nextOpening(chosen, fleet, order.openRing)
      ringBefore = order.openRing
      give(atSeconds, next.openRing, next.state)
      scores = pairs = flips = unscored = 0
      scored = new Set()
    }
    cpuMs += performance.now() - startMs
  }

  /** What it did since it last came. */
  const work = (laptop: Laptop, device: number, atSeconds: number): void => {
    const made = Math.round(((atSeconds - laptop.lastSeconds) / DAY) * INTERVIEWS_A_DAY)
    laptop.lastSeconds = atSeconds
    for (let n = 0; n < made; n += 1) {
      if (laptop.state === 'shadow') {
        pairs += 1
        if (random() < release.flips) flips += 1
      } else if (laptop.state === 'new') {
        const isFinite = random() >= release.notFinite
        if (isFinite) {
          scores += 1
          scored.add(device)
        } else unscored += 1
        if (release.notFinite === 0 || laptop.health === null || !laptop.health.scored(2, isFinite)) continue
        laptop.health.leave({ releaseId: `${MODEL}-2`, counter: 2 }, fault('score.not-finite'))
        laptop.state = 'left'
        laptop.untold = 'rolled-back'
      }
    }
  }

  /** What the order says, as far as the line carries it. */
  const follow = (laptop: Laptop, { bytes, toldAtSeconds, atSeconds }: Contact): number => {
    const order = orderAt(toldAtSeconds)
    if (order.orderNumber < laptop.heard) return 0 // an older stick
    let carried = order.orderNumber > laptop.heard ? ORDER_BYTES : 0
    laptop.heard = order.orderNumber
    const step = stepOf(order, laptop.deviceId)
    if (laptop.state === 'new' || laptop.state === 'left') return carried
    if (step === 'leave') {
      laptop.state = 'old'
      return carried
    }
    const wanted = laptop.kind === 'stick' || sizes.patch >= WORTH * sizes.whole ? sizes.whole : sizes.patch
    const part = Math.max(0, Math.min(wanted - laptop.have, bytes - carried))
    laptop.have += part
    carried += part
    if (laptop.have < wanted) return carried
    if (step === 'shadow') laptop.state = 'shadow'
    else {
      laptop.state = 'new'
      laptop.everNew = true
      laptop.wasNewAtSeconds = atSeconds
      laptop.untold = 'installed'
      const kept = new Map<string, string>()
      const values = {
        get: (name: string) => kept.get(name) ?? null,
        set: (name: string, value: string) => void kept.set(name, value),
      }
      laptop.health = openModelHealth(values, () => atSeconds * 1000)
    }
    return carried
  }

  const perSecond = new Map<number, { requests: number; bytes: number }>()
  for (const contact of contacts) {
    const { atSeconds, device } = contact
    const laptop = laptops[device]!
    work(laptop, device, atSeconds)
    const tell = () => {
      if (laptop.untold === 'installed') installed.add(device)
      else if (laptop.untold === 'rolled-back') failures.set(device, 'score.not-finite')
      if (laptop.untold === 'rolled-back') installed.delete(device)
      laptop.untold = null
    }
    tell()
    const bytes = follow(laptop, contact)
    // Over a line it is told at once that it is installed; with a stick, the next time.
    if (laptop.kind !== 'stick') tell()
    laptop.bytes += bytes
    if (laptop.kind !== 'stick') {
      // Hello and pull, then a piece of 16 kB or of a second, whichever is less.
      for (let second = 0, left = bytes; second === 0 || left > 0; second += 1) {
        const at = Math.floor(atSeconds) + second
        const before = perSecond.get(at) ?? { requests: 0, bytes: 0 }
        const part = Math.min(left, contact.bytesPerSecond)
        const requests = (second === 0 ? 2 : 0) + Math.ceil(part / 16_000)
        perSecond.set(at, { requests: before.requests + requests, bytes: before.bytes + part })
        left -= part
      }
    }
    look(atSeconds)
  }
  const times = laptops
    .flatMap(({ wasNewAtSeconds }) => (wasNewAtSeconds === null ? [] : [wasNewAtSeconds]))
    .sort((a, b) => a - b)
  const load = [...perSecond.values()]
  return {
    reached: [0.5, 0.95, 0.99].map(share => {
      const at = times[Math.ceil(share * count) - 1]
      return at === undefined ? null : at / DAY
    }),
    hadIt: laptops.filter(({ everNew }) => everNew).length,
    leftIt: laptops.filter(({ state }) => state === 'left').length,
    bytesEach: laptops.reduce((sum, { bytes }) => sum + bytes, 0) / count,
    haltedDay,
    why,
    peakRequests: load.reduce((most, { requests }) => Math.max(most, requests), 0),
    peakBytes: load.reduce((most, { bytes }) => Math.max(most, bytes), 0),
    looks,
    cpuMs,
  }
}

/** Two models of one line: the second has learnt from a tenth more households. */
function modelBytes(): Sizes {
  const files = [2_000, 2_200].map(rows => {
    const random = createRandom(7)
    const columns = Array.from({ length: 20 }, (_, i) => ({
      name: `q${i}`,
      kind: 'number' as const,
      values: Float32Array.from({ length: rows }, () => Math.floor(random() * 12)),
    }))
    const table: Table = { rows, columns }
    const codes = Uint8Array.from({ length: rows }, (_, row) => {
      const points = columns.slice(0, 6).reduce((sum, { values }) => sum + values[row]!, 0)
      return points + random() * 12 > 39 ? 1 : 0
    })
    const groups = Array.from({ length: rows }, (_, row) => `h${row}`)
    const model = unwrap(trainTrees(table, { classes: ['no', 'yes'], codes }, { seed: 1, groups }))
    return Buffer.concat([toOnnx(model, { name: MODEL }), Buffer.from(JSON.stringify(model))])
  })
  const [older, newer] = files as [Buffer, Buffer]
  const patch = zstdCompressSync(newer, { dictionary: older, params: { [constants.ZSTD_c_compressionLevel]: 12 } })
  const whole = deflateRawSync(newer).length
  return { whole, patch: patch.length }
}

const sizes = modelBytes()
const cases = [
  ['good, all at once', GOOD, [3]],
  ['good, rings by evidence', GOOD, [0, 1, 2, 3]],
  ['no numbers (5 %), all at once', NO_NUMBERS, [3]],
  ['no numbers (5 %), rings and halt', NO_NUMBERS, [0, 1, 2, 3]],
  ['decides otherwise (25 %), all at once', OTHER_DECISIONS, [3]],
  ['decides otherwise (25 %), rings and halt', OTHER_DECISIONS, [0, 1, 2, 3]],
] as const

const results = cases.map(([name, release, rings]) => ({ name, ...run(release, rings, sizes) }))
const cell = (value: number | null, digits = 1): string => (value === null ? '-' : value.toFixed(digits))
console.log(
  `${count} devices, ${days} days, seed ${seed}; a model of ${(sizes.whole / 1000).toFixed(1)} kB deflated, a patch of ${(sizes.patch / 1000).toFixed(1)} kB (${sizes.patch < WORTH * sizes.whole ? 'given' : 'not worth it'}); ring 0 of ${STAFF}\n`,
)
console.log(
  '| release and policy | days to 50 % | 95 % | 99 % | had it | left it by themselves | halted on day | kB a device | peak requests/s | peak kB/s | looks | CPU ms a look |',
)
console.log('| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |')
for (const { name, reached, hadIt, leftIt, haltedDay, bytesEach, peakRequests, peakBytes, looks, cpuMs } of results) {
  const [half, most, nearly] = reached
  console.log(
    `| ${name} | ${cell(half ?? null)} | ${cell(most ?? null)} | ${cell(nearly ?? null)} | ${hadIt} | ${leftIt} | ${cell(haltedDay)} | ${cell(bytesEach / 1000)} | ${peakRequests} | ${cell(peakBytes / 1000)} | ${looks} | ${looks === 0 ? '-' : cell(cpuMs / looks, 2)} |`,
  )
}
for (const { name, why } of results) if (why !== null) console.log(`\n${name}: halted, ${why}`)
if (options.json) console.log(JSON.stringify({ devices: count, days, seed, sizes, results }))
