/**
 * A year later it is known how the households of a wave were: some by visits that the centre asked
 * for, the rest by files of people who went there. One file lies.
 */
import type { FollowUpList, PlannedReply } from '@murram/collector/api'
import { diceFor } from '../population/dice.ts'
import type { RunDetail } from './centre-replies.ts'
import type { Centre } from './centre.ts'
import { importFile } from './import-file.ts'
import type { LearningStage } from './learning-stage.ts'
import { goOffline } from './laptop-links.ts'
import { lieAndMend, tellHealing, type Poison } from './lie-and-heal.ts'
import { sendAll, settle, type DoneVisit, type Field } from './make-visits.ts'
import type { OfficerTask, VisitReply } from './officer-requests.ts'
import { FOUND, KNOWN, MODEL_NAME } from './panel-form.ts'
import { DAY } from './telling.ts'

/** Of the visits of a wave so many are ever verified. */
const COVERED = 0.95
/** Days after a wave has begun. */
const FOLLOW_UPS_AT = 200
const FILES_AT = 300
const BETWEEN_FILES = 3
const FIRST_FILE = 0.25
const LYING_FILE = 0.37

export interface Wave {
  readonly wave: number
  readonly startMs: number
  readonly role: 'first' | 'ordinary' | 'new region' | 'lie'
}

export async function bringOutcomes(
  stage: LearningStage,
  centre: Centre,
  field: Field,
  { wave, startMs, role }: Wave,
): Promise<Poison | null> {
  const { panel, telling, setClock, options } = stage
  const told = await visitAgain(stage, field, wave, startMs)
  await centre.followRuns()
  const dice = diceFor(options.seed, 'covered', String(wave))
  const rows = field.done.filter(
    visit => visit.wave === wave && visit.outcome !== null && !told.has(visit.entityId) && dice.chance(COVERED),
  )
  let day = FILES_AT
  const nextDay = () => setClock(startMs + (day += BETWEEN_FILES) * DAY)
  const bring = async (name: string, part: readonly DoneVisit[]) => {
    await nextDay()
    await importFile(stage, { name, by: 'Wasswa' }, part, { observedMs: startMs + (FILES_AT - 20) * DAY })
    return centre.followRuns()
  }

  if (role === 'first') {
    const cut = Math.round(rows.length * FIRST_FILE)
    telling.line('too little to judge by: whatever a run makes of it, the gate cannot promote it')
    await bring('first-returns.csv', rows.slice(0, cut))
    await bring('verification.csv', rows.slice(cut))
  } else if (role === 'new region' && panel.newcomer !== null) {
    const { region } = panel.newcomer
    const isNew = ({ answers }: DoneVisit) => answers[panel.region ?? ''] === region
    telling.line(`the first outcomes from the ${region} come alone`)
    await nextDay()
    await importFile(stage, { name: `${region}.csv`, by: 'Wasswa' }, rows.filter(isNew), {
      observedMs: startMs + (FILES_AT - 20) * DAY,
    })
    await centre.look()
    await centre.followRuns()
    await bring(
      'verification.csv',
      rows.filter(visit => !isNew(visit)),
    )
  } else if (role === 'lie') {
    const cut = Math.round(rows.length * LYING_FILE)
    const lied = { rows: rows.slice(0, cut), observedMs: startMs + (FILES_AT - 20) * DAY }
    const poison = await lieAndMend(stage, centre, lied, nextDay)
    // What nobody has looked at yet: only on such households a run may stake anything.
    const runs = await bring('verification.csv', rows.slice(cut))
    await centre.look()
    return tellHealing(stage, poison, lied.rows, runs)
  } else await bring('verification.csv', rows)
  await centre.look()
  return null
}

/** The centre draws whom to visit, laptops are told, officers go there offline. Answers whom they found. */
async function visitAgain(
  stage: LearningStage,
  field: Field,
  wave: number,
  startMs: number,
): Promise<ReadonlySet<string>> {
  const { central, telling, laptops, setClock } = stage
  await setClock(startMs + FOLLOW_UPS_AT * DAY)
  const planned = await central.post<PlannedReply>('/api/v1/follow-ups/plan', { modelName: MODEL_NAME })
  await settle(stage)
  const found = new Map(field.done.filter(visit => visit.wave === wave).map(visit => [visit.entityId, visit]))
  const told = new Set<string>()
  await goOffline(laptops)
  await Promise.all(
    laptops.map(async ({ house }) => {
      const tasks = await house.ask<readonly OfficerTask[]>('tasks')
      const inOrder = tasks.toSorted((a, b) => (a.entityId < b.entityId ? -1 : 1))
      const visits = inOrder.flatMap(({ formId, entityId }) => {
        const outcome = found.get(entityId)?.outcome
        return outcome === null || outcome === undefined
          ? []
          : [{ formId, visit: { entityId, answers: { [KNOWN]: entityId, [FOUND]: outcome } } }]
      })
      for (const [formId, list] of Map.groupBy(visits, one => one.formId)) {
        const reply = await house.ask<VisitReply>('visit', { formId, visits: list.map(({ visit }) => visit) })
        field.setAside += reply.setAside.length
        for (const { entityId } of reply.made) if (entityId !== null) told.add(entityId)
      }
    }),
  )
  await setClock(startMs + (FOLLOW_UPS_AT + 1) * DAY)
  await sendAll(stage)
  await untilRead(stage, told.size)
  telling.line(
    `${planned.sent} follow-ups are sent to the laptops, some chosen by lot and some because it matters to know; officers found ${told.size} households, and their forms say how it was`,
  )
  return told
}

/** What officers found is read behind the feed, in its own time. */
async function untilRead({ central }: LearningStage, told: number): Promise<void> {
  const endAt = Date.now() + 60_000
  for (;;) {
    const { followUps } = await central.get<FollowUpList>(
      `/api/v1/follow-ups?modelName=${MODEL_NAME}&state=sent&limit=1000`,
    )
    if (followUps.length === 0 || told === 0) return
    if (Date.now() > endAt) return
    await new Promise(resolve => setTimeout(resolve, 300))
  }
}

/** A person asks for a run, and it is spoilt on purpose: the gate must see it. */
export async function spoilRun({ central, telling }: LearningStage, centre: Centre): Promise<readonly RunDetail[]> {
  telling.decide(
    'person',
    'Wasswa asks for a run with shuffled outcomes',
    'to see whether the gate tells a bad candidate',
  )
  await central.post('/api/v1/runs', {
    modelName: MODEL_NAME,
    handicap: 'shuffled-labels',
    who: 'Wasswa',
    why: 'to see whether the gate tells a bad candidate',
  })
  return centre.followRuns()
}
