/** Starts `writer-process.ts` or `rekey-process.ts` and listens to it. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export interface Spoken {
  /** Waits until the process has said `enough` lines more than so far, or one of them is `word`. */
  readonly heard: (enough: number, word?: string) => Promise<readonly string[]>
  /** SIGKILL, and everything it had said. */
  readonly kill: () => Promise<readonly string[]>
}

export const spawnWriter = (path: string, first = 0, count = 0): Spoken =>
  spawnProgram('writer-process.ts', path, String(first), String(count))

export const spawnRekeying = (path: string, under: 'a' | 'b'): Spoken => spawnProgram('rekey-process.ts', path, under)

function spawnProgram(name: string, ...args: string[]): Spoken {
  const program = fileURLToPath(new URL(name, import.meta.url))
  const child = spawn(process.execPath, [program, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines: string[] = []
  const reader = createInterface({ input: child.stdout })
  const ended = once(reader, 'close')
  reader.on('line', line => lines.push(line))
  return {
    heard: async (enough, word) => {
      const until = lines.length + enough
      const waiting = (): boolean => lines.length < until && (word === undefined || !lines.includes(word))
      while (waiting() && child.exitCode === null) await Promise.race([once(reader, 'line'), ended])
      return lines
    },
    kill: async () => {
      child.kill('SIGKILL')
      await ended
      return lines
    },
  }
}
