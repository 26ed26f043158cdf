/**
 * Builds the pages of the two apps where their sources changed since the last build.
 *
 *   node scripts/pages.mjs            build what is stale
 *   node scripts/pages.mjs --check    check the types as well (npm test)
 */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { programEnv, root, run } from './bootstrap.mjs'

const check = process.argv.includes('--check')
const env = { ...process.env, ...programEnv() }

/** What the build reads: the app's own files and the API types that it imports. */
const inputs = {
  'apps/field': ['apps/field', 'agent/src/loopback/api-types.ts', 'pnpm-lock.yaml'],
  'apps/console': ['apps/console', 'collector/src/http/api-types.ts', 'pnpm-lock.yaml'],
}

const filesBelow = path =>
  existsSync(join(root, path)) && !path.includes('.')
    ? readdirSync(join(root, path), { withFileTypes: true })
        .filter(({ name }) => name !== 'node_modules' && name !== 'dist')
        .flatMap(entry => (entry.isDirectory() ? filesBelow(join(path, entry.name)) : [join(path, entry.name)]))
        .sort()
    : [path]

const digestOf = paths => {
  const hash = createHash('sha256')
  for (const file of paths.flatMap(filesBelow)) hash.update(file).update(readFileSync(join(root, file)))
  return hash.digest('hex')
}

process.exitCode = 0
for (const [app, paths] of Object.entries(inputs)) {
  const node = tool => [join(root, app, 'node_modules', tool)]
  if (check) {
    const code = await run(
      process.execPath,
      [...node('vue-tsc/bin/vue-tsc.js'), '--noEmit', '-p', join(root, app, 'tsconfig.json')],
      { env },
    )
    if (code !== 0) process.exitCode = code
  }
  const mark = join(root, app, 'dist', '.built-from')
  const digest = digestOf(paths)
  if (existsSync(mark) && readFileSync(mark, 'utf8') === digest) continue
  const code = await run(process.execPath, [...node('vite/bin/vite.js'), 'build', '--logLevel', 'warn'], {
    env,
    cwd: join(root, app),
  })
  if (code === 0) writeFileSync(mark, digest)
  else process.exitCode = code
}
