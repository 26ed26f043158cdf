/** Ctrl-C on the walk, as a terminal sends it: to every process of the group at once. */
import { spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'

const data = mkdtempSync(join(tmpdir(), 'murram-interrupt-'))
chmodSync(data, 0o711)
afterAll(() => rmSync(data, { recursive: true, force: true }))

/** The walk in a group of its own, interrupted once it has said `sign`. */
const interruptAt = (sign: RegExp): Promise<number | string | null> =>
  new Promise(resolve => {
    const main = join(import.meta.dirname, 'main.ts')
    const args = [main, '--agents', '2', '--interviews', '6', '--data', data]
    const child = spawn(process.execPath, args, { detached: true, stdio: ['ignore', 'pipe', 'ignore'] })
    let said = ''
    child.stdout.on('data', (chunk: Buffer) => {
      const before = sign.test(said)
      said += chunk.toString()
      if (!before && sign.test(said) && child.pid !== undefined) process.kill(-child.pid, 'SIGINT')
    })
    child.on('close', (code, signal) => resolve(signal ?? code))
  })

const postmasters = (): readonly string[] =>
  readdirSync(join(data, 'walk'))
    .map(run => join(data, 'walk', run, 'collector', 'pg', 'data', 'postmaster.pid'))
    .filter(file => existsSync(file))

test.each([
  ['while the houses open', /starting PostgreSQL/],
  ['in the middle of the work', /captured offline/],
  ['while it stays up', /Ctrl-C ends it/],
])('Ctrl-C %s ends every house, the database too', async (_when, sign) => {
  expect(await interruptAt(sign)).toBe(130)
  expect(postmasters()).toEqual([])
})
