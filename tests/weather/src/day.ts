/** What befalls the house in a day: drawn beforehand, at moments drawn beforehand. */
import type { DeviceId, EntityId } from '@murram/ground'
import { drawAgents, drawFiles, drawSnapshots, drawSticks } from './day-extras.ts'
import type { House } from './house.ts'
import { INTERVIEWS, type InterviewKind } from './interview.ts'
import type { DiskImage } from './laptop-disk.ts'
import type { Laptop } from './laptop.ts'
import { startSoon, TROUBLES, type Day, type Trouble } from './moments.ts'
import type { Air } from './virtual-network.ts'

const DAY_MS = 86_400_000

/** @returns How long it is. */
export function drawDay(house: House): number {
  const { random, time, laptops, gone } = house
  const below = (limit: number): number => Math.floor(random() * limit)
  const pick = <T>(list: readonly T[]): T | undefined => list[below(list.length)]
  const durationMs = 20_000 + random() * 80_000
  const troubles = new Set(TROUBLES.filter(() => random() < 0.5))
  // This mistake shows only in the moment of a crash: it is given more of them.
  if (house.broken === 'writes the checkpoint before the rows') troubles.add('agent crash')
  const sometime = (act: () => void): void => void time.after(random() * durationMs, act)
  const day: Day = {
    house,
    troubles,
    durationMs,
    sometime,
    pick,
    in: (fromMs, spanMs, act) => void time.after(fromMs + random() * spanMs, act),
    happens: (trouble, most, act) => {
      if (troubles.has(trouble)) for (let i = 1 + below(most); i > 0; i -= 1) sometime(act)
    },
    someone: () => pick(laptops.filter(laptop => laptop.isUp() && !gone.has(laptop))),
  }
  drawWork(day)
  drawNetwork(day)
  drawLaptops(day, durationMs)
  drawCopies(day)
  drawCollectors(day)
  const putBack = drawRestores(day)
  drawCentre(day)
  if (house.extras.has('files')) drawFiles(day)
  if (house.extras.has('sticks')) drawSticks(day)
  if (house.extras.has('old agents')) drawAgents(day)
  if (house.extras.has('snapshots')) drawSnapshots(day, putBack)
  return durationMs
}

function drawWork({ house, troubles, sometime, happens, someone, pick }: Day): void {
  const { random, counts, base } = house
  for (let i = 4 + Math.floor(random() * 28); i > 0; i -= 1)
    sometime(() => {
      const kind = kindOfInterview(random)
      if (kind === 'huge' && !troubles.has('huge')) return
      if (kind === 'unknown form') counts.add('form unknown')
      if (kind === 'huge') counts.add('too large')
      void someone()?.save(kind)
    })
  happens('form', 1, () => void base.publishForm('2'))
  for (let i = Math.floor(random() * 4); i > 0; i -= 1)
    sometime(() => {
      const entities = [...base.state().feed.values()].filter(({ kind, body }) => kind === 'entity' && body !== null)
      const [alias, of] = [pick(entities)?.key, pick(entities)?.key]
      if (alias !== undefined && of !== undefined && alias !== of && !house.isRestoring())
        base.join(alias as EntityId, of as EntityId)
    })
}

function drawNetwork({ house: { random, network, watch }, troubles, happens, in: later }: Day): void {
  happens('bad air', 6, () => {
    const air = drawAir(random, troubles)
    watch.tell(() => `the air is ${JSON.stringify(air)}`)
    network.setAir(air)
  })
  happens('no network', 2, () => {
    network.setUp(false)
    later(1_000, 20_000, () => network.setUp(true))
  })
}

function drawLaptops({ house, happens, pick, someone, in: later }: Day, durationMs: number): void {
  const { random, time, laptops, gone, counts, trueNowMs } = house
  happens('agent crash', house.broken === 'writes the checkpoint before the rows' ? 25 : 5, () => {
    const dice = random()
    if (dice < 0.3) someone()?.dieReading(1 + Math.floor(random() * 4))
    else if (dice < 0.8) someone()?.dieAfter(1 + Math.floor(random() * 12))
    else someone()?.crash()
  })
  // Whoever died is started again; looked for often, for death may come late.
  for (let atMs = 2_000; atMs < durationMs; atMs += 3_000)
    time.after(atMs, () => {
      for (const laptop of laptops) if (!laptop.isUp() && random() < 0.7) startSoon(house, laptop)
    })
  happens('agent disk full', 2, () => {
    const laptop = someone()
    if (laptop === undefined) return
    counts.add('agent disk full')
    laptop.setDiskFull(true)
    later(5_000, 30_000, () => laptop.setDiskFull(false))
  })
  happens('clock', 4, () => {
    const offset = pick([-DAY_MS, 365 * DAY_MS, -trueNowMs(), 3_600_000, 0])
    counts.add('clock jumped')
    pick(laptops)?.setClock(offset ?? 0)
  })
  happens('destroyed', 1, () => {
    const laptop = someone()
    // What a restored collector has lost it must be able to get again.
    if (laptop === undefined || counts.all()['collector restored'] !== undefined) return
    counts.add('laptop destroyed')
    laptop.crash()
    gone.add(laptop)
  })
}

function drawCopies({ house, happens, pick, someone, in: later }: Day): void {
  const { laptops, gone, counts, watch, time } = house
  happens('clone', 2, () => {
    const laptop = someone()
    if (laptop === undefined || laptops.length > 6) return
    counts.add('store cloned')
    const copy = house.copyLaptop(laptop)
    watch.tell(() => `${copy.name} is a copy of ${laptop.name}`)
    void copy.start()
  })
  const images: { readonly laptop: Laptop; readonly image: DiskImage }[] = []
  happens('older store', 2, () => {
    const laptop = someone()
    if (laptop !== undefined) images.push({ laptop, image: laptop.image() })
    later(0, 40_000, () => {
      const old = pick(images)
      if (old === undefined || gone.has(old.laptop)) return
      counts.add('older store put back')
      watch.tell(() => `${old.laptop.name} gets an older copy of its store`)
      old.laptop.crash()
      old.laptop.confirmed.clear()
      time.after(1, () => {
        old.laptop.putBack(old.image)
        startSoon(house, old.laptop)
      })
    })
  })
}

