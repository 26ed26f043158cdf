import { once } from 'node:events'
import { fork } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { RunOrder } from './run-messages.ts'
import { runInProcess, startRunProcess, type StartProcess } from './run-process.ts'

const limits = { heapMb: 64 }
const order = {} as RunOrder
const none = async () => {}
const folder = mkdtempSync(join(tmpdir(), 'murram-process-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const script = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}
/** A process that runs this text in place of a training. */
const running =
  (text: string): StartProcess =>
  ({ heapMb }) =>
    fork(script('child.mjs', text), {
      execArgv: [`--max-old-space-size=${heapMb}`],
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
const ask = async (start: StartProcess, signal = new AbortController().signal) => {
  const lines: string[] = []
  const input = { order, limits, rows: { snapshot: new Uint8Array() }, onFrozen: none, onProgress: none, onLook: none }
  const done = runInProcess(start, { ...input, onLine: line => lines.push(line) }, signal)
  return { done: await done.catch((cause: unknown) => String(cause)), lines }
}

test('P1 a process that falls fails the attempt, with its reason; what it wrote is kept', async () => {
  const fallen = await ask(running(`console.error('no such luck'); process.exit(3)`))
  expect(fallen).toEqual({
    done: "Error: the run's process ended with code 3 before it had answered",
    lines: ['no such luck'],
  })
  const killed = await ask(running(`process.kill(process.pid, 'SIGKILL')`))
  expect(killed.done).toMatch(/ended by SIGKILL/)
})

test('P2 one that needs more memory than it may have says so', async () => {
  const greedy = await ask(running(`const kept = []; for (;;) kept.push(Array.from({ length: 1e5 }, () => ({})))`))
  expect(greedy.done).toBe("Error: the run's process needed more than 64 MB of memory")
})

test('P2 it sees no secret of the server', async () => {
  process.env['DATABASE_URL'] = 'postgres://somebody:secret@somewhere/murram'
  const child = startRunProcess({ heapMb: 64 })
  try {
    await once(child, 'spawn')
    const given = process.platform === 'linux' ? readFileSync(`/proc/${child.pid}/environ`, 'utf8') : ''
    expect(given).not.toMatch(/secret/)
  } finally {
    delete process.env['DATABASE_URL']
    child.kill('SIGKILL')
  }
})

test('P3 it ends with whoever started it, also while it computes', async () => {
  const busy = `import { endWithParent } from '${new URL('end-with-parent.ts', import.meta.url).href}'
    endWithParent(); process.send(process.pid); setTimeout(() => { for (;;); }, 50)`
  // A collector in small: it starts the process, says which one it is, and is killed.
  const collector = fork(
    script(
      'collector.mjs',
      `import { fork } from 'node:child_process'
      const child = fork(${JSON.stringify(script('busy.mjs', busy))})
      child.on('message', pid => process.send(pid))`,
    ),
  )
  const [pid] = (await once(collector, 'message')) as [number]
  await new Promise(settle => setTimeout(settle, 200))
  collector.kill('SIGKILL')
  await expect.poll(() => isThere(pid), { timeout: 5_000 }).toBe(false)
})

test('an abort ends the process', async () => {
  const abort = new AbortController()
  const start: StartProcess = given => {
    const child = running(`setInterval(() => {}, 1000)`)(given)
    child.on('spawn', () => abort.abort())
    return child
  }
  expect((await ask(start, abort.signal)).done).toMatch(/ended by SIGKILL/)
})

const isThere = (pid: number) => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
