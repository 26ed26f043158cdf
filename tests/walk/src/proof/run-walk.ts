/** `npm start`'s program as a child process, watched as a person or a script would. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'

export interface WalkRun {
  readonly exit: number | string | null
  readonly stdout: string
  readonly stderr: string
  /** The longest time without a sign of progress, from the first one on, and what was said before it. */
  readonly silence: { readonly longestMs: number; readonly after: string }
}

const program = join(import.meta.dirname, '..', 'main.ts')

export function runWalk(args: readonly string[]): Promise<WalkRun> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const seen = { stdout: '', stderr: '', lastAtMs: 0, silence: { longestMs: 0, after: '' } }
    child.stdout.on('data', (chunk: Buffer) => {
      const now = Date.now()
      const silentMs = now - seen.lastAtMs
      if (seen.lastAtMs > 0 && silentMs > seen.silence.longestMs) {
        seen.silence = { longestMs: silentMs, after: seen.stdout.slice(-200) }
      }
      seen.lastAtMs = now
      seen.stdout += chunk.toString()
    })
    child.stderr.on('data', (chunk: Buffer) => (seen.stderr += chunk.toString()))
    child.on('error', reject)
    child.on('close', (code, signal) => {
      const { stdout, stderr, silence } = seen
      resolve({ exit: signal ?? code, stdout, stderr, silence })
    })
  })
}

/** What `--json` promises: the last line of standard output. */
export const lastLineOf = ({ stdout }: WalkRun): unknown => JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '')
