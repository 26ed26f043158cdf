/**
 * The main job from an answer to a better score, on real parts: one collector process on
 * PostgreSQL, one process an officer with an encrypted store, a faulty link before each.
 */
import { convertXlsform } from '@murram/xlsform'
import { compileXform, type Form } from '@murram/xform'
import { unwrap } from '@murram/ground'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { parse as parseYaml, stringify as stringifyYaml } from 'yaml'
import { createCentral } from './central.ts'
import type { CollectorAddress, CollectorConfig } from './collector-process.ts'
import { startOfficers, stopOfficers, type Officer } from './officers.ts'
import type { ReplayChoice, WalkOptions } from './options.ts'
import { STATED_BEST_AUC } from './population/best-auc.ts'
import { startHouse, type House } from './processes.ts'
import { capture, type Visit } from './scenes/capture.ts'
import { close, type Closing } from './scenes/close.ts'
import { differences, STAGED } from './scenes/differences.ts'
import { learn } from './scenes/learn.ts'
import { enrol, publish, vulnerabilityFiles, type ModelFiles } from './scenes/open.ts'
import { offline, settleDown, syncThroughWeather } from './scenes/sync.ts'
import type { Screen } from './screen.ts'
import { openSubjects, type SubjectChoice } from './subjects.ts'
import { noFindings, planInterviews, type Plan, type Walk } from './walk.ts'

export interface Story {
  readonly closing: Closing
  readonly addresses: readonly (readonly [what: string, address: string])[]
  readonly folder: string
  /** Ends every house. */
  readonly stop: () => Promise<void>
}

export interface StoryDeps {
  readonly options: WalkOptions
  readonly screen: Screen
  readonly root: string
  /** Called with what ends the houses, as soon as there are some, for a person who interrupts. */
  readonly onHouses?: (stop: () => Promise<void>) => void
}

const KEPT_RUNS = 3

export async function tellStory({ options, screen, root, onHouses = () => {} }: StoryDeps): Promise<Story> {
  const startedAt = Date.now()
  const folder = newRunFolder(options.data)
  const houses: { collector?: House; officers: readonly Officer[] } = { officers: [] }
  const stop = async () => {
    await stopOfficers(houses.officers)
    await houses.collector?.stop()
  }
  onHouses(stop)
  try {
    screen.heading('1', 'The centre opens')
    const activity = screen.activity('starting PostgreSQL and the collector')
    const adminToken = randomBytes(24).toString('base64url')
    const consoleDir = join(root, 'apps', 'console', 'dist')
    const config: CollectorConfig = {
      dataDir: join(folder, 'collector'),
      port: options.port,
      projectId: 'walk-demo',
      adminToken,
      ...(existsSync(consoleDir) ? { consoleDir } : {}),
    }
    houses.collector = await startHouse({ program: join(import.meta.dirname, 'collector-process.ts'), config })
    const address = await houses.collector.ask<CollectorAddress>('address')
    activity.end(`collector at ${address.url}, on a PostgreSQL of its own under ${folder}`)
    screen.line('            demo keys: made for this run, marked as such, refused by anything that is not a demo')

    const central = createCentral(address.url, adminToken)
    const opening = { options, screen, root, folder, adminToken, collector: houses.collector, address, central, found: noFindings() }
    const files = options.replay === undefined ? vulnerabilityFiles(root) : await replayFiles(options.replay)
    const recipe = parseYaml(files.recipe) as { triggers?: { newOutcomes?: number } }
    const { formId, modelName } = await publish({ ...opening, newOutcomes: 50 }, holdBack(files, options))

    const choice: SubjectChoice =
      options.replay === undefined ? { kind: 'population', seed: options.seed } : { kind: 'table', choice: options.replay }
    const subjects = openSubjects(choice, options.replay === undefined ? null : await formOf(files.form))
    const fieldDir = join(root, 'apps', 'field', 'dist')
    houses.officers = await startOfficers({
      count: options.agents,
      folder,
      collectorPort: address.port,
      subjects: choice,
      seed: options.seed,
      date: new Date().toISOString().slice(0, 10),
      ...(existsSync(fieldDir) ? { fieldDir } : {}),
    })
    const walk: Walk = {
      ...opening,
      ...{ formId, modelName, subjects, officers: houses.officers },
      newOutcomes: recipe.triggers?.newOutcomes ?? 50,
    }
    await enrol(walk)
    await work(walk)

    screen.heading('7', 'What came of it')
    const closing = await close(walk, startedAt)
    const pages = await Promise.all(houses.officers.slice(0, 1).map(({ house }) => house.ask<{ url: string }>('page')))
    return {
      closing,
      folder,
      stop,
      addresses: [
        ['the central team’s console', `${address.url}/?token=${adminToken}`],
        ...pages.map(({ url }) => [`${houses.officers[0]?.name ?? ''}’s page`, url] as const),
        ['the API', `${address.url}/docs`],
      ],
    }
  } catch (error) {
    await stop()
    throw error
  }
}

