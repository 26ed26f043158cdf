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

/** The first directory on the way to `path` that the user may not enter. */
export function findClosedDirectory(path: string, { uid, gid }: ServerUser): string | undefined {
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
