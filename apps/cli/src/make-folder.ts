/** A folder, made level by level: the `recursive` of `mkdirSync` never returns below /proc. */
import { mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/** Throws the system's error where a level cannot be made, or is a file. */
export function makeFolder(path: string): void {
  const there = statSync(path, { throwIfNoEntry: false })
  if (there?.isDirectory() === true) return
  if (there === undefined) makeFolder(dirname(path))
  mkdirSync(path)
}
