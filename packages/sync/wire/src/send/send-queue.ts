/**
 * One side's frames on their way to the line, the urgent ones first. What has been handed to a
 * line cannot be overtaken any more, so only one frame is handed over at a time and the rest
 * waits here.
 *
 * Laws, in `send-queue.test.ts`:
 *   S1 no frame is handed over before the line took the one before it, nor while it buffers more
 *      than `boundBytes`
 *   S2 of what waits, the most urgent goes first; of equally urgent frames, the first that came
 *   S3 whatever waits goes in the end: nothing is passed over more than `PATIENCE` times
 *   S4 what has to be acked stays within the credit, except that one frame may always go
 *   S5 what was put is handed over once, or told `false` when the queue ends
 *
 * Not here: what is urgent (`priority-of.ts`), and how large a frame may be: whoever makes one
 * asks the measured rate (`reading-window.ts`), for a frame is not divided once it is made.
 */
import { PRIORITIES, type Priority } from './priority-of.ts'

export interface SendQueueDeps {
  /** @param taken To be called once the line took it, and also when the line broke. */
  readonly send: (frame: Uint8Array, taken: () => void) => void
  /** What the line itself still holds. */
  readonly bufferedBytes?: () => number
  readonly boundBytes?: number
  /** How much of what has to be acked may be on its way; no bound unless told. */
  readonly creditBytes?: number
}

export interface SendQueue {
  /** Whether it was handed over; known when it was, or when the queue ended. */
  readonly put: (frame: Uint8Array, priority: Priority) => Promise<boolean>
  readonly waitingBytes: () => number
  /** The other side said how much it takes. */
  readonly allow: (creditBytes: number) => void
  /** The other side has these bytes for good. */
  readonly acked: (sizeBytes: number) => void
  /** Look again: the line may have room. */
  readonly pump: () => void
  /** Everything that was put has been taken by the line, or never will be. */
  readonly drained: () => Promise<void>
  readonly end: () => void
}

interface Waiting {
  readonly frame: Uint8Array
  readonly settle: (handedOver: boolean) => void
}

const BOUND_BYTES = 16_000
/** So often may a frame see others go first. */
export const PATIENCE = 16
/** What the other side acks. */
const ACKED: ReadonlySet<Priority> = new Set<Priority>(['submissions', 'attachments'])

export function createSendQueue({
  send,
  bufferedBytes = () => 0,
  boundBytes = BOUND_BYTES,
  creditBytes = Infinity,
}: SendQueueDeps): SendQueue {
  const lines = PRIORITIES.map(priority => ({ priority, waiting: [] as Waiting[], passedOver: 0 }))
  type Line = (typeof lines)[number]
  let credit = creditBytes
  let unackedBytes = 0
  let waitingBytes = 0
  let isHanding = false
  let isPumping = false
  let isOver = false
  const listeners: (() => void)[] = []

  const isEmpty = (): boolean => isOver || (!isHanding && waitingBytes === 0)
  const tellWhenEmpty = (): void => {
    if (!isEmpty()) return
    for (const tell of listeners.splice(0)) tell()
  }
  const mayGo = ({ priority, waiting }: Line): boolean => {
    const [first] = waiting
    if (first === undefined) return false
    return !ACKED.has(priority) || unackedBytes === 0 || unackedBytes + first.frame.length <= credit
  }
  const choose = (): Line | undefined => {
    const ready = lines.filter(mayGo)
    return ready.find(line => line.passedOver >= PATIENCE) ?? ready[0]
  }

  const pump = (): void => {
    // S1. A line may take a frame within the call; then the loop below goes on, and no stack grows.
    if (isPumping) return
    isPumping = true
    while (!isOver && !isHanding && bufferedBytes() <= boundBytes) {
      const line = choose()
      const next = line?.waiting.shift()
      if (line === undefined || next === undefined) break
      for (const other of lines) if (other !== line && mayGo(other)) other.passedOver += 1
      line.passedOver = 0
      waitingBytes -= next.frame.length
      if (ACKED.has(line.priority)) unackedBytes += next.frame.length
      isHanding = true
      let wasTaken = false
      send(next.frame, () => {
        if (wasTaken) return
        wasTaken = true
        isHanding = false
        next.settle(!isOver)
        pump()
      })
    }
    isPumping = false
    tellWhenEmpty()
  }

  return {
    put: (frame, priority) =>
      new Promise(settle => {
        if (isOver) return settle(false)
        lines.find(line => line.priority === priority)?.waiting.push({ frame, settle })
        waitingBytes += frame.length
        pump()
      }),
    waitingBytes: () => waitingBytes,
    allow: bytes => {
      credit = bytes
      pump()
    },
    acked: sizeBytes => {
      unackedBytes = Math.max(0, unackedBytes - sizeBytes)
      pump()
    },
    pump,
    drained: () => new Promise(tell => (isEmpty() ? tell() : listeners.push(tell))),
    end: () => {
      isOver = true
      for (const { waiting } of lines) for (const { settle } of waiting.splice(0)) settle(false)
      waitingBytes = 0
      tellWhenEmpty()
    },
  }
}
