/**
 * The system calls of processes in the order in which they happened, by `strace`. What a
 * process that is killed leaves in the page cache looks durable and is not; only the calls
 * themselves show whether a disk was waited for before something was promised.
 *
 * Linux with strace and the right to trace; `canTrace` says whether that is so. Not here: what
 * is to be proved from the calls.
 */
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface SystemCall {
  readonly pid: number
  readonly name: string
  /** With descriptors as paths: `17</data/store.sqlite-wal>, "…"`. */
  readonly args: string
  /** What it returned; `null` while it had not when the trace ended. */
  readonly result: number | null
  /** Places in the order of events: a call that another interrupted in the trace has two. */
  readonly begun: number
  readonly done: number
}

const TRACED = ['read', 'recvfrom', 'recvmsg', 'write', 'writev', 'pwrite64', 'sendto', 'sendmsg', 'fdatasync', 'fsync']
const FLAGS = ['-f', '-yy', '-s', '200', '-e', `trace=${TRACED.join(',')}`]

export const canTrace = (): boolean =>
  spawnSync('strace', ['-e', 'trace=none', 'true'], { stdio: 'ignore' }).status === 0

/** Runs a program to its end under the tracer. */
export async function traceProgram(
  command: readonly string[],
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<{ readonly calls: readonly SystemCall[]; readonly output: string }> {
  return withTraceFile(async file => {
    const child = spawn('strace', [...FLAGS, '-o', file, ...command], { env, stdio: ['ignore', 'pipe', 'inherit'] })
    let output = ''
    child.stdout.on('data', (data: Buffer) => (output += data.toString('utf8')))
    const code = await new Promise(resolve => child.once('close', resolve))
    if (code !== 0) throw new Error(`the traced program ended with ${String(code)}`)
    return { output, calls: parseTrace(readFileSync(file, 'utf8')) }
  })
}

/** Traces processes that run already, and all they start, while `work` goes on. */
export async function traceWhile(pids: readonly number[], work: () => Promise<void>): Promise<readonly SystemCall[]> {
  return withTraceFile(async file => {
    const tracer = spawn('strace', [...FLAGS, '-o', file, ...pids.flatMap(pid => ['-p', String(pid)])], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const ended = new Promise(resolve => tracer.once('close', resolve))
    await new Promise<void>((resolve, reject) => {
      let said = ''
      tracer.stderr.on('data', (data: Buffer) => {
        said += data.toString('utf8')
        if (pids.every(pid => said.includes(`Process ${pid} attached`))) resolve()
      })
      void ended.then(() => reject(new Error(`strace ended: ${said}`)))
    })
    try {
      await work()
    } finally {
      tracer.kill('SIGINT')
      await ended
    }
    return parseTrace(readFileSync(file, 'utf8'))
  })
}

const LINE = /^(?<pid>\d+)\s+(?:(?<name>\w+)\((?<args>.*)|<\.\.\. (?<resumed>\w+) resumed>(?<rest>.*))$/
const ENDING = /\)\s+= (?<result>-?\d+)/

export function parseTrace(text: string): readonly SystemCall[] {
  const calls: SystemCall[] = []
  const open = new Map<string, SystemCall>()
  for (const [place, line] of text.split('\n').entries()) {
    const { pid = '', name, args = '', resumed, rest = '' } = LINE.exec(line)?.groups ?? {}
    if (pid === '') continue
    if (name !== undefined) {
      const isOpen = args.endsWith('<unfinished ...>')
      const call = { pid: Number(pid), name, args, begun: place, done: place, result: isOpen ? null : resultOf(args) }
      if (isOpen) open.set(pid, call)
      else calls.push(call)
    } else if (resumed !== undefined) {
      const begun = open.get(pid)
      open.delete(pid)
      if (begun !== undefined) calls.push({ ...begun, args: begun.args + rest, done: place, result: resultOf(rest) })
    }
  }
  return [...calls, ...open.values()].sort((a, b) => a.begun - b.begun)
}

const resultOf = (text: string): number | null => {
  const result = ENDING.exec(text)?.groups?.['result']
  return result === undefined ? null : Number(result)
}

async function withTraceFile<T>(use: (file: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'murram-trace-'))
  try {
    return await use(join(folder, 'trace'))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
