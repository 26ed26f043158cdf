/**
 * One collector a data directory: a second one would stop the first one's PostgreSQL.
 * The file names the process that holds it, and when that process began (a number may have
 * been given to another one since).
 */
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { err, fault, ok, type FaultOf, type Result } from '@murram/ground'

type Refusal = FaultOf<'store.directory-unreachable'> | FaultOf<'store.in-use'>

export function lockDataDir(dataDir: string): Result<{ readonly release: () => void }, Refusal> {
  const file = join(dataDir, 'lock')
  const mine = `${process.pid} ${beginningOf(process.pid)}`
  try {
    makeDirectory(dataDir)
    const beside = `${file}.${process.pid}`
    writeFileSync(beside, mine)
    try {
      if (!isHeld(file)) rmSync(file, { force: true })
      linkSync(beside, file) // fails if another was quicker
    } finally {
      rmSync(beside, { force: true })
    }
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    if (code === 'EEXIST') return err(fault('store.in-use', `${dataDir}, by process ${readFileSync(file, 'utf8')}`))
    return err(fault('store.directory-unreachable', message))
  }
  return ok({ release: () => rmSync(file, { force: true }) })
}

/** `recursive` of `mkdirSync` never returns where a parent exists and takes no children, as in /proc. */
function makeDirectory(path: string): void {
  if (existsSync(path)) return
  if (!existsSync(dirname(path))) makeDirectory(dirname(path))
  mkdirSync(path)
}

const isHeld = (file: string): boolean => {
  try {
    const [pid, began] = readFileSync(file, 'utf8').split(' ')
    return beginningOf(Number(pid)) === began
  } catch {
    return false
  }
}

/** Field 22 of /proc/<pid>/stat, counted after the name, which may hold blanks; `-` where there is none. */
const beginningOf = (pid: number): string => {
  try {
    return (
      readFileSync(`/proc/${pid}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ')[19] ?? '-'
    )
  } catch {
    return isAlive(pid) ? '-' : 'gone'
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
