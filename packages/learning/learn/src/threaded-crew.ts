/**
 * A crew of several threads: each sums and searches its own features of the same leaf, in
 * memory that all see. What is found is what one thread finds: sums of a feature do not
 * depend on its neighbours, and the best of the bests is chosen by the same rule.
 *
 *   this thread            the others (crew-worker.ts)
 *   write the leaves  ──►  wait for the order
 *   own features           own features
 *   wait for all      ◄──  write the split, say done
 *
 * Small leaves are done here alone: waking a thread takes longer.
 */
import { Worker } from 'node:worker_threads'
import type { Allocate } from './bins.ts'
import { CREW_WORDS, readFound, writeOrder, type CrewOrder, type ToMember } from './crew-order.ts'
import { isBetter, type Split, type SplitLimits } from './find-split.ts'
import { histogramOffsets } from './histogram.ts'
import { createMember, type Ground, type LeafCrew, type TreePlan } from './leaf-crew.ts'

interface ThreadedCrews extends AsyncDisposable {
  readonly allocate: Allocate
  readonly crewOf: (ground: Ground, slots: number, limits: SplitLimits) => LeafCrew
}

/** Rows times features of a leaf, below which the others are not woken. */
const WORTH_WAKING = 30_000
/** A member that says nothing for so long has died. */
const PATIENCE_MS = 120_000

const sharedMemory: Allocate = bytes => new SharedArrayBuffer(bytes)

interface Member {
  readonly worker: Worker
  readonly order: CrewOrder
}

/** `threads` > 1, this one included. Rejects where threads cannot be started. */
export async function startCrews(threads: number): Promise<ThreadedCrews> {
  const members = await Promise.all(Array.from({ length: threads - 1 }, startMember))
  let grounds = 0
  return {
    allocate: sharedMemory,
    crewOf(ground, slotCount, limits) {
      const length = histogramOffsets(ground.features).at(-1)!
      const slots = Array.from({ length: slotCount }, () => new Float64Array(sharedMemory(8 * length)))
      const id = ++grounds
      const features = ground.features.map(feature => ({ ...feature, order: [] }))
      for (const { worker } of members)
        worker.postMessage({ id, ground: { ...ground, features }, slots, limits } satisfies ToMember)
      return createCrew(id, members, createMember(ground, slots, limits))
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(members.map(({ worker }) => worker.terminate()))
    },
  }
}

async function startMember(): Promise<Member> {
  const order: CrewOrder = {
    bell: new Int32Array(sharedMemory(8)),
    words: new Float64Array(sharedMemory(8 * CREW_WORDS)),
  }
  const worker = new Worker(new URL('crew-worker.ts', import.meta.url), { workerData: order, name: 'trees' })
  await new Promise<void>((settle, reject) => {
    worker.once('message', () => settle())
    worker.once('error', reject)
    worker.once('exit', code => reject(new Error(`a thread of the trees ended with code ${code}`)))
  })
  // From here on this thread blocks while it waits, and is not kept alive by the others.
  worker.unref()
  return { worker, order }
}

function createCrew(id: number, members: readonly Member[], own: ReturnType<typeof createMember>): LeafCrew {
  let whole: TreePlan | null = null
  let shares: readonly TreePlan[] = []
  return {
    begin(plan) {
      whole = plan
      const count = members.length + 1
      shares = Array.from({ length: count }, (_, share) => ({
        ...plan,
        named: plan.named.filter((_, at) => at % count === share),
      }))
    },
    search(small, large) {
      if (whole === null) throw new Error('search before begin')
      if ((small.end - small.start) * whole.named.length < WORTH_WAKING) return own(small, large, whole)
      for (const [at, { order }] of members.entries()) {
        writeOrder(order.words, id, shares[at + 1]!, small, large)
        Atomics.add(order.bell, 0, 1)
        Atomics.notify(order.bell, 0)
      }
      const found = [own(small, large, shares[0]!)]
      for (const member of members) found.push(awaitFound(member))
      return found.reduce((one, other) => [betterOf(one[0], other[0]), betterOf(one[1], other[1])])
    },
  }
}

function awaitFound({ order }: Member): readonly [Split | null, Split | null] {
  const { bell, words } = order
  const told = Atomics.load(bell, 0)
  for (let spin = 0; spin < 5_000; spin++) if (Atomics.load(bell, 1) === told) return readFound(words)
  for (let done = Atomics.load(bell, 1); done !== told; done = Atomics.load(bell, 1))
    if (Atomics.wait(bell, 1, done, PATIENCE_MS) === 'timed-out') throw new Error('a thread of the trees is silent')
  return readFound(words)
}

const betterOf = (one: Split | null, other: Split | null): Split | null =>
  other !== null && isBetter(other, one) ? other : one
