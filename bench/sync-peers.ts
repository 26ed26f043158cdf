/** What the sync benchmark asks of its peers: the same interviews, the same links. */
import { startFaultyLink } from '@murram/testkit'
import { BAD_LINK, BAD_LINK_LIMIT_MS, WARM_UP } from './sync-ours.ts'
import { startPart, type SocketBytes } from './sync-processes.ts'

export type PeerName = 'pouchdb' | 'rxdb'

export const PEERS: Readonly<Record<PeerName, string>> = {
  pouchdb: 'PouchDB 9 → express-pouchdb, LevelDB on both sides (not fsynced)',
  rxdb: 'RxDB 17.6 replication-websocket, our fsynced storage on both sides',
}

export interface PeerPushed {
  readonly ms: number
  readonly perSecond: number
  readonly upEach: number
  readonly downEach: number
  readonly arrived: number
}

/** @param throughBadLink With the seed of its faults; without one, loopback. */
export async function pushWithPeer(name: PeerName, count: number, throughBadLink?: number): Promise<PeerPushed> {
  await using server = startPart('sync-peer.ts')
  await using client = startPart('sync-peer.ts')
  for (const part of [server, client]) await part.ask('open', name)
  const target = new URL(await server.ask<string>('serve'))
  const warmUp = throughBadLink === undefined ? WARM_UP : 0
  if (warmUp > 0) {
    await client.ask('fill', warmUp)
    await client.ask('push', { address: target.href.replace(/(?<=\d)\/$/, ''), deadlineMs: BAD_LINK_LIMIT_MS })
  }
  await client.ask('fill', count)
  await using link =
    throughBadLink === undefined
      ? null
      : await startFaultyLink({ targetPort: Number(target.port), seed: throughBadLink, faults: BAD_LINK })
  if (link !== null) target.port = String(link.port)
  const before = await server.ask<SocketBytes>('bytes')
  const address = target.href.replace(/(?<=\d)\/$/, '')
  const ms = await client.ask<number>('push', { address, deadlineMs: BAD_LINK_LIMIT_MS })
  const after = await server.ask<SocketBytes>('bytes')
  const arrived = (await server.ask<number>('count')) - warmUp
  return {
    ms,
    perSecond: (arrived / ms) * 1_000,
    upEach: (after.up - before.up) / count,
    downEach: (after.down - before.down) / count,
    arrived,
  }
}
