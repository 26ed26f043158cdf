/**
 * A bad network between two real sockets: a TCP proxy in user space, because not every kernel
 * can shape its own traffic. It delays, throttles, chops and cuts; what it decides comes from a
 * seed, so a failing run can be looked at again.
 *
 * N1 bytes that arrive, arrive in order and unchanged; a cut loses what is on its way, both ways
 * N2 while the link is down, connections are refused by closing them at once
 * N3 after disposal nothing is open: no server, no socket, no timer
 */
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { seededRandom } from './seeded-random.ts'

export interface LinkFaults {
  /** One way. */
  readonly latencyMs?: number
  /** Each way. */
  readonly bytesPerSecond?: number
  /** Each connection is cut after a time drawn from this span. */
  readonly cutEveryMs?: readonly [min: number, max: number]
  /** Largest piece that is passed on at once. */
  readonly chopBytes?: number
}

export interface LinkStats {
  readonly cuts: number
  readonly connections: number
  /** From the client to the target, as passed on. */
  readonly bytesUp: number
  readonly bytesDown: number
}

export interface FaultyLink extends AsyncDisposable {
  readonly port: number
  /** Going down cuts what is connected. */
  readonly setUp: (up: boolean) => void
  /** At once, for what is connected too. */
  readonly setFaults: (faults: LinkFaults) => void
  readonly stats: () => LinkStats
}

export async function startFaultyLink({
  targetPort,
  targetHost = '127.0.0.1',
  seed,
  faults = {},
}: {
  readonly targetPort: number
  readonly targetHost?: string
  readonly seed: number
  readonly faults?: LinkFaults
}): Promise<FaultyLink> {
  const random = seededRandom(seed)
  const count = { cuts: 0, connections: 0, bytesUp: 0, bytesDown: 0 }
  const open = new Set<{ readonly cut: () => void; readonly schedule: () => void }>()
  let present = faults
  let up = true

  const server = createServer({ allowHalfOpen: true }, client => {
    if (!up) {
      client.destroy()
      return
    }
    count.connections += 1
    const target = connect({ port: targetPort, host: targetHost, allowHalfOpen: true })
    const stopUp = pump(
      client,
      target,
      () => present,
      n => (count.bytesUp += n),
    )
    const stopDown = pump(
      target,
      client,
      () => present,
      n => (count.bytesDown += n),
    )
    let timer: NodeJS.Timeout | undefined
    const end = (): void => {
      clearTimeout(timer)
      stopUp()
      stopDown()
      client.destroy()
      target.destroy()
      open.delete(connection)
    }
    const connection = {
      cut: () => {
        count.cuts += 1
        end()
      },
      schedule: () => {
        clearTimeout(timer)
        const span = present.cutEveryMs
        if (span !== undefined) timer = setTimeout(connection.cut, span[0] + random() * (span[1] - span[0]))
      },
    }
    open.add(connection)
    connection.schedule()
    let closed = 0
    for (const socket of [client, target]) {
      socket.on('error', end)
      socket.on('close', () => {
        closed += 1
        if (closed === 2) end()
      })
    }
  })
  await listen(server)

  return {
    port: (server.address() as AddressInfo).port,
    setUp: next => {
      up = next
      if (!up) for (const { cut } of open) cut()
    },
    setFaults: next => {
      present = next
      for (const { schedule } of open) schedule()
    },
    stats: () => ({ ...count }),
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise(resolve => server.close(resolve))
      for (const { cut } of open) cut()
      await closed
    },
  }
}

const listen = (server: Server): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })

/**
 * One direction: each piece is due when the line is free again and its latency is over.
 * The source is paused while much is on its way, so that a slow line is felt by the sender.
 */
function pump(source: Socket, sink: Socket, faults: () => LinkFaults, passed: (sizeBytes: number) => void): () => void {
  const waiting: { piece: Buffer | null; dueMs: number }[] = []
  let waitingBytes = 0
  let lineFreeMs = 0
  let timer: NodeJS.Timeout | undefined

  const isFull = (): boolean => {
    const { bytesPerSecond } = faults()
    return waitingBytes >= (bytesPerSecond === undefined ? 1_000_000 : Math.max(16_000, bytesPerSecond / 4))
  }
  const deliver = (): void => {
    timer = undefined
    for (let head = waiting[0]; head !== undefined; head = waiting[0]) {
      const leftMs = head.dueMs - performance.now()
      if (leftMs > 0.5) {
        timer = setTimeout(deliver, leftMs)
        return
      }
      waiting.shift()
      if (head.piece === null) sink.end()
      else {
        waitingBytes -= head.piece.length
        passed(head.piece.length)
        const sinkIsFull = !sink.write(head.piece)
        if (!sinkIsFull && !isFull()) source.resume()
        else source.pause()
      }
    }
  }
  const enqueue = (piece: Buffer | null): void => {
    const { latencyMs = 0, bytesPerSecond } = faults()
    const nowMs = performance.now()
    const sizeBytes = piece?.length ?? 0
    lineFreeMs = Math.max(lineFreeMs, nowMs) + (bytesPerSecond === undefined ? 0 : (sizeBytes / bytesPerSecond) * 1000)
    waiting.push({ piece, dueMs: lineFreeMs + latencyMs })
    waitingBytes += sizeBytes
    if (isFull()) source.pause()
    if (timer === undefined) timer = setTimeout(deliver, Math.max(0, (waiting[0]?.dueMs ?? 0) - nowMs))
  }

  source.on('data', (data: Buffer) => {
    // A throttled line passes small pieces, or one large write would arrive as one jump.
    const { chopBytes, bytesPerSecond } = faults()
    const pieceBytes =
      chopBytes ?? (bytesPerSecond === undefined ? data.length : Math.ceil(Math.max(256, bytesPerSecond / 50)))
    for (let at = 0; at < data.length; at += pieceBytes) enqueue(data.subarray(at, at + pieceBytes))
  })
  source.on('end', () => enqueue(null))
  sink.on('drain', () => source.resume())
  return () => clearTimeout(timer)
}
