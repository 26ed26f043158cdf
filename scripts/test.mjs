/**
 * `npm test`: everything that must hold, in the order in which it fails fastest.
 *
 *   npm test                    all of it
 *   npm test -- --only unit     one step (format, lint, types, pages, dead-code, unit, story)
 *
 * The last line is `N passed, N failed`, counting tests.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureInstalled, node24, programEnv, root, run } from './bootstrap.mjs'

const only = process.argv.includes('--only') ? process.argv[process.argv.indexOf('--only') + 1] : undefined
const counted = { passed: 0, failed: 0, skipped: 0 }

await ensureInstalled().catch(error => {
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
})
if (process.exitCode !== 1) await runAll()

async function runAll() {
  const node = node24()
  const browser = ensureBrowser()
  const env = { ...process.env, ...programEnv(), ...(browser === undefined ? {} : { CHROMIUM: browser }) }
  const bin = name => join(root, 'node_modules', '.bin', name)
  const js = (file, ...args) => run(node, [join(root, file), ...args], { env })
  const steps = {
    format: () => run(bin('oxfmt'), ['--check', '.'], { env }),
    lint: () => run(bin('oxlint'), ['--type-aware', '--deny-warnings', '.'], { env }),
    types: () => js('node_modules/typescript/bin/tsc', '-p', '.'),
    pages: () => js('scripts/pages.mjs', '--check'),
    'dead-code': () => js('node_modules/knip/bin/knip.js', '--no-progress'),
    unit: () => vitest(js, 'unit'),
    story: () => vitest(js, 'story'),
  }
  const failed = []
  for (const [name, step] of Object.entries(steps)) {
    if (only !== undefined && only !== name) continue
    const startedAt = Date.now()
    process.stdout.write(`\n── ${name}\n`)
    const code = await step()
    process.stdout.write(
      `── ${name}: ${code === 0 ? 'ok' : `failed (${code})`} in ${((Date.now() - startedAt) / 1000).toFixed(1)} s\n`,
    )
    if (code !== 0) failed.push(name)
  }
  if (failed.length > 0) process.stdout.write(`\nFailed steps: ${failed.join(', ')}\n`)
  process.stdout.write(
    `\n${counted.passed} passed, ${counted.failed} failed${counted.skipped > 0 ? `, ${counted.skipped} skipped` : ''}\n`,
  )
  process.exitCode = failed.length > 0 || counted.failed > 0 ? 1 : 0
}

async function vitest(js, project) {
  const folder = mkdtempSync(join(tmpdir(), 'murram-test-'))
  const report = join(folder, 'report.json')
  const code = await js(
    'node_modules/vitest/vitest.mjs',
    'run',
    '--project',
    project,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  )
  if (existsSync(report)) {
    const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(readFileSync(report, 'utf8'))
    counted.passed += numPassedTests
    counted.failed += numFailedTests
    counted.skipped += numPendingTests
  }
  rmSync(folder, { recursive: true, force: true })
  return code
}

/** Chromium's path: from CHROMIUM, from PATH, or installed with apt where that is possible. */
function ensureBrowser() {
  const found = findBrowser()
  if (found !== undefined || (only !== undefined && only !== 'story')) return found
  if (process.platform === 'linux' && process.getuid?.() === 0) {
    process.stdout.write('Installing Chromium with apt-get for the browser test\n')
    try {
      execFileSync('apt-get', ['update', '-qq'], { stdio: ['ignore', 'ignore', 'inherit'] })
      execFileSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], {
        stdio: ['ignore', 'ignore', 'inherit'],
        env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      })
    } catch (error) {
      process.stderr.write(`apt-get could not install it: ${error.message}\n`)
    }
  }
  return findBrowser()
}

function findBrowser() {
  if (process.env.CHROMIUM !== undefined) return process.env.CHROMIUM
  for (const name of ['chromium', 'chromium-browser', 'google-chrome']) {
    try {
      return execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim()
    } catch {
      continue // the next name
    }
  }
  return undefined
}
