/**
 * Submissions from a durable encrypted client to a collector that folds and fsyncs, beside its peers.
 *
 * Workload: 5,000 interviews of sixty answers (1.5 kB of JSON) with their assessment, from a
 * real agent (encrypted store, outbox, push driver, session) to a real collector (PostgreSQL 18
 * with fsync, entities, feed, commit before ack), each a process of its own, on loopback.
 * Timed: from the first try to connect to the mark of the last ack on the client's disk.
 * Counted: every byte of the socket both ways, handshakes and headers too (`bytes each`); what
 * the agent reads back of the feed in that time is among it.
 * Beside it, in the same run: PouchDB to a CouchDB-protocol server, RxDB's websocket replication
 * on our durable storage, both in batches of 100, and PostgreSQL's bare inserts as the limit.
 * Also: a bad link (64 kB/s, 300 ms, cut about every 3 s), one submission at a time, ODK
 * Central's soak records, and, if asked, the collector's memory.
 *
 *   npm run bench -- sync [--quick] [--only rate,link,live,soak,peers,limit] [--memory MINUTES] [--json]
 *
 * Prints tables and, with --json, one object; asserts nothing (docs/benchmarks.md is the record).
 */
import { parseArgs } from 'node:util'
import { soakFormXml } from './sync-fixtures.ts'
import { bareInserts } from './sync-limit.ts'
import { watchMemory } from './sync-memory.ts'
import { pushAtPace, pushLive, pushMany, pushOverBadLink, startOurs, type Ours } from './sync-ours.ts'
import { PEERS, pushWithPeer, type PeerName, type PeerPushed } from './sync-peers.ts'

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    memory: { type: 'string' },
    runs: { type: 'string', default: '3' },
    help: { type: 'boolean', default: false },
  },
})
const HELP = `npm run bench -- sync [options]

  --only PARTS       some of rate, limit, peers, link, live, soak, memory (commas between)
  --runs N           of each rate; the median is shown (3)
  --quick            fewer submissions, one run each: a look, not a figure
  --memory MINUTES   the collector's memory with 2,000 idle devices, then with 200 active, as long each
  --json             the last line is one JSON object
`

const PARTS = ['rate', 'limit', 'peers', 'link', 'live', 'soak'] as const
const parts: readonly string[] =
  options.only?.split(',') ?? (options.memory === undefined ? PARTS : [...PARTS, 'memory'])
const runs = options.quick ? 1 : Number(options.runs)
const COUNT = options.quick ? 1_000 : 5_000
const LINK_COUNT = options.quick ? 200 : 500
const LIVE_COUNT = options.quick ? 50 : 200
const SOAK_COUNT = options.quick ? 1_000 : 5_000
const SOAK_SECONDS = options.quick ? 5 : 30
const LINK_SEED = 1

/** What docs and issues call enough. */
interface Target {
  readonly what: string
  readonly got: number
  readonly target: string
  readonly met: boolean
}
const targets: Target[] = []
const result: Record<string, unknown> = { count: COUNT, runs }

const say = (text: string): void => console.log(text)
const atLeast = (what: string, got: number, least: number): void =>
  void targets.push({ what, got, target: `≥${least}`, met: got >= least })
const atMost = (what: string, got: number, most: number): void =>
  void targets.push({ what, got, target: `≤${most}`, met: got <= most })

/** The run in the middle by rate. */
async function middleOf<T extends { readonly perSecond: number }>(
  run: () => Promise<T>,
): Promise<T & { all: number[] }> {
  const done: T[] = []
  for (let i = 0; i < runs; i += 1) done.push(await run())
  const [middle] = done.toSorted((a, b) => a.perSecond - b.perSecond).slice(Math.floor(done.length / 2))
  if (middle === undefined) throw new Error('no run')
  return { ...middle, all: done.map(({ perSecond }) => Math.round(perSecond)) }
}

type Row = Readonly<Record<string, string | number>>
const rates: Row[] = []

async function rate(ours: Ours): Promise<number> {
  say(`pushing ${COUNT} submissions, ${runs} times`)
  const pushed = await middleOf(() => pushMany(ours, COUNT))
  result.rate = pushed
  const bytesEach = pushed.upEach + pushed.downEach
  rates.push({
    what: 'Murram: encrypted and fsynced → folded and fsynced',
    'per s': pushed.perSecond,
    'B up': pushed.upEach,
    'B down': pushed.downEach,
    'µs of a core each: laptop + collector + PostgreSQL': Object.values(pushed.cpuUsEach)
      .map(us => us.toFixed(0))
      .join(' + '),
    'lost / twice': `${pushed.lost} / ${pushed.duplicated}`,
    runs: pushed.all.join(' '),
  })
  atLeast('submissions a second', pushed.perSecond, 5_000)
  atMost('bytes each, everything on the socket', bytesEach, 200)
  atMost('lost, duplicated or not folded', pushed.lost + pushed.duplicated + pushed.notFolded, 0)
  return pushed.perSecond
}

