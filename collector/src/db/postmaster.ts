/**
 * A server that outlived its collector (`kill -9`): `postmaster.pid` in its directory names
 * it. It is stopped the orderly way, and the new collector starts its own, so that there is
 * one way to begin.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** SIGINT is PostgreSQL's fast shutdown: open transactions roll back, what committed is flushed. */
export async function stopLeftServer(directory: string, patienceMs: number): Promise<boolean> {
  const pid = leftServer(directory)
  if (pid === undefined) return true
  process.kill(pid, 'SIGINT')
  for (let waitedMs = 0; waitedMs < patienceMs; waitedMs += 20) {
    if (!isAlive(pid)) return true
    await sleep(20)
  }
  return false
}

/** The server that runs on this directory, and where it listens. */
export function runningServer(directory: string): { readonly port: number } | undefined {
  if (leftServer(directory) === undefined) return undefined
  // Process id, directory, start time, port.
  const port = Number(readFileSync(join(directory, 'postmaster.pid'), 'utf8').split('\n')[3])
  return Number.isInteger(port) ? { port } : undefined
}

/** The process id, if it lives and is a PostgreSQL of this directory. */
function leftServer(directory: string): number | undefined {
  try {
    const [pidLine = '', directoryLine] = readFileSync(join(directory, 'postmaster.pid'), 'utf8').split('\n')
    const pid = Number(pidLine)
    // A number may have been given to another program since: it is only ours if it says so.
    if (directoryLine !== directory || !isAlive(pid) || !commandOf(pid).includes('postgres')) return undefined
    return pid
  } catch {
    return undefined // no file: nothing was left
  }
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return 'postgres' // no /proc on this system: the file is believed
  }
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
