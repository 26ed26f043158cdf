/** Links come and go until nothing waits on any laptop. */
import { untilAll, weather } from '../officers.ts'
import type { Walk } from '../walk.ts'

const LIMIT_MS = 180_000

export async function offline({ officers }: Walk): Promise<void> {
  for (const { link } of officers) link.setUp(false)
  await Promise.resolve()
}

export async function syncThroughWeather(walk: Walk, what: string): Promise<void> {
  const { officers, screen } = walk
  const before = officers.map(({ link }) => link.stats())
  const activity = screen.activity(`${what}, on links that are cut`)
  const startedAt = Date.now()
  const first = await Promise.all(officers.map(({ house }) => house.ask<{ waiting: number }>('status')))
  const total = first.reduce((sum, { waiting }) => sum + waiting, 0)
  if (total === 0) return activity.end('nothing waits on any laptop')
  officers.forEach(({ link }, index) => {
    link.setFaults(weather[index % weather.length] ?? {})
    link.setUp(true)
  })
  const cutsNow = () => officers.reduce((sum, { link }, i) => sum + link.stats().cuts - (before[i]?.cuts ?? 0), 0)
  await untilAll(
    officers,
    ({ waiting }) => waiting === 0,
    LIMIT_MS,
    statuses => {
      const waiting = statuses.reduce((sum, status) => sum + status.waiting, 0)
      activity.update(Math.max(0, total - waiting), total, `${cutsNow()} cut${cutsNow() === 1 ? '' : 's'} so far`)
    },
  )
  const up = officers.reduce((sum, { link }, i) => sum + link.stats().bytesUp - (before[i]?.bytesUp ?? 0), 0)
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1)
  activity.end(
    `${total} submissions are at the centre after ${seconds} s, ${cutsNow()} cut${cutsNow() === 1 ? '' : 's'} and ${(up / 1000).toFixed(0)} kB sent`,
  )
}

/** A quiet link, and everything that goes down the feed has arrived. */
export async function settleDown(walk: Walk, feedNumber: number): Promise<void> {
  for (const { link } of walk.officers) {
    link.setFaults({ latencyMs: 5 })
    link.setUp(true)
  }
  await untilAll(walk.officers, status => status.waiting === 0 && status.feedNumber >= feedNumber, LIMIT_MS)
}
