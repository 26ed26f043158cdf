/**
 * The houses of a walk, open and empty: one collector process on PostgreSQL, the form and the
 * prior published, one process an officer behind a faulty link, all enrolled.
 */
import { compileXform, type Form } from '@murram/xform'
import { convertXlsform } from '@murram/xlsform'
import { err, fault, unwrap } from '@murram/ground'
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { parse as parseYaml, stringify as stringifyYaml } from 'yaml'
import { createCentral } from './central.ts'
import type { CollectorAddress, CollectorConfig } from './collector-process.ts'
import { startOfficers, stopOfficers, type Officer } from './officers.ts'
import type { ReplayChoice, WalkOptions } from './options.ts'
import { startHouse, type House } from './processes.ts'
import { newRunFolder } from './run-folder.ts'
import { enrol, publish, vulnerabilityFiles, type ModelFiles } from './scenes/open.ts'
import type { Screen } from './screen.ts'
import { openSubjects, type SubjectChoice } from './subjects.ts'
import { noFindings, type Walk } from './walk.ts'

export interface StageDeps {
  readonly options: WalkOptions
  readonly screen: Screen
  readonly root: string
  /** Called with what ends the houses, before there are any, for a person who interrupts. */
  readonly onHouses?: (stop: () => Promise<void>) => void
  /** Of every process that is started. */
  readonly env?: Readonly<Record<string, string>>
}

export interface Stage {
  readonly walk: Walk
  readonly stop: () => Promise<void>
}

/** On a failure whatever was started is stopped again. */
export async function openStage({ options, screen, root, onHouses = () => {}, env = {} }: StageDeps): Promise<Stage> {
  // What a person named is looked at before anything is started.
  const files = options.replay === undefined ? vulnerabilityFiles(root) : await replayFiles(options.replay)
  const choice: SubjectChoice =
    options.replay === undefined
      ? { kind: 'population', seed: options.seed }
      : { kind: 'table', choice: options.replay }
  const subjects = openSubjects(choice, options.replay === undefined ? null : await formOf(files.form))
  const folder = newRunFolder(join(options.data, 'walk'))
  const houses: { collector?: House; officers: readonly Officer[]; ending: boolean } = { officers: [], ending: false }
  const stop = async () => {
    houses.ending = true
    await stopOfficers(houses.officers)
    await houses.collector?.stop()
  }
  const goOn = () => {
    if (houses.ending) throw new Error('interrupted')
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
    houses.collector = await startCollectorHouse(config, env)
    goOn()
    const address = await houses.collector.ask<CollectorAddress>('address')
    activity.end(`collector at ${address.url}, on a PostgreSQL of its own under ${folder}`)
    screen.line('            demo keys: made for this run, marked as such, refused by anything that is not a demo')

    const central = createCentral(address.url, adminToken)
    const recipe = parseYaml(files.recipe) as { triggers?: { newOutcomes?: number } }
    const found = noFindings()
    const opening = { options, screen, root, folder, adminToken, collector: houses.collector, address, central, found }
    const { formId, modelName } = await publish(opening, holdBack(files, options))

    const fieldDir = join(root, 'apps', 'field', 'dist')
    const laptops = screen.activity('switching the laptops on')
    houses.officers = await startOfficers({
      count: options.agents,
      folder,
      collectorPort: address.port,
      subjects: choice,
      seed: options.seed,
      date: new Date().toISOString().slice(0, 10),
      env,
      ...(existsSync(fieldDir) ? { fieldDir } : {}),
    })
    goOn()
    laptops.end(`${options.agents} ${options.agents === 1 ? 'laptop is' : 'laptops are'} on, each a process of its own`)
    const walk: Walk = {
      ...opening,
      formId,
      modelName,
      subjects,
      officers: houses.officers,
      newOutcomes: recipe.triggers?.newOutcomes ?? 50,
    }
    await enrol(walk)
    return { walk, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

export const startCollectorHouse = (
  config: CollectorConfig,
  env: Readonly<Record<string, string>> = {},
): Promise<House> => startHouse({ program: join(import.meta.dirname, 'collector-process.ts'), config, env })

/** With `--bad-candidate` only the spoilt run is to start. */
const holdBack = (files: ModelFiles, { badCandidate }: WalkOptions): ModelFiles =>
  badCandidate
    ? {
        ...files,
        recipe: stringifyYaml({ ...(parseYaml(files.recipe) as object), triggers: { newOutcomes: 1_000_000_000 } }),
      }
    : files

/** A real table comes without a recipe: the outcome's classes, every question, and a prior that claims to know nothing. */
async function replayFiles({ form: file, table, outcome }: ReplayChoice): Promise<ModelFiles> {
  const form = await formOf(file)
  const asked = form.questions.find(({ name, outcome: isOutcome }) => isOutcome || name === outcome)
  const classes = asked?.choices(form.defaultLanguage).map(({ value }) => value) ?? []
  if (classes.length !== 2) {
    throw new Error(
      `${basename(file)} must ask “${outcome}” as select_one with two choices (column outcome: yes); it offers ${classes.length}`,
    )
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
  if (!existsSync(file)) unwrap(err(fault('form.workbook-unreadable', `${file} is not there`)))
  const { xml } = unwrap(await convertXlsform(new Uint8Array(readFileSync(file)), { fileName: basename(file) }))
  return unwrap(compileXform(xml))
}
