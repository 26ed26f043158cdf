/**
 * The story of a model over the years, on real parts: a collector process on PostgreSQL, laptops
 * with real agents behind bad links, a clock that runs in years.
 *
 *   visits, scored offline ─► a year later outcomes ─► a run begins by itself ─► the gate ─► rings
 *
 * and on the way: too few outcomes, a spoilt candidate, a halt, a region that nobody had seen, a file
 * that lies. What is decided is decided by the collector; the story only brings what it decides on.
 */
import { drawPanel } from './draw-panel.ts'
import { bringOutcomes, spoilRun, type Wave } from './bring-outcomes.ts'
import { createCentre, type Centre } from './centre.ts'
import { closeStory, type LearningClosing } from './learning-close.ts'
import type { LearningOptions } from './learning-options.ts'
import type { Poison } from './lie-and-heal.ts'
import { openLearningStage, type LearningStage, type StageDeps } from './learning-stage.ts'
import { makeWave, type Field } from './make-visits.ts'
import { MODEL_NAME } from './panel-form.ts'
import type { Panel } from './panel.ts'
import { DAY } from './telling.ts'

export const START_MS = Date.parse('2019-02-04T08:00:00Z')
/** A day more than a year: what a gate counts by the year is over. */
const YEAR = 366 * DAY

/** In the middle. */
export const shiftWaveOf = (waves: number): number => Math.floor(waves / 2)

export const drawnPanelOf = ({ seed, households, waves }: LearningOptions): Panel =>
  drawPanel({ seed, households, waves, shiftAt: shiftWaveOf(waves) })

export interface LearningStory {
  readonly stage: LearningStage
  readonly closing: LearningClosing
}

export async function tellLearningStory(deps: Omit<StageDeps, 'startMs'>): Promise<LearningStory> {
  const startedAt = Date.now()
  const { panel, telling } = deps
  telling.heading('0', `A model over the years: ${panel.title}`)
  const stage = await openLearningStage({ ...deps, startMs: START_MS })
  try {
    const centre = createCentre(stage)
    telling.line(
      `${stage.laptops.map(({ officer, ring }) => `${officer} ring ${ring}`).join(', ')}; the model is called ${MODEL_NAME}; ${stage.newOutcomes} new outcomes start a run`,
    )
    await centre.followRollout()
    const field: Field = { known: new Map(), done: [], setAside: 0, halted: 'not yet' }
    const poison = await years(stage, centre, field)
    telling.heading(String(panel.waves.length + 1), 'What came of it')
    return { stage, closing: await closeStory({ stage, centre, field, poison, startedAt }) }
  } catch (error) {
    await stage.stop()
    throw error
  }
}

async function years(stage: LearningStage, centre: Centre, field: Field): Promise<Poison | null> {
  const { panel, telling } = stage
  const count = panel.waves.length
  let poison: Poison | null = null
  for (const [wave, { name, visits }] of panel.waves.entries()) {
    const isNew = panel.newcomer?.wave === wave
    telling.heading(
      String(wave + 1),
      `Wave ${name}: ${visits.length} visits${isNew ? `, for the first time on the ${panel.newcomer.region}` : ''}`,
    )
    const startMs = START_MS + wave * YEAR
    await makeWave(stage, centre, field, wave, startMs)
    if (wave === count - 1) break // its outcomes are not known yet
    telling.heading(`${wave + 1} b`, `What the visits of ${name} came to, months later`)
    const role = roleOf(panel, wave)
    poison = (await bringOutcomes(stage, centre, field, { wave, startMs, role })) ?? poison
    if (wave === 1) await spoilRun(stage, centre)
  }
  return poison
}

function roleOf({ waves, newcomer }: Panel, wave: number): Wave['role'] {
  if (wave === 0) return 'first'
  if (wave === waves.length - 2) return 'lie'
  return wave === newcomer?.wave ? 'new region' : 'ordinary'
}
