/**
 * The houses of the story of models, open and ready: a collector on a PostgreSQL of its own, the
 * laptops enrolled behind links that can be cut, forms and recipe published, one laptop a ring.
 */
import type { EnrolmentToken } from '@murram/collector/api'
import { placeOf } from '@murram/score'
import { startFaultyLink, type FaultyLink } from '@murram/testkit'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createCentral, type Central } from '../central.ts'
import type { CollectorAddress, CollectorConfig } from '../collector-process.ts'
import { untilAll } from '../officers.ts'
import { startHouse, type House } from '../processes.ts'
import { newRunFolder } from '../run-folder.ts'
import type { LearningOptions } from './learning-options.ts'
import { goOffline } from './laptop-links.ts'
import type { LearningOfficerConfig, LaptopStatus } from './officer-requests.ts'
import { cardOf, followUpWorkbook, MODEL_NAME, recipeOf, visitWorkbook } from './panel-form.ts'
import type { Panel } from './panel.ts'
import type { Telling } from './telling.ts'

/** Who has a laptop; the first of them is of the staff. */
const OFFICERS = ['Akello', 'Babirye', 'Kato', 'Nakato'] as const
const OPENING_MS = 120_000

export interface Laptop {
  readonly officer: string
  readonly deviceId: string
  /** 0 is of the staff, 3 is last. */
  readonly ring: number
  readonly house: House
  readonly link: FaultyLink
}

export interface LearningStage {
  readonly options: LearningOptions
  readonly panel: Panel
  readonly telling: Telling
  readonly central: Central
  readonly address: CollectorAddress
  readonly folder: string
  readonly laptops: readonly Laptop[]
  readonly newOutcomes: number
  /** Everybody's clock; it never goes back. */
  readonly setClock: (atMs: number) => Promise<void>
  readonly stop: () => Promise<void>
}

export interface StageDeps {
  readonly options: LearningOptions
  readonly panel: Panel
  readonly telling: Telling
  readonly startMs: number
  readonly root: string
  readonly onHouses?: (stop: () => Promise<void>) => void
}

