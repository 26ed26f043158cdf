/** The `murram` command as a person's shell runs it. */
import { spawn } from 'node:child_process'
import { join, resolve } from 'node:path'

export interface CommandRun {
  readonly exit: number | string | null
  readonly stdout: string
  readonly stderr: string
}

const program = join(resolve(import.meta.dirname, '..', '..', '..', '..'), 'apps', 'cli', 'src', 'main.ts')

export function murram(args: readonly string[]): Promise<CommandRun> {
  return new Promise((done, reject) => {
    const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    const said = { stdout: '', stderr: '' }
    child.stdout.on('data', (chunk: Buffer) => (said.stdout += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (said.stderr += chunk.toString()))
    child.on('error', reject)
    child.on('close', (code, signal) => done({ exit: signal ?? code, ...said }))
  })
}
