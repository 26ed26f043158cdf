/**
 * `npm run story:learning`: years of a model, watched by a person or read by a script.
 *
 * Exit: 0 it ended right · 1 it did not, or broke · 2 wrong use.
 */
import { join, resolve } from 'node:path'
import { createScreen } from '../screen.ts'
import { readLearningOptions, type LearningOptions } from './learning-options.ts'
import { drawnPanelOf, START_MS, tellLearningStory } from './learning-story.ts'
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
  let interrupted = false
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => {
      if (interrupted) return
      interrupted = true
      screen.line('\nclosing the houses …')
      void stop().finally(() => {
        screen.close()
        process.exitCode = 130
        process.disconnect?.()
      })
    })
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
    if (!interrupted) {
      screen.line(`\n${error instanceof Error ? error.message : String(error)}`)
      process.exitCode = 1
    }
  } finally {
    screen.close()
  }
}

const options = readArguments()
if (options !== null) await tell(options)
