/**
 * A process that computes for minutes hears nothing meanwhile: no message, no closed channel.
 * A thread of its own looks whether whoever started it is still there, and ends it where not.
 */
import { isMainThread, Worker, workerData } from 'node:worker_threads'

const LOOK_EVERY_MS = 500

export function endWithParent(): void {
  new Worker(new URL(import.meta.url), { workerData: process.ppid, name: 'end with parent' }).unref()
}

const isThere = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return process.ppid === pid
  } catch {
    return false
  }
}

if (!isMainThread) {
  const parent = workerData as number
  setInterval(() => {
    if (!isThere(parent)) process.kill(process.pid, 'SIGKILL')
  }, LOOK_EVERY_MS)
}
