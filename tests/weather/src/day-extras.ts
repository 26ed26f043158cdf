/** What befalls the house in a day beside the weather (`extras.ts`). */
import type { DeviceId } from '@murram/ground'
import type { Laptop } from './laptop.ts'
import { startSoon, type Day } from './moments.ts'
import type { Stick } from './stick.ts'

/** Interviews with photos, and corrections that keep those of what they correct. */
export function drawFiles({ house: { random, counts }, sometime, someone }: Day): void {
  for (let i = 2 + Math.floor(random() * 5); i > 0; i -= 1)
    sometime(() => {
      counts.add('with files')
      void someone()?.save(random() < 0.7 ? 'create' : 'correct', 1 + Math.floor(random() * 3))
    })
}

/** Builds that speak an older version, some of which are brought up to date in the middle of the day. */
export function drawAgents({ house, sometime }: Day): void {
  const { random, laptops, counts, gone } = house
  for (const laptop of laptops) {
    if (random() < 0.4) continue
    counts.add('old agent')
    laptop.setProtocol(random() < 0.5 ? 1 : 2)
    if (random() < 0.6)
      sometime(() => {
        if (gone.has(laptop)) return
        laptop.setProtocol(null)
        laptop.crash()
        startSoon(house, laptop)
      })
  }
}

/**
 * A stick is written at some moment, brought later, perhaps more than once and to whichever collector,
 * also one that was restored since; so is its answer, to the laptop or a copy of it.
 */
export function drawSticks({ house, sometime, someone, pick, in: later }: Day): void {
  const { random, laptops, collectors, gone, network } = house
  const isLate = house.extras.has('late answers')
  const far = isLate ? pick(laptops) : undefined
  if (far !== undefined) sometime(() => far.setFarAway(true))
  const twice = (): number => (random() < 0.4 ? 2 : 1)
  const bringBack = (to: Laptop, answer: Stick): void => {
    const { deviceId } = to.enrolment.certificate.body
    const copies = laptops.filter(other => other.enrolment.certificate.body.deviceId === deviceId && !gone.has(other))
    for (let i = twice(); i > 0; i -= 1) later(0, 30_000, () => void pick(copies)?.readStick(answer))
  }
  // Sticks are for where no network is.
  if (random() < 0.6)
    sometime(() => {
      network.setUp(false)
      later(20_000, 40_000, () => network.setUp(true))
    })
  const take = async (from: Laptop, stick: Stick): Promise<void> => {
    const answer = await pick(collectors)?.takeStick(stick)
    if (answer === undefined || answer === null) return
    if (isLate && random() < 0.7) for (let i = twice(); i > 0; i -= 1) later(0, 50_000, () => void giveBack(from))
    else bringBack(from, answer)
  }
  /** It has waited at the centre, and is made of what is there by then. */
  const giveBack = async (to: Laptop): Promise<void> => {
    const answer = await pick(collectors)?.giveBack(to.enrolment, random() < 0.2)
    if (answer !== undefined && answer !== null) bringBack(to, answer)
  }
  const bring = (from: Laptop, stick: Stick): void => later(0, 40_000, () => void take(from, stick))
  const write = async (from: Laptop): Promise<void> => {
    // The answer has more to say than that it came.
    if (isLate && random() < 0.5) await from.save('odd')
    const stick = await from.writeStick(random() < 0.7 ? 'unsent' : 'all')
    for (let times = stick === null ? 0 : twice(); times > 0; times -= 1) if (stick !== null) bring(from, stick)
  }
  for (let i = 1 + Math.floor(random() * 4); i > 0; i -= 1)
    sometime(() => {
      const laptop = far !== undefined && random() < 0.8 ? far : someone()
      if (laptop !== undefined) void write(laptop)
    })
}

/**
 * Households and whatever else there is fill the feed, so that whoever begins or was away reads a
 * snapshot. Somebody new comes in the middle of the day; and often something befalls the centre, the
 * line or what they may see while they are at it.
 *
 * @param putBack An older backup, where there are any.
 */
export function drawSnapshots(
  { house, troubles, durationMs, sometime, pick, in: later }: Day,
  putBack: () => void,
): void {
  const { random, base, counts, watch, collectors, network, gone } = house
  const below = (limit: number): number => Math.floor(random() * limit)
  const names = Array.from({ length: 8 + below(30) }, (_, i) => `${i + 1}`)
  const most = 100 + below(4_000)
  const textOf = (): string =>
    Array.from({ length: 1 + below(most / 12) }, () => random().toString(36).slice(2)).join('')
  const knowsViews = !troubles.has('version') && !house.extras.has('old agents')
  void base.pad(names.map(name => [name, textOf()]))
  for (let i = below(4); i > 0; i -= 1)
    sometime(() => {
      if (house.isRestoring()) return
      const share = random()
      void base.pad(names.filter(() => random() < share).map(name => [name, random() < 0.2 ? null : textOf()]))
    })
  const befall = (laptop: Laptop): void => {
    if (gone.has(laptop) || house.time.nowMs() > durationMs) return
    const { deviceId } = laptop.enrolment.certificate.body
    const dice = random()
    if (dice < 0.2) for (const process of collectors) process.dieAfter(1 + below(20))
    else if (dice < 0.35) network.setUp(false)
    else if (dice < 0.5) laptop.dieAfter(1 + below(15))
    else if (dice < 0.7) putBack()
    else if (dice < 0.85 && knowsViews && !house.isRestoring()) void keepTo(deviceId)
    if (dice >= 0.2 && dice < 0.35) later(500, 5_000, () => network.setUp(true))
  }
  const keepTo = async (deviceId: DeviceId): Promise<void> => {
    const scopes = pick([['iron'], ['thatch', 'tile'], null]) ?? null
    counts.add('view changed')
    watch.tell(() => `${deviceId.slice(0, 4)} may see ${scopes === null ? 'all' : scopes.join(', ')}`)
    await base.keepTo(deviceId, scopes)
    for (const process of collectors) process.drop(deviceId, 'sync.view-changed')
  }
  for (let i = 1 + below(2); i > 0; i -= 1)
    sometime(() => {
      const laptop = house.enrolLaptop()
      counts.add('laptop enrolled')
      watch.tell(() => `${laptop.name} is new`)
      void laptop.start()
      for (let times = below(3); times > 0; times -= 1) later(100, 6_000, () => befall(laptop))
    })
}
