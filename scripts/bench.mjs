/**
 * `npm run bench -- NAME [options]`: one benchmark of bench/, on the project's own Node.
 *
 *   npm run bench -- --help            which there are, and what each measures
 *   npm run bench -- sync --quick      one of them; its own options follow its name
 *   npm run bench -- sync --json       the last line of the output is one JSON object
 *
 * A benchmark asserts nothing; docs/benchmarks.md is the record.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, runProgram } from './bootstrap.mjs'

const folder = join(root, 'bench')
const [name, ...options] = process.argv.slice(2)

/** A file that prints is a benchmark; the others hold what benchmarks share. */
const benches = readdirSync(folder)
  .filter(file => file.endsWith('.ts'))
  .map(file => ({ name: file.slice(0, -3), source: readFileSync(join(folder, file), 'utf8') }))
  .filter(({ source }) => source.includes("'--json'") || source.includes('json: {'))

/** The first sentence of the header. */
const about = source =>
  source
    .slice(source.indexOf('/**') + 3, source.indexOf('*/'))
    .replaceAll(/^\s*\* ?/gm, '')
    .trim()
    .replaceAll(/\s+/g, ' ')
    .split(/(?<=\.) /u)[0]

const list = () => benches.map(({ name: one, source }) => `  ${one.padEnd(16)} ${about(source)}`).join('\n')

if (name === undefined || name === '--help' || name === '-h')
  process.stdout.write(`npm run bench -- NAME [options] [--json]\n\n${list()}\n`)
else if (benches.some(bench => bench.name === name)) await runProgram(`bench/${name}.ts`, options)
else {
  process.stderr.write(`No benchmark is called ${name}. There are:\n${list()}\n`)
  process.exitCode = 2
}
