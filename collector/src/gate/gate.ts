/**
 * The WebSocket at `/sync`, on the port of the HTTP server: which sockets there are, how many,
 * and how long one may stay silent. What is said on them: `gate-session.ts`.
 */
import { setImmediate } from 'node:timers/promises'
import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { fault, type DeviceId, type Fault } from '@murram/ground'
import { MAX_FRAME_BYTES } from '@murram/wire'
import type { Logger } from 'pino'
import { WebSocketServer, type RawData, type WebSocket } from 'ws'
import { reasonOf } from '../db/handles.ts'
import type { Metrics } from '../metrics/metrics.ts'
import { watchSilence } from './silence.ts'
import { addressOf, createStrangers } from './strangers.ts'
import { createGateSession, type GateNeeds, type GateSession, type Line } from './gate-session.ts'

export interface Gate {
  readonly attach: (server: Server) => void
  /** What a session is answered by; a file on a stick is answered by the same. */
  readonly needs: GateNeeds
  readonly isConnected: (deviceId: string) => boolean
  readonly connected: () => number
  /** Every session hears of root documents and of what is in force. */
  readonly tellTrust: () => void
  /** Ends every session of a device. */
  readonly drop: (deviceId: DeviceId, reason: Fault) => Promise<void>
  readonly close: () => void
}

export interface GateDeps {
  readonly needs: GateNeeds
  readonly log: Logger
  readonly metrics: Metrics
  /** @returns How to stop listening. */
  readonly onRing: (listener: () => void) => () => void
  readonly onPresence: (deviceId: DeviceId, connected: boolean) => void
}

const PATH = '/sync'
const PROVE_WITHIN_MS = 15_000
/** Batches arrive faster than anyone reads: one hint for all of them, soon after a quiet while and seldom after that. */
/** A statement is good for a week: a session that lasts longer hears of it in time. */
const DAY_MS = 86_400_000
const HINT_SOON_MS = 50
const HINT_EVERY_MS = 1_000

export function createGate({ needs, log, metrics, onRing, onPresence }: GateDeps): Gate {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_FRAME_BYTES, perMessageDeflate: false })
  const sessions = new Map<WebSocket, GateSession>()
  const strangers = createStrangers()
  let hintTimer: NodeJS.Timeout | undefined
  let hintedAtMs = Number.NEGATIVE_INFINITY

  const of = (deviceId: string) => [...sessions.values()].filter(session => session.deviceId() === deviceId)

  const accept = (socket: WebSocket, address: string) => {
    const line = lineOf(socket, bytes => metrics.bytes.inc({ direction: 'down' }, bytes))
    let known: DeviceId | undefined
    const session = createGateSession({ nextTurn: setImmediate, ...needs }, line, {
      opened: deviceId => {
        known = deviceId
        leaveStrangers()
        // A cut that only one side noticed leaves a session that nobody speaks on.
        for (const other of of(deviceId)) if (other !== session) void other.refuse(fault('sync.replaced', deviceId))
        clearTimeout(proof)
        metrics.connected.inc()
        onPresence(deviceId, true)
      },
      refused: reason => {
        metrics.refusals.inc({ fault: reason.fault })
        log.info({ deviceId: known, ...reason }, 'a session was refused')
      },
      failed: cause => log.error({ deviceId: known, reason: reasonOf(cause) }, 'a message failed'),
    })
    const proof = setTimeout(() => socket.terminate(), PROVE_WITHIN_MS)
    const silence = watchSilence(socket)
    const leaveStrangers = strangers.arrive(address)
    sessions.set(socket, session)
    socket.on('message', (data: RawData) => {
      silence.heard()
      const frame = toBytes(data)
      metrics.bytes.inc({ direction: 'up' }, frame.length)
      session.hear(frame)
    })
    socket.on('error', error => log.info({ deviceId: known, reason: error.message }, 'a socket broke'))
    socket.on('close', () => {
      clearTimeout(proof)
      silence.stop()
      leaveStrangers()
      sessions.delete(socket)
      if (known === undefined) return
      metrics.connected.dec()
      if (of(known).length === 0) onPresence(known, false)
    })
  }

  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // Not by `new URL`: what a stranger asks for need not be an address at all.
    if ((request.url ?? '').split('?', 1)[0] !== PATH) return turnAway(socket, '404 Not Found')
    const address = addressOf(request)
    if (!strangers.isWelcome(address)) {
      metrics.refusals.inc({ fault: 'strangers' })
      return turnAway(socket, '503 Service Unavailable')
    }
    return sockets.handleUpgrade(request, socket, head, opened => accept(opened, address))
  }

  const tellTrust = () => sessions.forEach(session => session.tellTrust())
  const daily = setInterval(tellTrust, DAY_MS).unref()

  const stopHints = onRing(() => {
    hintTimer ??= setTimeout(
      () => {
        hintTimer = undefined
        hintedAtMs = performance.now()
        needs
          .feedNumber()
          .then(feedNumber => sessions.forEach(session => session.hint(feedNumber)))
          .catch((cause: unknown) => log.warn({ reason: String(cause) }, 'no hint was sent'))
      },
      Math.max(HINT_SOON_MS, hintedAtMs + HINT_EVERY_MS - performance.now()),
    )
  })

  return {
    needs,
    attach: server => server.on('upgrade', upgrade),
    isConnected: deviceId => of(deviceId).length > 0,
    connected: () => new Set([...sessions.values()].flatMap(session => session.deviceId() ?? [])).size,
    tellTrust,
    drop: async (deviceId, reason) => {
      await Promise.all(of(deviceId).map(session => session.refuse(reason)))
    },
    close: () => {
      stopHints()
      clearTimeout(hintTimer)
      clearInterval(daily)
      for (const socket of sessions.keys()) socket.terminate()
      sockets.close()
    },
  }
}

const lineOf = (socket: WebSocket, count: (bytes: number) => void): Line => ({
  send: frame =>
    new Promise(settle => {
      count(frame.length)
      // A socket that broke says so by 'close'; what it was not told, the device asks again.
      socket.send(frame, () => settle())
    }),
  close: () => socket.close(1008),
  pause: () => socket.pause(),
  resume: () => socket.resume(),
})

const toBytes = (data: RawData): Uint8Array =>
  Array.isArray(data) ? Buffer.concat(data) : data instanceof ArrayBuffer ? new Uint8Array(data) : data

/** Until a socket is a WebSocket nobody else hears of its end; an unheard reset would end the process. */
const turnAway = (socket: Duplex, status: string): void => {
  socket.on('error', () => socket.destroy())
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => socket.destroy())
}
