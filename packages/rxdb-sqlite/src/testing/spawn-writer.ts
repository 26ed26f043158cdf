/** Starts `writer-process.ts` and listens to it. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export interface Writer {
  /** Waits until the process has said `enough` lines more than so far, or one of them is `word`. */
  readonly heard: (enough: number, word?: string) => Promise<readonly string[]>
  /** SIGKILL, and everything it had said. */
  readonly kill: () => Promise<readonly string[]>
}

export function spawnWriter(path: string, first = 0, count = 0): Writer {
  const program = fileURLToPath(new URL('writer-process.ts', import.meta.url))
  const child = spawn(process.execPath, [program, path, String(first), String(count)], {
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
