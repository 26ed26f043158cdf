/**
 * `npm run story:learning`: years of a model, watched by a person or read by a script.
 *
 * Exit: 0 it ended right · 1 it did not, or broke · 2 wrong use.
 */
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { closeOnSignal } from '../close-on-signal.ts'
import { createScreen } from '../screen.ts'
import { readLearningOptions, type LearningOptions } from './learning-options.ts'
import { drawnPanelOf, START_MS, tellLearningStory } from './learning-story.ts'
import { panelToCsv, PANEL_COLUMNS } from './panel-csv.ts'
import { readPanel } from './read-panel.ts'
import { createTelling } from './telling.ts'

const root = resolve(import.meta.dirname, '..', '..', '..', '..')

function readArguments(): LearningOptions | null {
  try {
    return readLearningOptions(process.argv.slice(2), process.env.MURRAM_CWD ?? root)
  } catch (error) {
    if (!(error instanceof Error && 'exitCode' in error)) throw error
    process.exitCode = Number(error.exitCode)
    return null
  }
}

async function tell(options: LearningOptions): Promise<void> {
  const screen = createScreen({
    write: text => void process.stdout.write(text),
    isTerminal: process.stdout.isTTY,
    now: Date.now,
  })
  let stop = async (): Promise<void> => {}
  const interruption = closeOnSignal(screen, () => stop())
  try {
    const panel = options.panel === undefined ? drawnPanelOf(options) : await readPanel(options.panel, options)
    const telling = createTelling(screen, START_MS)
    const { stage, closing } = await tellLearningStory({
      options,
      panel,
      telling,
      root,
      onHouses: given => (stop = given),
    })
    await stage.stop()
    telling.line(`everything of this run is under ${join(stage.folder, '')}`)
    if (options.json) process.stdout.write(`${JSON.stringify(closing)}\n`)
    if (!closing.right) process.exitCode = 1
  } catch (error) {
    if (!interruption.happened()) {
      screen.line(`\n${error instanceof Error ? error.message : String(error)}`)
      process.exitCode = 1
    }
  } finally {
    screen.close()
  }
}

/** The drawn panel as a table, to be told with `--panel`. */
function writePanel(options: LearningOptions, file: string): void {
  const panel = drawnPanelOf(options)
  writeFileSync(file, panelToCsv(panel))
  const { id, wave } = PANEL_COLUMNS
  const region = panel.region === null ? '' : ` --region ${panel.region}`
  process.stdout.write(
    `${panel.title}\n--panel ${file} --id ${id} --wave ${wave} --outcome ${panel.outcome.name}${region} --positive ${panel.outcome.positive}\n`,
  )
}

const options = readArguments()
if (options !== null)
  if (options.writePanel === undefined) await tell(options)
  else writePanel(options, options.writePanel)
