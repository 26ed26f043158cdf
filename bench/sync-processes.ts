/**
 * Parts of a benchmark as processes of their own, spoken to by requests: `{ id, ask, input }`
 * and `{ id, value }`. Here too is how every server counts its sockets, ours and the peers'.
 *
 * With BENCH_PROFILE=FOLDER each part writes there a CPU profile of what is timed.
 */
import { fork } from 'node:child_process'
import { subscribe } from 'node:diagnostics_channel'
import { writeFileSync } from 'node:fs'
import { Session } from 'node:inspector/promises'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** PostgreSQL outlives a collector that is killed, so a busy machine is given time. */
const STOP_MS = 90_000

export interface Part extends AsyncDisposable {
  readonly ask: <T>(name: string, input?: unknown) => Promise<T>
  readonly stop: () => Promise<void>
}

interface Reply {
  readonly id: number
  readonly value?: unknown
  readonly failed?: string
}

export function startPart(file: string): Part {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), {
    execArgv: ['--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    serialization: 'advanced',
  })
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>()
  let last = 0
  const ended = new Promise<void>(resolve => {
    child.on('exit', code => {
      for (const { reject } of waiting.values()) reject(new Error(`${file} ended with ${code ?? 'a signal'}`))
      resolve()
    })
  })
  child.on('message', ({ id, value, failed }: Reply) => {
    const request = waiting.get(id)
    waiting.delete(id)
    if (failed === undefined) request?.resolve(value)
    else request?.reject(new Error(failed))
  })
  const stop = async (): Promise<void> => {
    if (child.connected) child.disconnect()
    const force = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
    await ended
    clearTimeout(force)
  }
  return {
    ask: <T>(name: string, input?: unknown) =>
      new Promise<T>((resolve, reject) => {
        last += 1
        waiting.set(last, { resolve: value => resolve(value as T), reject })
        child.send({ id: last, ask: name, input })
      }),
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

/** The child's side: answers until whoever started it lets go. */
export function servePart(
  handlers: Readonly<Record<string, (input: never) => unknown>>,
  close: () => Promise<void>,
): void {
  const answer = async (ask: string, input: unknown): Promise<Omit<Reply, 'id'>> => {
    try {
      return { value: await handlers[ask]?.(input as never) }
    } catch (error) {
      return { failed: error instanceof Error ? (error.stack ?? error.message) : String(error) }
    }
  }
  process.on('message', ({ id, ask, input }: { id: number; ask: string; input: unknown }) => {
    void answer(ask, input).then(reply => process.send?.({ id, ...reply }))
  })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {})
  process.on('disconnect', () => void close().finally(() => process.exit()))
}

/** Does nothing unless BENCH_PROFILE names a folder. @param name Of the file. */
export async function startProfile(name: string): Promise<() => Promise<void>> {
  const folder = process.env['BENCH_PROFILE']
  if (folder === undefined) return async () => {}
  const session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.setSamplingInterval', { interval: 200 })
  await session.post('Profiler.start')
  return async () => {
    const { profile } = await session.post('Profiler.stop')
    session.disconnect()
    writeFileSync(join(folder, `${name}-${process.pid}-${Date.now()}.cpuprofile`), JSON.stringify(profile))
  }
}

export interface SocketBytes {
  readonly up: number
  readonly down: number
}

/** Everything that passed any socket which this process accepted: handshakes and headers too. */
export function countSockets(): () => SocketBytes {
  const sockets = new Set<Socket>()
  const gone = { up: 0, down: 0 }
  subscribe('net.server.socket', message => {
    const { socket } = message as { socket: Socket }
    sockets.add(socket)
    socket.on('close', () => {
      sockets.delete(socket)
      gone.up += socket.bytesRead
      gone.down += socket.bytesWritten
    })
  })
  return () =>
    [...sockets].reduce(
      ({ up, down }, { bytesRead, bytesWritten }) => ({ up: up + bytesRead, down: down + bytesWritten }),
      gone,
    )
}
