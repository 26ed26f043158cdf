/**
 * A member of a crew in its own thread (threaded-crew.ts): waits for the bell, sums and
 * searches its features, answers. It ends when its crew does.
 */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { readOrder, writeFound, type CrewOrder, type ToMember } from './crew-order.ts'
import { createMember } from './leaf-crew.ts'

const port = parentPort
if (port === null) throw new Error('crew-worker.ts is started as a worker thread')

const { bell, words } = workerData as CrewOrder
const members = new Map<number, ReturnType<typeof createMember>>()

/** What is said of a booster arrives before the first order that names it. */
function memberOf(id: number): ReturnType<typeof createMember> {
  for (let said = receiveMessageOnPort(port!); said !== undefined; said = receiveMessageOnPort(port!)) {
    const { id: of, ground, slots, limits } = said.message as ToMember
    members.set(of, createMember(ground, slots, limits))
  }
  const member = members.get(id)
  if (member === undefined) throw new Error(`an order for booster ${id}, which nobody named`)
  return member
}

port.postMessage('ready')
for (let done = 0; ; done++) {
  for (let spin = 0; spin < 5_000 && Atomics.load(bell, 0) === done; spin++);
  Atomics.wait(bell, 0, done)
  const { id, plan, small, large } = readOrder(words)
  writeFound(words, memberOf(id)(small, large, plan))
  Atomics.store(bell, 1, done + 1)
  Atomics.notify(bell, 1)
}
