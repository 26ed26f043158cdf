/**
 * Sets a fresh machine up, then runs a program on Node 24.
 *
 * The machine may have nothing but Node 20 and npm: this file is plain JavaScript that Node
 * 20 understands. Node 24 itself comes from the npm registry with the other dependencies,
 * and `node_modules/.bin/node` runs everything after that. When the lock file is the one
 * that was installed last, nothing is asked of the network.
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))
const PNPM = 'pnpm@12.21.0'
const WANTED_MAJOR = 24
const mark = join(root, 'node_modules', '.murram-installed')

const lockDigest = () =>
  createHash('sha256')
    .update(readFileSync(join(root, 'pnpm-lock.yaml')))
    .digest('hex')

const installed = () => existsSync(mark) && readFileSync(mark, 'utf8') === lockDigest()

/** Runs a command with inherited output; resolves with its exit code (128 + n for a signal). */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: 'inherit', ...options })
    child.on('error', reject)
    child.on('exit', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 143)))
    for (const signal of ['SIGINT', 'SIGTERM']) {
      const pass = () => child.kill(signal)
      process.on(signal, pass)
      child.on('exit', () => process.off(signal, pass))
    }
  })
}

/** Installs the locked dependencies unless that is done. Throws with what to do next. */
export async function ensureInstalled() {
  if (installed()) return
  const startedAt = Date.now()
  const say = text => process.stderr.write(text)
  say('Setting up: fetching the locked dependencies from the npm registry (about a minute the first time)\n')
  const tick = setInterval(() => say(`\r  … ${Math.round((Date.now() - startedAt) / 1000)} s `), 1000)
  const npx = process.platform === 'win32' ? 'npx.cmd' : 'npx'
  const args = [
    '--yes',
    '--prefer-offline',
    PNPM,
    'install',
    '--frozen-lockfile',
    '--prefer-offline',
    '--loglevel=error',
  ]
  const code = await run(npx, args, {
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
    env: {
      ...process.env,
      ONNXRUNTIME_NODE_INSTALL: 'skip',
      ELECTRON_SKIP_BINARY_DOWNLOAD: '1',
      npm_config_update_notifier: 'false',
    },
  }).finally(() => clearInterval(tick))
  if (code !== 0) {
    throw new Error(
      `The installation ended with code ${code}. Check that the npm registry can be reached (npm ping), then run the command again: what was fetched is kept.`,
    )
  }
  writeFileSync(mark, lockDigest())
  say(`\r  … done in ${Math.round((Date.now() - startedAt) / 1000)} s\n`)
}

/** The Node that runs Murram: from the dependencies, or this one where it is new enough. */
export function node24() {
  const ours = join(root, 'node_modules', '.bin', process.platform === 'win32' ? 'node.exe' : 'node')
  if (existsSync(ours)) return ours
  if (Number(process.versions.node.split('.')[0]) >= WANTED_MAJOR) return process.execPath
  throw new Error(
    `Murram runs on Node ${WANTED_MAJOR}. For ${process.platform}-${process.arch} it is not among the dependencies: install Node ${WANTED_MAJOR} from your system and run the command again.`,
  )
}

/** Sets up, then runs a TypeScript program of this repository with the given arguments. */
export async function runProgram(file, args, env = {}) {
  try {
    await ensureInstalled()
    process.exitCode = await run(node24(), ['--disable-warning=ExperimentalWarning', join(root, file), ...args], {
      env: { ...process.env, ...programEnv(), ...env },
    })
  } catch (error) {
    process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
  }
}

/** The programs' own `node` comes first, so that what they start runs on it too. */
export const programEnv = () => ({
  PATH: `${join(root, 'node_modules', '.bin')}${process.platform === 'win32' ? ';' : ':'}${process.env.PATH ?? ''}`,
  ORT_DISABLE_TELEMETRY: '1',
})
