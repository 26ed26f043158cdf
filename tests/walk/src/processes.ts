/**
 * The houses as processes of their own, as they are in the field: each can be killed without
 * a word, and started again on the same folder.
 *
 * A request is `{ id, ask, input }` and its answer `{ id, value }` or `{ id, failed }`.
 */
import { fork, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'

export interface House {
  readonly pid: number
  /** Rejects with what the process answered, or when it has died. */
  ask<T>(name: string, input?: unknown): Promise<T>
  /** Resolves with `SIGKILL`, another signal, or the exit code. */
  readonly ended: Promise<string>
  /** Asks it to end in order, and kills it when it has not after ten seconds. */
  stop(): Promise<void>
  kill(): Promise<void>
  /** The last lines that it wrote to its error stream. */
  lastWords(): string
}

export interface StartOptions {
  readonly program: string
  readonly config: unknown
  readonly env?: Readonly<Record<string, string>>
}

interface Reply {
  readonly id: number
  readonly value?: unknown
  readonly failed?: string
}

const KEPT_LINES = 40
const STOP_MS = 10_000

/** Resolves once the process has said `ready`. */
export async function startHouse({ program, config, env = {} }: StartOptions): Promise<House> {
  const child = fork(program, [JSON.stringify(config)], {
    env: { ...process.env, ...env },
    execArgv: ['--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    serialization: 'advanced',
  })
  const words: string[] = []
  for (const stream of [child.stdout, child.stderr]) if (stream !== null) keepLines(stream, words)

  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>()
  let next = 0
  let dead: string | undefined

  const ended = new Promise<string>(resolve => {
    child.on('exit', (code, signal) => {
      dead = signal ?? String(code)
      for (const { reject } of waiting.values()) reject(new Error(died(program, dead, words)))
      waiting.clear()
      resolve(dead)
    })
  })
  child.on('message', (message: Reply) => {
    const request = waiting.get(message.id)
    waiting.delete(message.id)
    if (message.failed === undefined) request?.resolve(message.value)
    else request?.reject(new Error(message.failed))
  })

  const ask = <T>(name: string, input?: unknown) =>
    new Promise<T>((resolve, reject) => {
      if (dead !== undefined) return reject(new Error(died(program, dead, words)))
      const id = (next += 1)
      waiting.set(id, { resolve: value => resolve(value as T), reject })
      child.send({ id, ask: name, input }, error => {
        if (error === null) return
        waiting.delete(id)
        reject(new Error(died(program, dead ?? error.message, words)))
      })
    })

  const house: House = {
    pid: child.pid ?? -1,
    ask,
    ended,
    stop: () => stopInOrder(child, ended, () => dead !== undefined),
    kill: async () => {
      child.kill('SIGKILL')
      await ended
    },
    lastWords: () => words.join('\n'),
  }
  await ask('ready')
  return house
}

async function stopInOrder(child: ChildProcess, ended: Promise<string>, isDead: () => boolean): Promise<void> {
  if (isDead()) return
  const force = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
  child.send({ id: 0, ask: 'stop' }, () => {})
  await ended
  clearTimeout(force)
}

/** A house that ended by itself has said why; one that was killed has not. */
const died = (program: string, how: string, words: readonly string[]): string => {
  const said = words.slice(-12).join('\n')
  return how === '1' && said !== ''
    ? said
    : `${program.split('/').at(-1)} ended (${how})${said === '' ? '' : `:\n${said}`}`
}

function keepLines(stream: Readable, words: string[]): void {
  createInterface({ input: stream }).on('line', line => {
    words.push(line)
    if (words.length > KEPT_LINES) words.shift()
  })
}

type Handlers = Readonly<Record<string, (input: never) => unknown>>

export interface OpenHouse {
  readonly handlers: Handlers
  readonly close: () => Promise<void>
}

/**
 * The child's side: opens, then answers requests one after the other, and ends on `stop` or
 * when whoever started it is gone. A house that cannot open says why, in the catalogue's words.
 *
 * Ctrl-C reaches every process of a terminal. Here it is left to whoever started the houses,
 * for they must end in order: officers first, the database last.
 */
export async function runHouse(open: () => Promise<OpenHouse>): Promise<void> {
  let orphaned = false
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {})
  process.on('disconnect', () => (orphaned = true))
  const house = await open().catch((error: unknown) => {
    process.stderr.write(`${isFault(error) ? error.message : explain(error)}\n`)
    process.exitCode = 1
    process.disconnect?.()
  })
  if (house === undefined) return
  if (orphaned) await house.close()
  else serve(house)
}

function serve({ handlers, close }: OpenHouse): void {
  let turn: Promise<unknown> = Promise.resolve()
  const send = (reply: Reply) => void process.send?.(reply)
  process.on('message', ({ id, ask, input }: { id: number; ask: string; input: unknown }) => {
    if (ask === 'ready') return send({ id, value: true })
    if (ask === 'stop') {
      void close()
        .catch((error: unknown) => {
          process.stderr.write(`${explain(error)}\n`)
          process.exitCode = 1
        })
        .finally(() => process.disconnect?.())
      return
    }
    const answer = async (): Promise<void> => {
      const handler = handlers[ask]
      if (handler === undefined) throw new Error(`no such request: ${ask}`)
      send({ id, value: await handler(input as never) })
    }
    turn = turn.then(answer).catch((error: unknown) => send({ id, failed: explain(error) }))
  })
  process.on('disconnect', () => void close().catch(() => {}))
}

/** What `unwrap` throws: an expected failure, whose message is all that a person needs. */
const isFault = (error: unknown): error is Error =>
  error instanceof Error && typeof error.cause === 'object' && error.cause !== null && 'fault' in error.cause

const explain = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error))

export const configOf = <T>(): T => JSON.parse(process.argv[2] ?? '{}') as T
