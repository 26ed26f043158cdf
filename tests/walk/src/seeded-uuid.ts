/**
 * Version 4 UUIDs that another walk with the same seed makes again, so that the households of
 * the holdout, and with them the gate's verdict, are the same. In the walk only: a real agent
 * takes them from the system.
 *
 * The start of the process is part of the seed: an officer who comes back after a crash must
 * not name two interviews alike.
 */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export function createSeededUuid(folder: string, seed: string): () => string {
  const file = join(folder, 'starts')
  const start = existsSync(file) ? Number(readFileSync(file, 'utf8')) + 1 : 1
  writeFileSync(file, String(start))
  let count = 0
  return () => {
    count += 1
    const hex = createHash('sha256').update(`${seed} ${start} ${count}`).digest('hex')
    const variant = ((Number.parseInt(hex[16] ?? '0', 16) & 3) | 8).toString(16)
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`
  }
}
