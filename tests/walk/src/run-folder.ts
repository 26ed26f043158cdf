/** A folder of its own for each run; only runs that have ended are ever cleared away. */
import { err, fault, unwrap } from '@murram/ground'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const KEPT_RUNS = 3

/** @param home Where runs of this kind lie, and nothing else. */
export function newRunFolder(home: string): string {
  makeFolder(home)
  const ended = readdirSync(home)
    .filter(name => hasEnded(join(home, name)))
    .sort()
  for (const name of ended.slice(0, Math.max(0, ended.length - KEPT_RUNS + 1)))
    rmSync(join(home, name), { recursive: true, force: true })
  const folder = join(home, new Date().toISOString().replace(/[:.]/g, '-'))
  makeFolder(folder)
  writeFileSync(join(folder, MARK), String(process.pid))
  return folder
}

const MARK = 'made-by-the-walk'

function hasEnded(run: string): boolean {
  if (!existsSync(join(run, MARK))) return false
  try {
    process.kill(Number(readFileSync(join(run, MARK), 'utf8')), 0)
    return false
  } catch {
    return true // nobody has this process id any more
  }
}

/** Level by level: asked to make all levels at once, Node never comes back from `/proc`. */
function makeFolder(folder: string): void {
  if (existsSync(folder) && statSync(folder).isDirectory()) return
  if (dirname(folder) !== folder) makeFolder(dirname(folder))
  try {
    mkdirSync(folder)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    unwrap(err(fault('store.directory-unreachable', why)))
  }
}