/** On a failure whatever was started is stopped again. */
export async function openLearningStage(deps: StageDeps): Promise<LearningStage> {
  const { options, panel, telling, startMs, root, onHouses = () => {} } = deps
  const folder = newRunFolder(join(options.data, 'learning-story'))
  const started: { collector?: House; houses: House[]; links: FaultyLink[] } = { houses: [], links: [] }
  const stop = async () => {
    await Promise.all(started.houses.map(house => house.stop()))
    await Promise.all(started.links.map(link => link[Symbol.asyncDispose]()))
    await started.collector?.stop()
  }
  onHouses(stop)
  try {
    const adminToken = randomBytes(24).toString('base64url')
    const consoleDir = join(root, 'apps', 'console', 'dist')
    const config: CollectorConfig = {
      dataDir: join(folder, 'collector'),
      port: 0,
      projectId: 'learning-story',
      adminToken,
      startMs,
      ...(existsSync(consoleDir) ? { consoleDir } : {}),
    }
    // A process has much to load: all load at once, and the next telling finds it compiled.
    const env = { NODE_COMPILE_CACHE: join(root, 'node_modules', '.cache', 'compiled') }
    mkdirSync(join(folder, 'ledgers'), { recursive: true })
    const opening = await Promise.allSettled([
      startHouse({ program: join(import.meta.dirname, '..', 'collector-process.ts'), config, env }).then(
        house => (started.collector = house),
      ),
      ...OFFICERS.map(officer =>
        startHouse({
          program: join(import.meta.dirname, 'officer-process.ts'),
          config: laptopConfig(deps, folder, officer),
          env,
        }).then(house => {
          started.houses.push(house)
          return house
        }),
      ),
    ])
    const [collector, ...houses] = opening.map(one => {
      if (one.status === 'rejected') throw one.reason
      return one.value
    })
    if (collector === undefined) throw new Error('a story without a collector')
    const address = await collector.ask<CollectorAddress>('address')
    const central = createCentral(address.url, adminToken)
    telling.line(`collector at ${address.url}, on a PostgreSQL of its own under ${folder}`)

    for (const [name, workbook] of [
      ['visit.csv', visitWorkbook(panel)],
      ['follow-up.csv', followUpWorkbook(panel)],
    ] as const) {
      writeFileSync(join(folder, name), workbook)
      await central.send(`/api/v1/forms?fileName=${name}`, 'text/csv', workbook)
    }
    const enrolled = await Promise.all(
      houses.map(async (house, at) => {
        const link = await startFaultyLink({ targetPort: address.port, seed: options.seed * 100 + at })
        started.links.push(link)
        const officer = OFFICERS[at]!
        return { officer, house, link, deviceId: await enrol(central, { officer, house, link }) }
      }),
    )
    const [staff, ...others] = enrolled
    if (staff === undefined) throw new Error('a story without a laptop')
    await central.send(
      '/api/v1/rollout/staff',
      'application/json',
      JSON.stringify({ devices: [staff.deviceId], who: 'Nakato' }),
      'PUT',
    )
    const inOrder = others.toSorted((a, b) => placeOf(a.deviceId, MODEL_NAME) - placeOf(b.deviceId, MODEL_NAME))
    const laptops = [staff, ...inOrder].map((laptop, ring): Laptop => ({ ...laptop, ring }))
    const recipe = recipeFor(panel, inOrder, options)
    writeFileSync(join(folder, 'recipe.yaml'), recipe.text)
    await central.post('/api/v1/models', { recipe: recipe.text, card: cardOf(panel) })
    for (const { house, link } of laptops) await house.ask('connect', { url: `http://127.0.0.1:${link.port}` })
    await untilAll<LaptopStatus>(laptops, ({ forms, releaseId }) => forms === 2 && releaseId !== null, OPENING_MS)

    const setClock = async (atMs: number) => {
      // Between two moments of the story nobody has a link: a session does not last for weeks.
      await goOffline(laptops)
      await Promise.all([collector, ...laptops.map(({ house }) => house)].map(house => house.ask('clock', { atMs })))
      telling.setClock(atMs)
    }
    const { newOutcomes } = recipe
    return { options, panel, telling, central, address, folder, laptops, newOutcomes, setClock, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

function laptopConfig(
  { options: { seed }, startMs }: StageDeps,
  folder: string,
  officer: string,
): LearningOfficerConfig {
  const slug = officer.toLowerCase()
  const ledgerFile = join(folder, 'ledgers', `${slug}.ledger`)
  return { dataDir: join(folder, `agent-${slug}`), ledgerFile, officer, seed, startMs }
}

async function enrol(
  central: Central,
  { officer, house, link }: Pick<Laptop, 'officer' | 'house' | 'link'>,
): Promise<string> {
  const { token } = await central.post<EnrolmentToken>('/api/v1/enrolment-tokens', { officer })
  return house.ask<string>('enrol', { collectorUrl: `http://127.0.0.1:${link.port}`, token })
}

/** Between the places of two laptops lies the border of their rings, so that each has its own. */
function recipeFor(
  panel: Panel,
  inOrder: readonly { readonly deviceId: string }[],
  { rounds }: LearningOptions,
): { readonly text: string; readonly newOutcomes: number } {
  const [a = 0, b = 0, c = 0] = inOrder.map(({ deviceId }) => placeOf(deviceId, MODEL_NAME))
  const households = Math.round(panel.waves.reduce((sum, { visits }) => sum + visits.length, 0) / panel.waves.length)
  const newOutcomes = Math.max(30, Math.round(0.28 * households))
  const text = recipeOf(panel, {
    shares: [(a + b) / 2, (b + c) / 2, 1],
    minScores: Math.max(5, Math.floor((0.6 * households) / (OFFICERS.length * rounds))),
    newOutcomes,
    // Follow-ups alone are too few to learn from.
    freshAtLeast: newOutcomes,
    minHoldout: Math.min(200, Math.floor(0.18 * households)),
    calibrationFrom: Math.min(100, Math.max(30, Math.round(0.1 * households))),
  })
  return { text, newOutcomes }
}
