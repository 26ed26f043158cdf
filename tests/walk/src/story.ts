/**
 * The main job from an answer to a better score, scene by scene, on real parts.
 */
import { basename } from 'node:path'
import { STATED_BEST_AUC } from './population/best-auc.ts'
import { capture, type Visit } from './scenes/capture.ts'
import { close, type Closing } from './scenes/close.ts'
import { differences, STAGED } from './scenes/differences.ts'
import { learn } from './scenes/learn.ts'
import { offline, settleDown, syncThroughWeather } from './scenes/sync.ts'
import { openStage, type StageDeps } from './stage.ts'
import { planInterviews, type Plan, type Walk } from './walk.ts'

export interface Story {
  readonly closing: Closing
  readonly addresses: readonly (readonly [what: string, address: string])[]
  readonly folder: string
  /** Ends every house. */
  readonly stop: () => Promise<void>
}

export async function tellStory(deps: StageDeps): Promise<Story> {
  const startedAt = Date.now()
  const { walk, stop } = await openStage(deps)
  const { screen, officers, address, adminToken, folder } = walk
  try {
    await work(walk)
    screen.heading('7', 'What came of it')
    const closing = await close(walk, startedAt)
    const [first] = officers
    const page = await first?.house.ask<{ url: string }>('page')
    return {
      closing,
      folder,
      stop,
      addresses: [
        ['the central team’s console', `${address.url}/?token=${adminToken}`],
        ...(first === undefined || page === undefined ? [] : [[`${first.name}’s page`, page.url] as const]),
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
  screen.heading(
    '2',
    population ? 'Offline: interviews in the villages' : `Offline: ${basename(options.replay.table)} as interviews`,
  )
  if (population) {
    screen.line(
      `            a synthetic population, seed ${options.seed}; the best AUC that any model can reach on it is ${STATED_BEST_AUC} (models/vulnerability/population.md)`,
    )
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
  screen.heading(
    '6',
    walk.found.gate === 'promoted' ? 'The next interviews, scored by the new model' : 'The next interviews',
  )
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
