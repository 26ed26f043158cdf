/** What a person meets who works with sticks, copies and folders that are not there. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'

const main = join(import.meta.dirname, 'main.ts')
const folder = mkdtempSync(join(tmpdir(), 'murram-offline-'))
chmodSync(folder, 0o711)
const env = { ...process.env, MURRAM_CWD: folder, MURRAM_PASSPHRASE: 'a long passphrase' }
let collector: ChildProcess
let url = ''

function murram(...args: readonly string[]) {
  const done = spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', env, timeout: 120_000 })
  return { code: done.status, out: done.stdout, said: done.stderr }
}
const central = (...args: readonly string[]) => murram('collector', ...args, '--data', 'centre', '--collector', url)
const laptop = (...args: readonly string[]) => murram('agent', ...args, '--data', 'laptop')

beforeAll(async () => {
  collector = spawn(process.execPath, [main, 'collector', 'start', '--data', 'centre', '--port', '0', '--json'], {
    env,
  })
  url = await new Promise<string>((resolve, reject) => {
    let out = ''
    collector.stdout?.on('data', piece => {
      out += String(piece)
      if (out.includes('\n')) resolve((JSON.parse(out) as { url: string }).url)
    })
    collector.once('exit', () => reject(new Error(`the collector ended: ${out}`)))
  })
  const token = central('token', '--officer', 'Akello Mary').out.trim()
  const asked = ['--collector', url, '--officer', 'Akello Mary', '--token', token] as const
  const enrolled = laptop('enroll', ...asked)
  if (enrolled.code !== 0) throw new Error(enrolled.said)
  mkdirSync(join(folder, 'stick'))
}, 120_000)
afterAll(async () => {
  const ended = new Promise(resolve => collector.once('exit', resolve))
  collector.kill('SIGTERM')
  await ended
  rmSync(folder, { recursive: true, force: true })
}, 60_000)

test('a name of two words is one word in the command that is printed for the laptop', () => {
  expect(central('token', '--officer', 'Akello Mary').said).toContain("--officer 'Akello Mary'")
})

test('a stick goes there and back as a folder; what has no ending gets one', () => {
  expect(laptop('export-bundle', '--to', 'stick/akello').out).toContain(join('stick', 'akello.murram'))
  const taken = central('import-bundle', 'stick')
  expect([taken.code, taken.out]).toEqual([0, expect.stringContaining('akello.murram: Akello Mary')])
  const back = laptop('import-bundle', 'stick')
  expect([back.code, back.out]).toEqual([0, expect.stringContaining('akello-answer.murram')])
  const foreign = central('import-bundle', 'nowhere.murram')
  expect(foreign).toMatchObject({ code: 2, said: expect.stringContaining('it is not there') as string })
}, 60_000)

test('a folder that is not there is no place: a stick may not be in', () => {
  for (const told of [laptop('export-bundle', '--to', 'unmounted/x'), laptop('copies', '--add', 'unmounted')])
    expect(told).toMatchObject({ code: 2, said: expect.stringContaining('cli.no-such-folder') as string })
  expect(existsSync(join(folder, 'unmounted'))).toBe(false)
}, 60_000)

test('devices are listed, and are named by their officer', () => {
  const listed = central('devices')
  expect([listed.code, listed.out]).toEqual([0, expect.stringMatching(/^[0-9a-f]{32} {2}Akello Mary, /)])
  expect(central('export-bundle', '--device', 'Akello Mary', '--to', 'stick').code).toBe(0)
  expect(central('export-bundle', '--device', 'Nobody', '--to', 'stick').said).toContain('murram collector devices')
}, 60_000)

test('copies: not in the folder of the store, on or off, not taken away where none is; restored by folder', () => {
  mkdirSync(join(folder, 'laptop', 'inside'))
  expect(laptop('copies', '--add', 'laptop/inside').said).toContain('would be lost with it')
  expect(laptop('copies', '--at-centre', 'maybe').code).toBe(2)
  expect(laptop('copies', '--remove', 'stick').said).toContain('no copy is kept there')
  mkdirSync(join(folder, 'disk'))
  expect(laptop('copies', '--add', 'disk').code).toBe(0)
  expect(murram('agent', 'restore-copy', '--from', 'stick', '--data', 'again').code).toBe(2)
  const lost = murram('agent', 'restore-copy', '--from', 'disk', '--data', 'again', '--recovery-data', 'elsewhere')
  expect(lost).toMatchObject({ code: 2, said: expect.stringContaining('no collector was started') as string })
  const again = murram('agent', 'restore-copy', '--from', 'disk', '--data', 'again')
  expect([again.code, again.said]).toEqual([0, expect.stringContaining(readdirSync(join(folder, 'disk'))[0] ?? '?')])
}, 120_000)
