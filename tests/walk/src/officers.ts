/** The officers of the walk: each a process with a store of its own behind a link of its own. */
import { startFaultyLink, type FaultyLink, type LinkFaults } from '@murram/testkit'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { OfficerConfig, OfficerStatus } from './officer-requests.ts'
import { startHouse, type House } from './processes.ts'
import type { SubjectChoice } from './subjects.ts'

export interface Officer {
  readonly name: string
  readonly house: House
  readonly link: FaultyLink
  readonly config: OfficerConfig
}

/** Ugandan first names, so that a screen reads like a project and not like a test. */
const NAMES = ['Akello', 'Babirye', 'Kato', 'Nakato', 'Okello', 'Wasswa', 'Adong', 'Mugisha', 'Namono', 'Tumusiime']

const program = join(import.meta.dirname, 'officer-process.ts')

export interface OfficersOptions {
  readonly count: number
  readonly folder: string
  readonly collectorPort: number
  readonly subjects: SubjectChoice
  readonly seed: number
  readonly date: string
  readonly fieldDir?: string
  readonly env?: Readonly<Record<string, string>>
}

export async function startOfficers(options: OfficersOptions): Promise<readonly Officer[]> {
  const { count, folder, collectorPort, subjects, seed, date, fieldDir } = options
  mkdirSync(join(folder, 'ledgers'), { recursive: true })
  return Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const name = `${NAMES[index % NAMES.length]}${index < NAMES.length ? '' : ` ${Math.floor(index / NAMES.length) + 1}`}`
      const slug = name.toLowerCase().replace(/\W+/g, '-')
      const config: OfficerConfig = {
        dataDir: join(folder, `agent-${slug}`),
        ledgerFile: join(folder, 'ledgers', `${slug}.ledger`),
        officer: name,
        seed,
        subjects,
        date,
        ...(fieldDir === undefined ? {} : { fieldDir }),
      }
      const link = await startFaultyLink({ targetPort: collectorPort, seed: seed * 100 + index })
      const house = await startOfficerHouse(config, options.env)
      return { name, house, link, config }
    }),
  )
}

/** Also again, on the folder of an officer whose process has died. */
export const startOfficerHouse = (config: OfficerConfig, env: Readonly<Record<string, string>> = {}): Promise<House> =>
  startHouse({ program, config, env })

/** A road of the dry season and one of the rains; an officer's link is one of these. */
export const weather: readonly LinkFaults[] = [
  { latencyMs: 40, bytesPerSecond: 64_000, cutEveryMs: [1_500, 4_500] },
  { latencyMs: 150, bytesPerSecond: 24_000, cutEveryMs: [900, 3_000] },
  { latencyMs: 80, bytesPerSecond: 128_000, cutEveryMs: [700, 2_500] },
]

const POLL_MS = 50

/** Asks each officer until all fulfil the condition; tells how far they are meanwhile. */
export async function untilAll<Status = OfficerStatus>(
  officers: readonly Pick<Officer, 'house'>[],
  condition: (status: Status, at: number) => boolean,
  limitMs: number,
  progress: (statuses: readonly Status[]) => void = () => {},
): Promise<readonly Status[]> {
  const endAt = Date.now() + limitMs
  for (;;) {
    const statuses = await Promise.all(officers.map(({ house }) => house.ask<Status>('status')))
    progress(statuses)
    if (statuses.every(condition)) return statuses
    if (Date.now() > endAt) {
      throw new Error(`still not there after ${limitMs / 1000} s: ${JSON.stringify(statuses)}`)
    }
    await new Promise(resolve => setTimeout(resolve, POLL_MS))
  }
}

export async function stopOfficers(officers: readonly Officer[]): Promise<void> {
  await Promise.all(
    officers.map(async ({ house, link }) => {
      await house.stop()
      await link[Symbol.asyncDispose]()
    }),
  )
}
