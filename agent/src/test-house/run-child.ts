/** Starts `officer-child.ts` and reads what it says. For tests only. */
import { spawn, type ChildProcess } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ChildOrders } from './officer-child.ts'
import type { TestFolder } from './test-agent.ts'

export interface OfficerChild {
  readonly process: ChildProcess
  /** Lines of standard output so far. */
  readonly lines: readonly string[]
  readonly errors: () => string
  /** Signal or exit code. */
  readonly ended: Promise<string | number | null>
}

export function runChild(
  folder: TestFolder,
  orders: Omit<ChildOrders, 'dataDir' | 'keyPath'>,
  env: Readonly<Record<string, string>> = {},
): OfficerChild {
  const { key, dataDir } = folder
  const keyPath = key.kind === 'key-file' ? key.path : ''
  const script = join(import.meta.dirname, 'officer-child.ts')
  const child = spawn(process.execPath, [script, JSON.stringify({ ...orders, dataDir, keyPath })], {
    // Half of a child's start is compiling what the one before it compiled.
    env: { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache'), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const lines: string[] = []
  let rest = ''
  let errors = ''
  child.stdout.on('data', (data: Buffer) => {
    const parts = (rest + data.toString('utf8')).split('\n')
    rest = parts.pop() ?? ''
    lines.push(...parts)
  })
  child.stderr.on('data', (data: Buffer) => {
    errors += data.toString('utf8')
  })
  const ended = new Promise<string | number | null>(resolve => {
    child.once('close', (code, signal) => resolve(signal ?? code))
  })
  return { process: child, lines, errors: () => errors, ended }
}

/** Instance id and digest of each interview that was called saved. */
export const savedLines = ({ lines }: OfficerChild): readonly (readonly [string, string])[] =>
  lines.flatMap(line => {
    const [word, instanceId, digest] = line.split(' ')
    return word === 'saved' && instanceId !== undefined && digest !== undefined ? [[instanceId, digest] as const] : []
  })
