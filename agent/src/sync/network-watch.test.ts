import { expect, test } from 'vitest'
import type { Timers } from './timers.ts'
import { watchNetwork } from './network-watch.ts'

const LOOK_MS = 3_000

/** Networks and a clock that a test turns; timers wait for `pass`. */
function start() {
  let [nowMs, networks, told] = [0, 'eth0 10.0.0.2', 0]
  let due: (() => void) | null = null
  const timers: Timers = {
    elapsedMs: () => nowMs,
    after: (_ms, act) => {
      due = act
      return () => void (due = null)
    },
  }
  const stop = watchNetwork({ timers, onChange: () => void (told += 1), look: () => networks, now: () => nowMs })
  return {
    stop,
    told: () => told,
    isWaiting: () => due !== null,
    become: (next: string) => void (networks = next),
    pass: (ms = LOOK_MS) => {
      nowMs += ms
      const act = due
      due = null
      act?.()
    },
  }
}

test('as long as nothing changes nobody is told', () => {
  const house = start()
  for (let i = 0; i < 50; i += 1) house.pass()
  expect(house.told()).toBe(0)
  house.stop()
})

test('a hotspot that appears, a cable that is pulled, another address: each is told once', () => {
  const house = start()
  for (const networks of ['eth0 10.0.0.2\nwlan0 192.168.43.7', 'wlan0 192.168.43.7', 'wlan0 192.168.43.9', '']) {
    const before = house.told()
    house.become(networks)
    house.pass()
    house.pass()
    expect(house.told()).toBe(before + 1)
  }
  house.stop()
})

test('a machine that slept is told though its networks look the same; one that was merely busy is not', () => {
  const house = start()
  house.pass(20_000)
  expect(house.told()).toBe(0)
  house.pass(3_600_000)
  expect(house.told()).toBe(1)
  house.pass()
  expect(house.told()).toBe(1)
  house.stop()
})

test('it looks on after each look, and no more once it is stopped', () => {
  const house = start()
  house.pass()
  expect(house.isWaiting()).toBe(true)
  house.stop()
  house.become('')
  house.pass()
  expect([house.told(), house.isWaiting()]).toEqual([0, false])
})

test('it reads the addresses of this machine where it is told of none', () => {
  const timers: Timers = { elapsedMs: () => 0, after: () => () => {} }
  expect(() => watchNetwork({ timers, onChange: () => {} })()).not.toThrow()
})
