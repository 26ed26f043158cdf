/**
 * One WebSocket as a mailbox: frames go out, messages and the end of the link come in as
 * events, in order. Compression is off here: each frame is compressed by itself (wire).
 */
import { err, fault, ok, type FaultOf, type Result } from '@murram/ground'
import { createSendQueue, decodeDown, encodeUp, MAX_FRAME_BYTES, priorityOf, type Down, type Up } from '@murram/wire'
import { WebSocket } from 'ws'

export interface Link {
  /** What both sides speak; a message of a later version is not to be sent. */
  readonly protocol: number
  readonly send: (message: Up) => void
  /** A `push` that was encoded already. */
  readonly sendFrame: (frame: Uint8Array) => void
  /** At once: a peer that is gone does not answer a closing handshake. */
  readonly drop: () => void
  /** Lets what was sent arrive first, for a moment at most. */
  readonly close: () => Promise<void>
  readonly bytes: () => { readonly up: number; readonly down: number }
}

/** Before hands were shaken. */
export type OpenedLink = Omit<Link, 'protocol'>

export interface LinkEvents {
  readonly onMessage: (message: Down) => void
  /** Once, and nothing after it. */
  readonly onClosed: (reason: string) => void
}

const CLOSING_MS = 1_000

type Unreachable = FaultOf<'sync.unreachable'>
export type OpenLink = typeof openLink

/**
 * @param deadlineMs Until the link is open.
 * @param given Ends the attempt; a link that is open is not touched by it.
 */
export function openLink(
  url: URL,
  deadlineMs: number,
  events: LinkEvents,
  given: AbortSignal,
): Promise<Result<OpenedLink, Unreachable>> {
  const gate = new URL('/sync', url)
  const socket = new WebSocket(gate, {
    perMessageDeflate: false,
    handshakeTimeout: deadlineMs,
    maxPayload: MAX_FRAME_BYTES + 1,
  })
  socket.binaryType = 'nodebuffer'
  let [up, down] = [0, 0]
  let reason = 'closed'
  const queue = createSendQueue({
    bufferedBytes: () => socket.bufferedAmount,
    send: (frame, taken) => {
      if (socket.readyState !== WebSocket.OPEN) return taken()
      up += frame.length
      socket.send(frame, { binary: true }, () => taken())
    },
  })
  const link: OpenedLink = {
    send: message => void queue.put(encodeUp(message), priorityOf(message)),
    sendFrame: frame => void queue.put(frame, 'submissions'),
    drop: () => socket.terminate(),
    close: () =>
      new Promise(resolve => {
        if (socket.readyState === WebSocket.CLOSED) return resolve()
        const timer = setTimeout(() => socket.terminate(), CLOSING_MS)
        socket.once('close', () => {
          clearTimeout(timer)
          resolve()
        })
        void queue.drained().then(() => socket.close(1000))
      }),
    bytes: () => ({ up, down }),
  }
  socket.on('message', data => {
    const frame = data as Buffer
    down += frame.length
    const message = decodeDown(frame)
    if (message.ok) return events.onMessage(message.value)
    reason = message.error.fault
    socket.terminate()
  })
  return new Promise(resolve => {
    let opened = false
    const giveUp = (): void => socket.terminate()
    given.addEventListener('abort', giveUp)
    if (given.aborted) giveUp()
    socket.on('error', error => {
      reason = error.message
    })
    socket.on('open', () => {
      opened = true
      given.removeEventListener('abort', giveUp)
      resolve(ok(link))
    })
    socket.on('close', () => {
      if (opened) events.onClosed(reason)
      else resolve(err(fault('sync.unreachable', reason)))
    })
  })
}
