/**
 * The server's end of a run's process: rows go in page by page, a judged candidate comes out.
 *
 * Laws, in `run-process.test.ts`:
 *   P1 a process that ends without a word fails this attempt and nothing else; what it wrote is logged
 *   P2 it has a bounded heap, and none of the server's secrets in its environment
 *   P3 it ends with whoever started it, also where that was killed, and also while it trains
 *
 * Why a process and not a thread: docs/decisions/0030-runs-are-processes.md.
 */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { err, ok, type Fault, type Result } from '@murram/ground'
import type { HoldoutLook } from './holdout-look.ts'
import type { FromRun, FrozenRows, RunDone, RunOrder, ToRun } from './run-messages.ts'
import type { LeftOutVisit, VerifiedVisit } from './snapshot.ts'

export interface ProcessLimits {
  readonly heapMb: number
}

/** A process that reads `ToRun` and says `FromRun`. */
export type StartProcess = (limits: ProcessLimits) => ChildProcess

/** What a program needs to run at all; no address of a database, no token. */
const NEEDED = ['PATH', 'HOME', 'LANG', 'TZ', 'TMPDIR', 'TEMP', 'TMP', 'SystemRoot', 'LD_LIBRARY_PATH']

export const startRunProcess: StartProcess = ({ heapMb }) =>
  fork(new URL('run-worker.ts', import.meta.url), {
    execArgv: [`--max-old-space-size=${heapMb}`],
    env: Object.fromEntries(
      NEEDED.flatMap(name => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
    ),
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })

export interface RunInput {
  readonly order: RunOrder
  readonly limits: ProcessLimits
  /** The bytes that an earlier attempt froze, or pages of rows to freeze now. */
  readonly rows:
    | { readonly snapshot: Uint8Array }
    | { readonly pages: AsyncIterable<readonly (VerifiedVisit | LeftOutVisit)[]> }
  readonly onFrozen: (rows: FrozenRows) => Promise<void>
  readonly onProgress: (share: number, step: string) => Promise<void>
  /** Done before the answer is read. */
  readonly onLook: (look: HoldoutLook) => Promise<void>
  /** Each line that the process wrote outside the conversation. */
  readonly onLine: (line: string) => void
}

export async function runInProcess(
  start: StartProcess,
  { order, limits, rows, onFrozen, onProgress, onLook, onLine }: RunInput,
  signal: AbortSignal,
): Promise<Result<RunDone, Fault>> {
  signal.throwIfAborted()
  const child = start(limits)
  const stop = () => void child.kill('SIGKILL')
  signal.addEventListener('abort', stop, { once: true })
  const messages = listen(child, limits, onLine)
  // Resolves once it is written: the pages of a large snapshot do not pile up here.
  const say = (message: ToRun) =>
    new Promise<void>(settle => {
      if (child.connected) child.send(message, () => settle())
      else settle() // its end is told by `messages`
    })
  try {
    await say({ type: 'order', order })
    if ('snapshot' in rows) await say({ type: 'train', snapshot: rows.snapshot })
    else {
      for await (const visits of rows.pages) await say({ type: 'visits', visits })
      await say({ type: 'freeze' })
    }
    for (;;) {
      const message = await messages.next()
      if (message.type === 'progress') await onProgress(message.share, message.step)
      else if (message.type === 'look') await onLook(message.look)
      else if (message.type === 'frozen') {
        await onFrozen(message)
        await say({ type: 'train', snapshot: null })
      } else return message.type === 'done' ? ok(message) : err(message.fault)
    }
  } finally {
    signal.removeEventListener('abort', stop)
    await end(child)
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}

/** Messages in order; after the process's end, its reason. */
function listen(
  child: ChildProcess,
  { heapMb }: ProcessLimits,
  onLine: (line: string) => void,
): { next(): Promise<FromRun> } {
  const waiting: FromRun[] = []
  let ended: Error | null = null
  let outOfMemory = false
  let wake = () => {}
  const note = (change: () => void) => {
    change()
    wake()
  }
  for (const stream of [child.stdout, child.stderr])
    if (stream !== null)
      createInterface({ input: stream }).on('line', line => {
        if (line.includes('heap out of memory')) outOfMemory = true
        if (line.trim() !== '') onLine(line)
      })
  child.on('message', message => note(() => waiting.push(message as FromRun)))
  child.on('error', cause => note(() => (ended ??= cause)))
  // `close` and not `exit`: what it said and wrote before has arrived by then.
  child.on('close', (code, signal) =>
    note(() => {
      const how = signal === null ? `with code ${code}` : `by ${signal}`
      ended ??= new Error(
        outOfMemory
          ? `the run's process needed more than ${heapMb} MB of memory`
          : `the run's process ended ${how} before it had answered`,
      )
    }),
  )
  return {
    next: async () => {
      for (;;) {
        const message = waiting.shift()
        if (message !== undefined) return message
        if (ended !== null) throw ended
        await new Promise<void>(settle => (wake = settle))
      }
    },
  }
}
