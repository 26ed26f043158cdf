/**
 * The process of one run: trees of ten thousand rows take seconds, and the server's event loop
 * has devices to answer. Messages in, messages out (run-messages.ts); nothing else leaves it.
 */
import { performance } from 'node:perf_hooks'
import { endWithParent } from './end-with-parent.ts'
import { makeCandidate } from './make-candidate.ts'
import type { FromRun, RunOrder, ToRun } from './run-messages.ts'
import { encodeSnapshot, freezeRows, type LeftOutVisit, type VerifiedVisit } from './snapshot.ts'

if (process.send === undefined) throw new Error('run-worker.ts is started as a process with a channel')
const say = (message: FromRun) => void process.send?.(message)
endWithParent()

let order: RunOrder | null = null
const visits: (VerifiedVisit | LeftOutVisit)[] = []
let frozen: Uint8Array | null = null

process.on('message', (message: ToRun) => {
  if (message.type === 'order') order = message.order
  else if (order === null) throw new Error('rows before the order')
  else if (message.type === 'visits') visits.push(...message.visits)
  else if (message.type === 'freeze') freeze(order)
  else void train(order, message.snapshot)
})

function freeze({ snapshot: asked }: RunOrder): void {
  const snapshot = freezeRows(asked, visits)
  frozen = encodeSnapshot(snapshot)
  say({
    type: 'frozen',
    bytes: frozen,
    rows: snapshot.rows.length,
    positives: snapshot.rows.filter(row => row[2] === 1).length,
    leftOut: snapshot.leftOut,
  })
}

async function train(asked: RunOrder, stored: Uint8Array | null): Promise<void> {
  const snapshot = stored ?? frozen
  if (snapshot === null) throw new Error('a run without rows')
  const made = await makeCandidate(asked, snapshot, {
    onProgress: (share, step) => say({ type: 'progress', share, step }),
    onLook: look => say({ type: 'look', look }),
    nowMs: () => performance.now(),
  })
  if (!made.ok) return say({ type: 'failed', fault: made.error })
  const { candidate, files, report, rows, training } = made.value
  say({ type: 'done', candidate, files, report, rows, training })
}
