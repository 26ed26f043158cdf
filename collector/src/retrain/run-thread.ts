/**
 * The server's end of a run's thread: rows go in page by page, a judged candidate comes out.
 * A thread that ends without a word rejects; what is expected to fail comes as a fault.
 */
import { Worker } from 'node:worker_threads'
import { err, ok, type Fault, type Result } from '@murram/ground'
import type { FromRun, FrozenRows, RunDone, RunOrder, ToRun } from './run-messages.ts'
import type { LeftOutVisit, VerifiedVisit } from './snapshot.ts'

export type StartThread = (order: RunOrder) => Worker

export const startRunThread: StartThread = order =>
  new Worker(new URL('run-worker.ts', import.meta.url), { workerData: order, name: `run ${order.runId}` })

export interface RunInput {
  readonly order: RunOrder
  /** The bytes that an earlier attempt froze, or pages of rows to freeze now. */
  readonly rows:
    | { readonly snapshot: Uint8Array }
    | { readonly pages: AsyncIterable<readonly (VerifiedVisit | LeftOutVisit)[]> }
  readonly onFrozen: (rows: FrozenRows) => Promise<void>
  readonly onProgress: (share: number, step: string) => Promise<void>
}

export async function runInThread(
  start: StartThread,
  { order, rows, onFrozen, onProgress }: RunInput,
  signal: AbortSignal,
): Promise<Result<RunDone, Fault>> {
  const thread = start(order)
  const stop = () => void thread.terminate()
  signal.addEventListener('abort', stop, { once: true })
  const messages = listen(thread)
  const say = (message: ToRun) => thread.postMessage(message)
  try {
    if ('snapshot' in rows) say({ type: 'train', snapshot: rows.snapshot })
    else {
      for await (const visits of rows.pages) say({ type: 'visits', visits })
      say({ type: 'freeze' })
    }
    for (;;) {
      const message = await messages.next()
      if (message.type === 'progress') await onProgress(message.share, message.step)
      else if (message.type === 'frozen') {
        await onFrozen(message)
        say({ type: 'train', snapshot: null })
      } else return message.type === 'done' ? ok(message) : err(message.fault)
    }
  } finally {
    signal.removeEventListener('abort', stop)
    await thread.terminate()
  }
}

/** Messages in order; after the thread's end, its reason. */
function listen(thread: Worker): { next(): Promise<FromRun> } {
  const waiting: FromRun[] = []
  let ended: Error | null = null
  let wake = () => {}
  const note = (change: () => void) => {
    change()
    wake()
  }
  thread.on('message', (message: FromRun) => note(() => waiting.push(message)))
  thread.on('error', cause => note(() => (ended ??= cause instanceof Error ? cause : new Error(String(cause)))))
  thread.on('exit', code => note(() => (ended ??= new Error(`the run's thread ended with code ${code}`))))
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
