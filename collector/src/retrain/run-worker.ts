/**
 * The thread of one run: trees of ten thousand rows take seconds, and the server's event loop
 * has devices to answer. Messages in, messages out (run-messages.ts); nothing else leaves it.
 */
import { performance } from 'node:perf_hooks'
import { parentPort, workerData } from 'node:worker_threads'
import { makeCandidate } from './make-candidate.ts'
import type { FromRun, RunOrder, ToRun } from './run-messages.ts'
import { encodeSnapshot, freezeRows, type LeftOutVisit, type VerifiedVisit } from './snapshot.ts'

const port = parentPort
if (port === null) throw new Error('run-worker.ts is started as a worker thread')

const order = workerData as RunOrder
const visits: (VerifiedVisit | LeftOutVisit)[] = []
let frozen: Uint8Array | null = null
const say = (message: FromRun) => port.postMessage(message)

port.on('message', (message: ToRun) => {
  if (message.type === 'visits') visits.push(...message.visits)
  else if (message.type === 'freeze') freeze()
  else void train(message.snapshot)
})

function freeze(): void {
  const snapshot = freezeRows(order.snapshot, visits)
  frozen = encodeSnapshot(snapshot)
  say({
    type: 'frozen',
    bytes: frozen,
    rows: snapshot.rows.length,
    positives: snapshot.rows.filter(row => row[2] === 1).length,
    leftOut: snapshot.leftOut,
  })
}

async function train(stored: Uint8Array | null): Promise<void> {
  const snapshot = stored ?? frozen
  if (snapshot === null) throw new Error('a run without rows')
  const made = await makeCandidate(order, snapshot, {
    onProgress: (share, step) => say({ type: 'progress', share, step }),
    nowMs: () => performance.now(),
  })
  if (!made.ok) return say({ type: 'failed', fault: made.error })
  const { candidate, files, report, look } = made.value
  say({ type: 'done', candidate, files, report, look })
}