function drawCollectors({ house, happens, pick, someone, in: later }: Day): void {
  const { random, collectors, counts, watch, laptops, revoked, base, inspector, broken } = house
  happens('collector crash', 5, () => pick(collectors)?.dieAfter(1 + Math.floor(random() * 25)))
  happens('collector disk full', 1, () => {
    for (const process of collectors) process.setDiskFull(true)
    later(5_000, 20_000, () => {
      for (const process of collectors) process.setDiskFull(false)
    })
  })
  happens('version', 2, () => {
    const process = pick(collectors)
    counts.add('other version')
    process?.setVersions({ protocol: 1, minProtocol: 1 })
    process?.stop()
    later(10_000, 20_000, () => {
      process?.setVersions(null)
      process?.stop()
    })
  })
  happens('revoked', 1, () => {
    const laptop = someone()
    if (laptop === undefined || revoked.size > 0) return
    counts.add('device revoked')
    const { deviceId } = laptop.enrolment.certificate.body
    watch.tell(() => `${laptop.name} is revoked`)
    for (const other of laptops) if (other.enrolment.certificate.body.deviceId === deviceId) revoked.add(other)
    void base.revoke(deviceId)
    inspector.onRevoked(deviceId)
    if (broken === 'goes on serving who was revoked') return
    for (const process of collectors) later(0, 500, () => process.drop(deviceId))
  })
}

/** @returns What puts an older backup back. */
function drawRestores({ house, happens, pick, in: later }: Day): () => void {
  const { base, collectors, counts, watch, gone } = house
  if (!house.restores) return () => {}
  const backups = [base.backUp()]
  happens('restore', 3, () => void backups.push(base.backUp()))
  const putBack = (): void => {
    // What only a broken laptop had and the backup has not, nobody can bring back.
    if (house.isRestoring() || gone.size > 0) return
    house.setRestoring(true)
    for (const process of collectors) process.stop()
    later(500, 3_000, () => {
      const backup = pick(backups)
      if (backup === undefined) return
      counts.add('collector restored')
      watch.tell(() => 'an older backup is put back')
      base.restore(backup)
      house.setRestoring(false)
      for (const process of collectors) process.start()
    })
  }
  happens('restore', 2, putBack)
  return putBack
}

/** Reviewers, and who may see what. */
function drawCentre({ house, troubles, happens, someone, pick }: Day): void {
  const { random, base, counts, watch, collectors } = house
  happens('returned', 5, () => {
    const rows = [...base.state().byInstance.values()]
    const row = pick(rows.filter(({ state, submission }) => state === 'applied' && submission.formId === 'household'))
    if (row === undefined || house.isRestoring()) return
    const { instanceId } = row.submission
    counts.add('sent back')
    watch.tell(() => `${instanceId.slice(5, 9)} is sent back`)
    base.sendBack(instanceId)
  })
  // What version 1 knows of no views is told in the documents, and not looked at here.
  if (troubles.has('version') || house.extras.has('old agents')) return
  const endSessions = (deviceIds: readonly DeviceId[]): void => {
    for (const process of collectors)
      house.time.after(random() * 500, () => {
        for (const deviceId of deviceIds) process.drop(deviceId, 'sync.view-changed')
      })
  }
  happens('scopes', 2, () => {
    if (house.isRestoring()) return
    const property = pick(['roof', 'roof', 'people', null]) ?? null
    counts.add('households divided')
    watch.tell(() => `the households are divided by ${property}`)
    void base.divide(property).then(() => endSessions([...base.state().deviceScopes.keys()]))
  })
  happens('scopes', 6, () => {
    const laptop = someone()
    if (laptop === undefined || house.isRestoring()) return
    const scopes = pick([['iron'], ['thatch', 'tile'], ['1', '2', '3'], null]) ?? null
    const { deviceId } = laptop.enrolment.certificate.body
    counts.add('view changed')
    watch.tell(() => `${laptop.name} may see ${scopes === null ? 'all' : scopes.join(', ')}`)
    void base.keepTo(deviceId, scopes).then(() => endSessions([deviceId]))
  })
}

function drawAir(random: () => number, troubles: ReadonlySet<Trouble>): Air {
  const draw = (most: number): number => (random() < 0.4 ? 0 : random() * most)
  const spoils = troubles.has('spoilt')
  return {
    latencyMs: 5 + draw(800),
    bytesPerMs: 1 + random() * 100,
    cut: draw(0.25),
    repeat: draw(0.1),
    truncate: spoils ? draw(0.05) : 0,
    flip: spoils ? draw(0.05) : 0,
    halfOpen: troubles.has('half-open') ? draw(0.5) : 0,
  }
}

const WEIGHTS: Readonly<Record<InterviewKind, number>> = {
  create: 40,
  update: 35,
  correct: 12,
  answer: 8,
  settle: 8,
  alias: 1,
  odd: 1,
  'unknown form': 4,
  huge: 0.5,
}
const WEIGHT = Object.values(WEIGHTS).reduce((sum, weight) => sum + weight, 0)

function kindOfInterview(random: () => number): InterviewKind {
  let dice = random() * WEIGHT
  return INTERVIEWS.find(kind => (dice -= WEIGHTS[kind]) < 0) ?? 'create'
}
