/**
 * Which system user runs PostgreSQL: the server refuses to run as root, so a collector that
 * is root starts it as `postgres`, and makes that user where it is missing.
 */
import { execFileSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { dirname, parse } from 'node:path'
import { err, fault, ok, type FaultOf, type Result } from '@murram/ground'

/** Empty where PostgreSQL runs as whoever runs the collector. */
export interface ServerUser {
  readonly uid?: number
  readonly gid?: number
}

export function findServerUser(): Result<ServerUser, FaultOf<'house.database-unreachable'>> {
  if (process.getuid?.() !== 0) return ok({})
  const known = lookUp('postgres')
  if (known !== undefined) return ok(known)
  try {
    execFileSync('useradd', ['--system', '--user-group', '--no-create-home', 'postgres'], { stdio: 'pipe' })
  } catch (cause) {
    return err(fault('house.database-unreachable', `no user for the server: ${String(cause)}`))
  }
  const made = lookUp('postgres')
  return made === undefined ? err(fault('house.database-unreachable', 'no user for the server')) : ok(made)
}

/** How to start a program as the server's user: a command in front of it, or a plain spawn. */
export interface Launch extends ServerUser {
  readonly prefix: readonly string[]
}

/**
 * Where the user may not enter a directory on the way (a checkout below /root, mode 700), the
 * server gets one capability of root with it: to pass directories. Not every container has
 * it to give.
 *
 * @param isAble Whether a command runs; the system's answer unless told.
 */
export function findLaunch(
  user: ServerUser,
  paths: readonly string[],
  isAble: (command: readonly string[]) => boolean = succeeds,
): Result<Launch, FaultOf<'house.database-unreachable'>> {
  const closed = paths.map(path => findClosedDirectory(path, user)).find(found => found !== undefined)
  if (closed === undefined) return ok({ prefix: [], ...user })
  for (const capability of ['dac_read_search', 'dac_override']) {
    const caps = [`--inh-caps=+${capability}`, `--ambient-caps=+${capability}`]
    const prefix = ['setpriv', `--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups', ...caps, '--']
    if (paths.every(path => isAble([...prefix, 'ls', '-d', path]))) return ok({ prefix })
  }
  return err(fault('house.database-unreachable', `the user postgres may not enter ${closed}`))
}

const succeeds = ([program = '', ...args]: readonly string[]): boolean => {
  try {
    execFileSync(program, args, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** The first directory on the way to `path` that the user may not enter. */
function findClosedDirectory(path: string, { uid, gid }: ServerUser): string | undefined {
  if (uid === undefined) return undefined
  for (let here = path; ; here = dirname(here)) {
    const { mode, uid: owner, gid: group } = statSync(here)
    const mayEnter = owner === uid ? mode & 0o100 : group === gid ? mode & 0o010 : mode & 0o001
    if (mayEnter === 0) return here
    if (here === parse(here).root) return undefined
  }
}

const lookUp = (name: string): { readonly uid: number; readonly gid: number } | undefined => {
  const ask = (flag: string) => Number(execFileSync('id', [flag, name], { stdio: 'pipe' }).toString().trim())
  try {
    return { uid: ask('-u'), gid: ask('-g') }
  } catch {
    return undefined
  }
}
