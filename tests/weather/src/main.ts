/**
 * npm run weather: seeded days of bad weather, until one shows a broken law or all are over.
 *
 *   npm run weather                                 10,000 schedules of seed 1
 *   npm run weather -- --schedules 500 --seed 7     of another seed
 *   npm run weather -- --seed 7 --from 31 --schedules 1 --trace
 *
 * Exit: 0 all held · 1 a law was broken (the command that replays it is printed) · 2 wrong use.
 */
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { Command, InvalidArgumentError } from 'commander'
import { EXTRAS, type Extra } from './extras.ts'
import { FAULT_KINDS, type FaultKind } from './fault-counts.ts'
import { seedOf, replayCommand } from './replay.ts'
import { runSchedule, type ScheduleOutcome } from './schedule.ts'

interface Options {
  readonly schedules: number
  readonly seed: number
  readonly from: number
  readonly jobs: number
  readonly trace: boolean
  readonly keepGoing: boolean
  readonly with: readonly Extra[]
}

const whole = (text: string): number => {
  const number = Number(text)
  if (!Number.isSafeInteger(number) || number < 0) throw new InvalidArgumentError('a whole number, please')
  return number
}

const extras = (text: string): readonly Extra[] =>
  text.split(',').map(word => {
    const extra = EXTRAS.find(known => known === word)
    if (extra === undefined) throw new InvalidArgumentError(`one or more of ${EXTRAS.join(',')}, please`)
    return extra
  })

const program = new Command('weather')
  .description('Seeded schedules of bad networks, crashes and restores')
  .option('--schedules <n>', 'how many', whole, 10_000)
  .option('--seed <n>', 'of the series', whole, 1)
  .option('--from <k>', 'number of the first schedule in its series', whole, 1)
  .option('--jobs <n>', 'processes', whole, 1)
  .option('--with <extras>', `every day has these: ${EXTRAS.join(',')}`, extras, [])
  .option('--trace', 'tell all that happens', false)
  .option('--keep-going', 'do not end at the first broken law', false)
  .addHelpText('after', '\nExample: npm run weather -- --schedules 2000 --seed 3 --jobs 2')

type Said = Pick<ScheduleOutcome, 'broken' | 'faults' | 'stats'> & { readonly k: number }

const sum = {
  done: 0,
  failed: 0,
  saved: 0,
  stored: 0,
  events: 0,
  links: 0,
  faults: new Map<FaultKind, number>(),
}

async function main(): Promise<void> {
  const options = program.parse().opts<Options>()
  const startedAtMs = performance.now()
  if (process.send !== undefined && process.env['MURRAM_WEATHER_JOB'] !== undefined) {
    await runSome(options, said => process.send?.(said))
    process.disconnect()
    return
  }
  const progress = setInterval(() => process.stderr.write(`${progressLine(options, startedAtMs)}\n`), 5_000)
  const take = (said: Said): void => {
    add(said)
    if (said.broken.length > 0) tellFailure(options, said)
  }
  if (options.jobs > 1) await runJobs(options, take)
  else await runSome(options, take)
  clearInterval(progress)
  process.stdout.write(`${closingTable(options, startedAtMs)}\n`)
  process.exitCode = sum.failed > 0 ? 1 : 0
}

async function runSome({ schedules, seed, from, trace, keepGoing, with: always }: Options, take: (said: Said) => void) {
  for (let k = from; k < from + schedules; k += 1) {
    const outcome = await runSchedule({ seed: seedOf(seed, k), traces: trace, always })
    if (trace) process.stdout.write(`${outcome.trace.join('\n')}\n`)
    const { broken, faults, stats } = outcome
    take({ k, broken, faults, stats })
    if (broken.length > 0 && !keepGoing) return
  }
}

/** Each process takes a part of the series. */
async function runJobs(options: Options, take: (said: Said) => void): Promise<void> {
  const each = Math.ceil(options.schedules / options.jobs)
  await Promise.all(
    Array.from({ length: options.jobs }, async (_, job) => {
      const from = options.from + job * each
      const schedules = Math.min(each, options.from + options.schedules - from)
      if (schedules <= 0) return
      const args = ['--schedules', `${schedules}`, '--seed', `${options.seed}`, '--from', `${from}`]
      if (options.with.length > 0) args.push('--with', options.with.join(','))
      if (options.keepGoing) args.push('--keep-going')
      const env = { ...process.env, MURRAM_WEATHER_JOB: `${job}` }
      const child = fork(fileURLToPath(import.meta.url), args, { env, execPath: process.execPath })
      child.on('message', said => take(said as Said))
      await new Promise<void>((resolve, reject) => {
        child.once('error', reject)
        child.once('exit', code => (code === 0 ? resolve() : reject(new Error(`job ${job} ended with ${code}`))))
      })
    }),
  )
}

function add({ broken, faults, stats }: Said): void {
  sum.done += 1
  sum.failed += broken.length > 0 ? 1 : 0
  sum.saved += stats.saved
  sum.stored += stats.stored
  sum.events += stats.events
  sum.links += stats.links
  for (const [kind, count] of Object.entries(faults) as [FaultKind, number][])
    sum.faults.set(kind, (sum.faults.get(kind) ?? 0) + count)
}

const tellFailure = ({ seed, with: always }: Options, { k, broken }: Said): void =>
  void process.stdout.write(
    `\nschedule ${k} of seed ${seed} broke a law:\n  ${broken.slice(0, 5).join('\n  ')}\nreplay it:  ${replayCommand(seed, k, always)}\n`,
  )

const progressLine = ({ schedules }: Options, startedAtMs: number): string =>
  `${sum.done} of ${schedules} schedules, ${sum.failed} broken, ${Math.round((performance.now() - startedAtMs) / 1_000)} s`

function closingTable(options: Options, startedAtMs: number): string {
  const faults = FAULT_KINDS.map(kind => `  ${kind.padEnd(24)}${sum.faults.get(kind) ?? 0}`)
  return [
    `${progressLine(options, startedAtMs)}; ${sum.saved} interviews saved, ${sum.stored} stored, ${sum.links} links, ${sum.events} events`,
    'faults on purpose:',
    ...faults,
  ].join('\n')
}

await main()