async function peers(oursPerSecond: number | undefined): Promise<void> {
  const done: Partial<Record<PeerName, PeerPushed>> = {}
  for (const [name, what] of Object.entries(PEERS) as [PeerName, string][]) {
    say(`the same with ${name}`)
    const pushed = await middleOf(() => pushWithPeer(name, COUNT))
    done[name] = pushed
    rates.push({
      what,
      'per s': pushed.perSecond,
      'B up': pushed.upEach,
      'B down': pushed.downEach,
      'lost / twice': `${COUNT - pushed.arrived} / –`,
      runs: pushed.all.join(' '),
    })
  }
  result.peers = done
  const best = Math.max(...Object.values(done).map(({ perSecond }) => perSecond))
  if (oursPerSecond !== undefined) atLeast('times the fastest peer', oursPerSecond / best, 3)
}

async function link(ours: Ours): Promise<void> {
  say(`${LINK_COUNT} submissions over 64 kB/s, 300 ms there and back, cut every 1.5 to 4.5 s`)
  const tries = []
  for (let seed = LINK_SEED; seed < LINK_SEED + runs; seed += 1)
    tries.push(await pushOverBadLink(ours, LINK_COUNT, seed))
  const [mine] = tries.toSorted((a, b) => a.ms - b.ms).slice(Math.floor(tries.length / 2))
  if (mine === undefined) throw new Error('no run')
  const rows: Row[] = [
    {
      what: `Murram (seeds 1 to ${runs}, the middle one)`,
      s: mine.ms / 1_000,
      arrived: mine.arrived,
      cuts: mine.cuts,
      'kB up': mine.bytesUp / 1_000,
    },
  ]
  const others: Partial<Record<PeerName, PeerPushed>> = {}
  if (parts.includes('peers'))
    for (const name of Object.keys(PEERS) as PeerName[]) {
      const pushed = await pushWithPeer(name, LINK_COUNT, LINK_SEED)
      others[name] = pushed
      const kBUp = (pushed.upEach * LINK_COUNT) / 1_000
      rows.push({ what: PEERS[name], s: pushed.ms / 1_000, arrived: pushed.arrived, cuts: '', 'kB up': kBUp })
    }
  result.link = { ours: mine, ...others }
  table(rows)
  atMost('s for 500 submissions over the bad link', mine.ms / 1_000, 5)
  atMost('lost or duplicated over the bad link', mine.lost + mine.duplicated, 0)
}

async function live(ours: Ours): Promise<void> {
  say(`${LIVE_COUNT} submissions, one at a time`)
  const pushed = await pushLive(ours, LIVE_COUNT)
  result.live = pushed
  table([{ what: 'saved → acked, ms', p50: pushed.p50, p95: pushed.p95, worst: pushed.worst }])
  atMost('ms from saved to acked, p95', pushed.p95, 50)
}

async function soak(ours: Ours): Promise<void> {
  if (soakFormXml() === undefined) return say('the soak form is not at hand; skipped')
  say(`ODK Central's soak records (250 questions): 50 a second for ${SOAK_SECONDS} s, then as many as go`)
  const paced = await pushAtPace(ours, 50, SOAK_SECONDS)
  const most = await middleOf(() => pushMany(ours, SOAK_COUNT, { kind: 'soak' }))
  result.soak = { paced, most }
  table([
    { what: `at 50/s for ${SOAK_SECONDS} s`, 'per s': paced.perSecond, arrived: `${paced.arrivedShare * 100} %` },
    { what: `${SOAK_COUNT} at once`, 'per s': most.perSecond, 'B up': most.upEach, 'B down': most.downEach },
    { what: 'ODK Central, its documentation', 'per s': 41 },
  ])
  atLeast('soak records a second, sustained', most.perSecond, 50)
  atLeast('share that arrived', paced.arrivedShare, 1)
}

async function memory(ours: Ours): Promise<void> {
  const minutes = Number(options.memory ?? '1')
  say(`the collector's memory, twice ${minutes} min`)
  const watched = await watchMemory(ours, minutes)
  result.memory = watched
  table(watched.map(run => ({ ...run })))
  for (const run of watched) atMost(`MB a minute: ${run.what}`, run.slopeMBPerMinute, 1)
}

const table = (rows: readonly Row[]): void =>
  console.table(
    rows.map(row =>
      Object.fromEntries(Object.entries(row).map(([k, v]) => [k, typeof v === 'number' ? Math.round(v * 10) / 10 : v])),
    ),
  )

async function runAll(): Promise<void> {
  await using ours = await startOurs()
  const wants = (part: string): boolean => parts.includes(part)
  const perSecond = wants('rate') ? await rate(ours) : undefined
  if (wants('peers') && (wants('rate') || !wants('link'))) await peers(perSecond)
  if (wants('limit')) {
    const limits = await bareInserts(ours.databaseUrl, COUNT)
    result.limit = limits
    for (const { what, perSecond: most } of limits) rates.push({ what, 'per s': most })
  }
  if (rates.length > 0) table(rates)
  if (wants('link')) await link(ours)
  if (wants('live')) await live(ours)
  if (wants('soak')) await soak(ours)
  if (wants('memory')) await memory(ours)
  if (targets.length > 0) table(targets.map(({ met, ...target }) => ({ ...target, met: met ? 'yes' : 'NO' })))
  if (options.json) console.log(JSON.stringify({ ...result, targets }))
}

if (options.help) say(HELP)
else await runAll()
