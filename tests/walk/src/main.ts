/**
 * `npm start`: the whole walk, watched by a person or read by a script.
 *
 * Exit: 0 the walk ended as it should · 1 something was lost, doubled or not delivered.
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { closeOnSignal } from './close-on-signal.ts'
import { readOptions } from './options.ts'
import type { Closing } from './scenes/close.ts'
import { createScreen } from './screen.ts'
import { tellStory } from './story.ts'

const root = resolve(import.meta.dirname, '..', '..', '..')
const options = readOptions(process.argv.slice(2), process.env.MURRAM_CWD ?? root)
const screen = createScreen({
  write: text => void process.stdout.write(text),
  isTerminal: process.stdout.isTTY,
  now: Date.now,
})

let stop = async (): Promise<void> => {}
const interruption = closeOnSignal(screen, () => stop())

try {
  await buildPages()
  const story = await tellStory({ options, screen, root, onHouses: given => (stop = given) })
  const good = isGood(story.closing)
  if (!good) process.exitCode = 1
  if (options.exit) {
    await story.stop()
    screen.close()
  } else {
    screen.line('')
    for (const [what, address] of story.addresses) screen.line(`            ${what}: ${address}`)
    screen.line(`            everything of this run is under ${story.folder}`)
    screen.line('            it stays up; Ctrl-C ends it')
  }
  if (options.json) process.stdout.write(`${JSON.stringify(story.closing)}\n`)
} catch (error) {
  if (!interruption.happened()) {
    screen.line(`\n${error instanceof Error ? error.message : String(error)}`)
    process.exitCode = 1
  }
  screen.close()
}

function isGood({ lost, duplicated, agents, agentsOnNewest, captured, synced }: Closing): boolean {
  return lost === 0 && duplicated === 0 && agents === agentsOnNewest && captured === synced
}

/** The pages of console and field app, where their sources have changed. */
async function buildPages(): Promise<void> {
  const built = ['console', 'field'].every(app => existsSync(join(root, 'apps', app, 'dist', 'index.html')))
  const activity = built ? undefined : screen.activity('building the pages')
  const code = await new Promise<number>((done, fail) => {
    const child = spawn(process.execPath, [join(root, 'scripts', 'pages.mjs')], {
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    child.on('error', fail)
    child.on('exit', exit => done(exit ?? 1))
  })
  if (code !== 0) screen.line('            the pages could not be built (see above); the walk goes on without them')
  activity?.end('pages of console and field app built')
}
