/** The links of laptops in the story: away for months, then there for a while. */
import type { FaultyLink, LinkFaults } from '@murram/testkit'
import type { House } from '../processes.ts'

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