async function work(walk: Walk): Promise<void> {
  const { screen, options, subjects, central } = walk
  const plans = planInterviews(options, subjects)
  const population = options.replay === undefined
  screen.heading('2', population ? 'Offline: interviews in the villages' : `Offline: ${basename(options.replay.table)} as interviews`)
  if (population) {
    screen.line(`            a synthetic population, seed ${options.seed}; the best AUC that any model can reach on it is ${STATED_BEST_AUC} (models/vulnerability/population.md)`)
  }
  await offline(walk)
  await capture(walk, firstVisits(plans, population), 'interviews')

  screen.heading('3', 'Links come and go')
  await syncThroughWeather(walk, 'the backlog')

  if (population) {
    screen.heading('4', 'People see different things')
    await differences(walk)
  }
  screen.heading('5', 'Outcomes come in, and the centre learns')
  await settleDown(walk, (await central.get<{ feedNumber: number }>('/api/v1/summary')).feedNumber)
  await learn(walk)

  const second = plans.map(({ second }) => second.map(index => ({ index, staging: { as: 'first' as const } })))
  screen.heading('6', walk.found.gate === 'promoted' ? 'The next interviews, scored by the new model' : 'The next interviews')
  await offline(walk)
  await capture(walk, second, 'interviews')
  await syncThroughWeather(walk, 'the rest')
}

function firstVisits(plans: readonly Plan[], population: boolean): readonly (readonly Visit[])[] {
  const total = plans.reduce((sum, { first }) => sum + first.length, 0)
  return plans.map(({ first, officer }) => {
    const visits: Visit[] = first.map(index => ({
      index,
      staging: population && index === STAGED.income ? { as: 'mistaken-income' } : { as: 'first' },
    }))
    // Somebody else lists household 3 again, under another spelling.
    if (population && plans.length > 1 && total > STAGED.twice && officer === (STAGED.twice + 1) % plans.length) {
      visits.push({ index: STAGED.twice, staging: { as: 'listed-again' } })
    }
    return visits
  })
}

/** With `--bad-candidate` only the spoilt run is to start. */
const holdBack = (files: ModelFiles, { badCandidate }: WalkOptions): ModelFiles =>
  badCandidate
    ? { ...files, recipe: stringifyYaml({ ...(parseYaml(files.recipe) as object), triggers: { newOutcomes: 1_000_000_000 } }) }
    : files

/** A real table comes without a recipe: the outcome's classes, every question, and a prior that claims to know nothing. */
async function replayFiles({ form: file, table, outcome }: ReplayChoice): Promise<ModelFiles> {
  const form = await formOf(file)
  const asked = form.questions.find(({ name, outcome: isOutcome }) => isOutcome || name === outcome)
  const classes = asked?.choices(form.defaultLanguage).map(({ value }) => value) ?? []
  if (classes.length !== 2) {
    throw new Error(`${basename(file)} must ask “${outcome}” as select_one with two choices (column outcome: yes); it offers ${classes.length}`)
  }
  const recipe = {
    name: `${form.formId.replace(/[^a-z0-9-]+/gi, '-').toLowerCase()}-${outcome.replace(/[^a-z0-9-]+/gi, '-').toLowerCase()}`,
    form: form.formId,
    outcome: { classes, positive: classes[1] },
    features: 'all',
    prior: { baseRate: 0.5 },
  }
  return {
    form: file,
    recipe: stringifyYaml(recipe),
    card: `# ${outcome}\n\nLearnt from a replay of ${basename(table)}. The prior says 50 % of everybody: nothing was known when the replay began.\n`,
  }
}

async function formOf(file: string): Promise<Form> {
  const { xml } = unwrap(await convertXlsform(new Uint8Array(readFileSync(file)), { fileName: basename(file) }))
  return unwrap(compileXform(xml))
}

/** A folder of its own for each run; only runs of the walk are ever cleared away. */
function newRunFolder(data: string): string {
  const home = join(data, 'walk')
  mkdirSync(home, { recursive: true })
  const mark = (name: string) => join(home, name, 'made-by-the-walk')
  const runs = readdirSync(home)
    .filter(name => existsSync(mark(name)))
    .sort()
  for (const name of runs.slice(0, Math.max(0, runs.length - KEPT_RUNS + 1))) rmSync(join(home, name), { recursive: true, force: true })
  const name = new Date().toISOString().replace(/[:.]/g, '-')
  mkdirSync(join(home, name))
  writeFileSync(mark(name), '')
  return join(home, name)
}
