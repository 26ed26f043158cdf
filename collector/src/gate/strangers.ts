/**
 * Sockets that have proved nothing yet: a flood of them must not keep officers out. There is room for
 * so many of all, and for a share of them from one address, so that one flood is not everybody's.
 *
 * Behind a proxy on this machine every socket comes from here; then the proxy's word on the address
 * counts. Nobody else's does.
 */
import type { IncomingMessage } from 'node:http'

export interface Strangers {
  readonly isWelcome: (address: string) => boolean
  /** @returns How to leave: by proving something, or by going. Again is harmless. */
  readonly arrive: (address: string) => () => void
}

const MOST_OF_ALL = 256
/** A whole office may come back at once when the power does. */
const MOST_OF_ONE = 64
/** Where nobody says who is behind it. */
const HERE = ''

export function createStrangers(most = { ofAll: MOST_OF_ALL, ofOne: MOST_OF_ONE }): Strangers {
  const byAddress = new Map<string, number>()
  let all = 0
  const change = (address: string, by: number): void => {
    all += by
    const left = (byAddress.get(address) ?? 0) + by
    if (left > 0) byAddress.set(address, left)
    else byAddress.delete(address)
  }
  return {
    isWelcome: address => all < most.ofAll && (address === HERE || (byAddress.get(address) ?? 0) < most.ofOne),
    arrive: address => {
      let isHere = true
      change(address, 1)
      return () => {
        if (isHere) change(address, -1)
        isHere = false
      }
    },
  }
}

const LOOPBACK = /^(?:::1|(?:::ffff:)?127\.)/

export function addressOf({ socket, headers }: IncomingMessage): string {
  const peer = socket.remoteAddress ?? HERE
  if (!LOOPBACK.test(peer)) return peer
  const forwarded = headers['x-forwarded-for']
  const last = (Array.isArray(forwarded) ? forwarded.join(',') : (forwarded ?? '')).split(',').at(-1)
  return last?.trim() ?? HERE
}
