/**
 * Whether a socket still has somebody at its other end. A quiet one is asked (a ping of the WebSocket,
 * which every version answers), more seldom the longer it proves itself, and ended if it does not answer.
 */
import type { WebSocket } from 'ws'

const FIRST_QUIET_MS = 20_000
const LONGEST_QUIET_MS = 60_000
const GROWTH = 1.5
const PONG_MS = 15_000

export interface Silence {
  readonly heard: () => void
  readonly stop: () => void
}

export function watchSilence(
  socket: Pick<WebSocket, 'ping' | 'terminate' | 'on' | 'isPaused'>,
  { firstMs = FIRST_QUIET_MS, longestMs = LONGEST_QUIET_MS, pongMs = PONG_MS } = {},
): Silence {
  let quietMs = firstMs
  let timer: NodeJS.Timeout
  const listen = (): void => {
    clearTimeout(timer)
    timer = setTimeout(ask, quietMs)
  }
  const ask = (): void => {
    // We do not read it ourselves now, so it cannot answer.
    if (socket.isPaused) return listen()
    socket.ping()
    timer = setTimeout(() => socket.terminate(), pongMs)
  }
  timer = setTimeout(ask, quietMs)
  socket.on('pong', () => {
    quietMs = Math.min(longestMs, quietMs * GROWTH)
    listen()
  })
  return { heard: listen, stop: () => clearTimeout(timer) }
}
