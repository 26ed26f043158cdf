/** The agent's end of a link: what `openLink` gives on a real socket, on the virtual network. */
import type { Link, OpenLink } from '@murram/agent/weather'
import { err, fault, ok } from '@murram/ground'
import { createSendQueue, decodeDown, encodeUp, priorityOf, type Down, type Up } from '@murram/wire'
import type { LinkEnd, Network, Side } from './virtual-network.ts'
import type { Life, VirtualTime } from './virtual-time.ts'

export interface VirtualLinkDeps {
  readonly life: Life
  readonly time: VirtualTime
  readonly network: Network
  /** Of the collector that hears a call; `null` where none does. */
  readonly answering: () => ((side: Side) => LinkEnd) | null
  /** The laptop may die before and after what it sends. */
  readonly at: (place: string) => void
  readonly tell: (text: () => string) => void
  readonly onOpen: (side: Side) => void
  readonly onClose: (side: Side) => void
  /** A variant may hear something else, or do something after a batch was sent. */
  readonly heard: (message: Down) => Down
  readonly onBatchSent: () => void
  /** Bytes of a file. */
  readonly onPieceSent: (sizeBytes: number) => void
}

export const virtualOpenLink =
  (deps: VirtualLinkDeps): OpenLink =>
  async (_url, deadlineMs, events, given) => {
    const { life, time, network, at, tell } = deps
    let side: Side | null = null
    let closed = false
    const end = (): boolean => {
      if (closed) return false
      closed = true
      if (side !== null) deps.onClose(side)
      return true
    }
    const drop = (reason: string): void => {
      if (!end()) return
      side?.drop()
      // As a socket does: later, never inside the call that ended it.
      time.after(0, () => events.onClosed(reason), life)
    }
    const ours: LinkEnd = {
      life,
      closed: () => drop('closed'),
      hear: frame => {
        if (closed) return
        const message = decodeDown(frame)
        tell(() => `← ${message.ok ? `${message.value.type}${briefly(message.value)}` : message.error.fault}`)
        if (message.ok) events.onMessage(deps.heard(message.value))
        else drop(message.error.fault)
      },
    }
    const opened = await new Promise<Side | null>(resolve => {
      let isLate = false
      const giveUp = (): void => {
        isLate = true
        resolve(null)
      }
      time.after(deadlineMs, giveUp, life)
      given.addEventListener('abort', giveUp)
      void network.connect(ours, deps.answering()).then(made => {
        if (isLate) made?.drop()
        return resolve(made)
      })
    })
    if (opened === null || closed) return err(fault('sync.unreachable', 'nobody answers'))
    side = opened
    deps.onOpen(opened)

    const queue = createSendQueue({
      send: (frame, taken) => {
        if (!closed) opened.send(frame)
        time.after(closed ? 0 : frame.length / network.bytesPerMs(), taken, life)
      },
    })
    const put = (frame: Uint8Array, priority: Parameters<typeof queue.put>[1]): void => {
      at('send, before')
      void queue.put(frame, priority)
      at('send, after')
    }
    const link = {
      send: (message: Up) => {
        tell(() => `→ ${message.type}${briefly(message)}`)
        if (message.type === 'piece') deps.onPieceSent(message.bytes.length)
        put(encodeUp(message), priorityOf(message))
      },
      sendFrame: (frame: Uint8Array) => {
        tell(() => `→ push of ${frame.length} bytes`)
        put(frame, 'submissions')
        deps.onBatchSent()
      },
      drop: () => drop('dropped'),
      close: async () => {
        void queue.drained().then(() => end() && opened.close())
      },
      bytes: () => ({ up: opened.bytes().sent, down: opened.bytes().heard }),
    }
    return ok(link as Link)
  }

const SAID =
  'epoch from to durableUpto safeUpto feedNumber upto lastN fault more offer offset sizeBytes haveBytes complete'.split(
    ' ',
  )

function briefly(message: object): string {
  const { rows, results, ...rest } = message as Record<string, unknown> & {
    readonly rows?: readonly unknown[]
    readonly results?: readonly { readonly n: number; readonly result: string }[]
  }
  const said = SAID.flatMap(word => (rest[word] === undefined ? [] : [`${word} ${JSON.stringify(rest[word])}`]))
  if (rows !== undefined) said.push(`${rows.length} rows`)
  if (results !== undefined) said.push(results.map(({ n, result }) => `${n} ${result}`).join(', '))
  return said.length === 0 ? '' : ` (${said.join(', ')})`
}
