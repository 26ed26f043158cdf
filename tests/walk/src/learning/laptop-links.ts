/** The links of laptops in the story: away for months, then there for a while. */
import type { FaultyLink, LinkFaults } from '@murram/testkit'
import type { House } from '../processes.ts'

/** Roads on which many a session is cut; what worse ones do is proved in tests/weather. */
export const badRoads: readonly LinkFaults[] = [
  { latencyMs: 10, bytesPerSecond: 256_000, cutEveryMs: [900, 3_000] },
  { latencyMs: 20, bytesPerSecond: 128_000, cutEveryMs: [1_500, 4_500] },
  { latencyMs: 5, bytesPerSecond: 512_000, cutEveryMs: [700, 2_500] },
]

interface Linked {
  readonly house: House
  readonly link: FaultyLink
}

/** Out of reach, and the laptop knows it: no time is lost on trying again. */
export async function goOffline(laptops: readonly Linked[]): Promise<void> {
  await Promise.all(
    laptops.map(async ({ house, link }) => {
      link.setUp(false)
      await house.ask('disconnect')
    }),
  )
}

export async function goOnline(laptops: readonly Linked[], faultsOf: (at: number) => LinkFaults): Promise<void> {
  await Promise.all(
    laptops.map(async ({ house, link }, at) => {
      link.setFaults(faultsOf(at))
      link.setUp(true)
      await house.ask('connect', { url: `http://127.0.0.1:${link.port}` })
    }),
  )
}
