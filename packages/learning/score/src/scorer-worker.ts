/**
 * The thread of the scorers: one warm session a model. Wishes in, answers out
 * (scorer-messages.ts); they are taken one after the other, as they come.
 */
import { parentPort } from 'node:worker_threads'
import { err, fault, ok, type Fault, type Result } from '@murram/ground'
import { openScorer, type Scorer } from './open-scorer.ts'
import type { FromThread, ToThread, Wish } from './scorer-messages.ts'

const port = parentPort
if (port === null) throw new Error('scorer-worker.ts is started as a worker thread')

const scorers = new Map<number, Scorer>()

async function fulfil(wish: Wish): Promise<Result<unknown, Fault>> {
  if (wish.ask === 'open') {
    const opened = await openScorer(wish.source)
    if (opened.ok) scorers.set(wish.model, opened.value)
    return opened.ok ? ok(null) : opened
  }
  const scorer = scorers.get(wish.model)
  if (scorer === undefined) return err(fault('bundle.load-failed', 'the model was closed'))
  switch (wish.ask) {
    case 'score':
      return scorer.scoreMany(wish.rows, wish.wish)
    case 'explain':
      return scorer.explain(wish.row)
    case 'predict':
      return scorer.predictColumns(wish.table)
    case 'close':
      scorers.delete(wish.model)
      await scorer[Symbol.asyncDispose]()
      return ok(null)
  }
}

async function take({ n, wish }: ToThread): Promise<void> {
  const answer: FromThread = { n, answer: await fulfil(wish) }
  port?.postMessage(answer)
}

let before: Promise<void> = Promise.resolve()
port.on('message', (message: ToThread) => {
  before = before.then(() => take(message))
})
