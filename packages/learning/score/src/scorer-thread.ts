/**
 * Scorers in a thread of their own: a graph that hangs, or takes the runtime down with it,
 * must not take the interview. One thread for all models, one warm session a model.
 *
 * T1 what is asked is always answered: where the thread has ended, or has been silent for too
 *    long on one household, the answer is the fault `score.thread-ended`
 * T2 the next wish starts a fresh thread, which verifies and tries the bundle again
 * T3 an idle thread keeps no process alive
 */
import { Worker } from 'node:worker_threads'
import { err, fault, ok, type Fault, type Result } from '@murram/ground'
import type { Answers, FromThread, ToThread, Wish } from './scorer-messages.ts'
import type { Scorer, ScorerSource } from './open-scorer.ts'

export interface ScorerThread extends AsyncDisposable {
  /** As `openScorer`, but in the thread; disposing the scorer closes its session there. */
  readonly open: (source: ScorerSource) => Promise<Result<Scorer, Fault>>
}

export interface ScorerThreadOptions {
  /** Longest that one household, or opening a bundle, may take. */
  readonly limitMs?: number
  readonly startWorker?: () => Worker
}

const LIMIT_MS = 15_000

export function createScorerThread({
  limitMs = LIMIT_MS,
  startWorker = () => new Worker(new URL('scorer-worker.ts', import.meta.url), { name: 'scorers' }),
}: ScorerThreadOptions = {}): ScorerThread {
  let line: Line | null = null
  let models = 0
  let lives = 0

  const lineNow = (): Line => {
    if (line === null || line.hasEnded()) {
      lives += 1
      line = createLine(startWorker(), limitMs)
    }
    return line
  }

  const open = async (source: ScorerSource): Promise<Result<Scorer, Fault>> => {
    const model = (models += 1)
    let openIn = -1
    let isClosed = false
    /** T2: a thread that began after the bundle was opened does not know it yet. */
    const ready = async (): Promise<Result<Line, Fault>> => {
      if (isClosed) return err(fault('bundle.load-failed', 'the model was closed'))
      const there = lineNow()
      if (openIn === lives) return ok(there)
      openIn = lives
      const opened = await there.ask<'open'>({ ask: 'open', model, source })
      if (!opened.ok) openIn = -1
      return opened.ok ? ok(there) : opened
    }
    const first = await ready()
    if (!first.ok) return first

    const scoreMany: Scorer['scoreMany'] = async (rows, wish = {}) => {
      const there = await ready()
      return there.ok ? there.value.ask<'score'>({ ask: 'score', model, rows, wish }, rows.length) : there
    }
    return ok({
      manifest: source.manifest,
      scoreMany,
      async score(row) {
        const scored = await scoreMany([row])
        return scored.ok ? ok(scored.value[0]!) : scored
      },
      async explain(row) {
        const there = await ready()
        return there.ok ? there.value.ask<'explain'>({ ask: 'explain', model, row }) : there
      },
      async predictColumns(table) {
        const there = await ready()
        return there.ok ? there.value.ask<'predict'>({ ask: 'predict', model, table }, table.rows) : there
      },
      async [Symbol.asyncDispose]() {
        isClosed = true
        if (line !== null && !line.hasEnded() && openIn === lives) await line.ask<'close'>({ ask: 'close', model })
      },
    })
  }
  return {
    open,
    async [Symbol.asyncDispose]() {
      await line?.end()
    },
  }
}

/** One life of the thread. */
interface Line {
  readonly ask: <A extends Wish['ask']>(wish: Extract<Wish, { ask: A }>, rows?: number) => Promise<Answers[A]>
  readonly hasEnded: () => boolean
  readonly end: () => Promise<void>
}

/** Rows that the limit of one household covers: a batch may take longer. */
const ROWS_A_LIMIT = 1_000

function createLine(worker: Worker, limitMs: number): Line {
  const waiting = new Map<number, (answer: Result<unknown, Fault>) => void>()
  let ended: string | null = null
  let asked = 0
  const finish = (why: string): void => {
    ended ??= why
    for (const settle of waiting.values()) settle(err(fault('score.thread-ended', ended))) // T1
    waiting.clear()
  }
  worker.unref() // T3
  worker.on('message', ({ n, answer }: FromThread) => {
    const settle = waiting.get(n)
    waiting.delete(n)
    if (waiting.size === 0) worker.unref()
    settle?.(answer)
  })
  worker.on('error', cause => finish(cause instanceof Error ? cause.message : String(cause)))
  worker.on('exit', code => finish(`it ended with code ${code}`))

  return {
    hasEnded: () => ended !== null,
    async end() {
      finish('it was stopped')
      await worker.terminate()
    },
    async ask<A extends Wish['ask']>(wish: Extract<Wish, { ask: A }>, rows = 1): Promise<Answers[A]> {
      const n = (asked += 1)
      const answer = await new Promise<Result<unknown, Fault>>(settle => {
        if (ended !== null) return settle(err(fault('score.thread-ended', ended)))
        const limit = limitMs * Math.max(1, Math.ceil(rows / ROWS_A_LIMIT))
        const timer = setTimeout(() => {
          finish(`it was silent for ${Math.round(limit / 1_000)} s`)
          void worker.terminate()
        }, limit)
        waiting.set(n, said => {
          clearTimeout(timer)
          settle(said)
        })
        worker.ref()
        const message: ToThread = { n, wish }
        worker.postMessage(message)
      })
      return answer as Answers[A]
    },
  }
}
