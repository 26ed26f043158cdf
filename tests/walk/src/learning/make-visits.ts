/**
 * One wave: the officers visit, offline and in rounds; after each round there is a link for a while,
 * and what the laptops showed may open the next ring.
 */
import type { PlannedReply, Summary } from '@murram/collector/api'
import { untilAll } from '../officers.ts'
import type { Centre } from './centre.ts'
import { badRoads, goOffline, goOnline } from './laptop-links.ts'
import type { Laptop, LearningStage } from './learning-stage.ts'
import type { LaptopStatus, MadeVisit, VisitReply } from './officer-requests.ts'
import { FORM_ID, KNOWN, MODEL_NAME, NUMBER } from './panel-form.ts'
import type { PanelVisit } from './panel.ts'
import { DAY } from './telling.ts'

/** A visit of the panel, and what became of it on the laptop. */
export interface DoneVisit extends PanelVisit {
  readonly wave: number
  readonly instanceId: string
  readonly entityId: string
  readonly probability: number | null
  readonly releaseId: string | null
}

export interface Field {
  /** Households by their number in the panel: their id, and whose they are. */
  readonly known: Map<string, { readonly entityId: string; readonly officer: number }>
  readonly done: DoneVisit[]
  setAside: number
  /** A person halts the first release that is on its way, once. */
  halted: 'not yet' | 'halted' | 'resumed'
}

const LIMIT_MS = 180_000
const STEP = 25
const DAYS_BETWEEN_ROUNDS = 7

export async function makeWave(
  stage: LearningStage,
  centre: Centre,
  field: Field,
  wave: number,
  startMs: number,
): Promise<void> {
  const { panel, central, telling, laptops, options, setClock } = stage
  const visits = panel.waves[wave]?.visits ?? []
  await setClock(startMs)
  if (wave > 0) await renewRoot(stage)
  for (let round = 0; round < options.rounds; round += 1) {
    await setClock(startMs + round * DAYS_BETWEEN_ROUNDS * DAY)
    await settle(stage)
    await goOffline(laptops)
    const mine = visits.filter((_, at) => Math.floor(at / laptops.length) % options.rounds === round)
    const made = await visitAll(stage, field, wave, mine)
    const by = Map.groupBy(made, ({ releaseId }) => releaseId ?? 'no model')
    telling.line(
      `round ${round + 1}: ${made.length} visits offline, scored by ${[...by].map(([release, list]) => `${release} (${list.length})`).join(', ')}`,
    )
    // What is sent in the evening was seen before, by every clock.
    await setClock(startMs + (round * DAYS_BETWEEN_ROUNDS + 1) * DAY)
    await sendAll(stage)
    await steerByHand(stage, centre, field, round)
  }
  await settle(stage)
  // What each night's plan does: who is visited again is drawn while the visits are new.
  await setClock(startMs + options.rounds * DAYS_BETWEEN_ROUNDS * DAY)
  const drawn = await central.post<PlannedReply>('/api/v1/follow-ups/plan', { modelName: MODEL_NAME })
  telling.line(
    `whom to visit again is drawn: of ${drawn.drawn} visits ${drawn.audits} by lot and ${drawn.decisions} because it matters to know`,
  )
}

/** Whose keys count is said anew each year: under a root document that has ended nothing is installed. */
async function renewRoot({ central, telling }: LearningStage): Promise<void> {
  const { root } = await central.post<{ root: { body: { version: number; expiresAtMs: number } } }>(
    '/api/v1/keys/draft',
    {},
  )
  await central.post('/api/v1/keys/roots', { root })
  const until = new Date(root.body.expiresAtMs).toISOString().slice(0, 10)
  telling.decide(
    'person',
    `Nakato renews whose keys count: root document ${root.body.version}, until ${until}`,
    'the one before ends two years after it was made',
  )
}

async function visitAll(
  { laptops }: LearningStage,
  field: Field,
  wave: number,
  visits: readonly PanelVisit[],
): Promise<readonly DoneVisit[]> {
  const byOfficer = laptops.map((): PanelVisit[] => [])
  for (const [at, visit] of visits.entries()) {
    const officer = field.known.get(visit.household)?.officer ?? at % laptops.length
    byOfficer[officer]!.push(visit)
  }
  const byLaptop = await Promise.all(
    laptops.map(async ({ house }, officer) => {
      const mine = byOfficer[officer]!
      const made: DoneVisit[] = []
      for (let from = 0; from < mine.length; from += STEP) {
        const some = mine.slice(from, from + STEP)
        const reply = await house.ask<VisitReply>('visit', {
          formId: FORM_ID,
          visits: some.map(visit => asked(field, visit)),
        })
        field.setAside += reply.setAside.length
        made.push(...reply.made.map(one => noted(field, { wave, officer }, some, one)))
      }
      return made
    }),
  )
  const made = byLaptop.flat()
  field.done.push(...made)
  return made
}

function asked({ known }: Field, { household, answers }: PanelVisit) {
  const entityId = known.get(household)?.entityId ?? null
  return { entityId, answers: { ...answers, [NUMBER]: household, [KNOWN]: entityId ?? '' } }
}

function noted(
  { known }: Field,
  { wave, officer }: { readonly wave: number; readonly officer: number },
  visits: readonly PanelVisit[],
  { household, instanceId, entityId, probability, releaseId }: MadeVisit,
): DoneVisit {
  const visit = visits.find(one => one.household === household)
  if (visit === undefined || entityId === null) throw new Error(`a visit to ${household} that nobody asked for`)
  known.set(household, { entityId, officer })
  return { ...visit, wave, instanceId, entityId, probability, releaseId }
}

/** Whatever a release shows, the first one that is on its way is halted by a person, and resumed a round later. */
async function steerByHand(stage: LearningStage, centre: Centre, field: Field, round: number): Promise<void> {
  const { central } = stage
  const { order } = await centre.followRollout()
  if (field.halted === 'halted') {
    await central.post(`/api/v1/models/${MODEL_NAME}/resume`, {
      who: 'Nakato',
      reason: 'she has looked at what was questioned, and the scores were right',
    })
    field.halted = 'resumed'
    await centre.followRollout()
  } else if (field.halted === 'not yet' && order.state === 'advancing' && round === 0) {
    await settle(stage) // the ring that has just been opened has it
    await central.post(`/api/v1/models/${MODEL_NAME}/halt`, {
      who: 'Nakato',
      reason: 'an officer asks why so many scores changed; nobody new gets it meanwhile',
    })
    field.halted = 'halted'
    await centre.followRollout()
  }
}

/** Over links that are cut, until nothing waits on any laptop. */
export async function sendAll({ laptops }: LearningStage): Promise<void> {
  await goOnline(laptops, at => badRoads[at % badRoads.length] ?? {})
  await untilAll<LaptopStatus>(laptops, ({ waiting }) => waiting === 0, LIMIT_MS)
}

/** Over quiet links, until every laptop has all that the centre has to say, and is on the release it should be on. */
export async function settle({ laptops, central }: LearningStage): Promise<readonly LaptopStatus[]> {
  await goOnline(laptops, () => ({}))
  const { feedNumber } = await central.get<Summary>('/api/v1/summary')
  const expected = await expectedReleases(central, laptops)
  return untilAll<LaptopStatus>(
    laptops,
    ({ waiting, feedNumber: here, releaseId }, at) => waiting === 0 && here >= feedNumber && releaseId === expected[at],
    LIMIT_MS,
  )
}

interface Order {
  readonly releaseId: string
  readonly openRing: number
  readonly state: 'advancing' | 'halted' | 'complete'
}

/** What the registry says of each laptop: by all orders so far, the oldest first. */
async function expectedReleases(
  central: LearningStage['central'],
  laptops: readonly Laptop[],
): Promise<readonly (string | null)[]> {
  const { history } = await central.get<{ history: readonly Order[] }>(`/api/v1/models/${MODEL_NAME}/rollout`)
  return laptops.map(({ ring }) => releasesByOrders(history.toReversed(), ring).at(-1) ?? null)
}

/** Every release that a laptop of this ring may have had, in order. A halt takes nothing away. */
export function releasesByOrders(orders: readonly Order[], ring: number): readonly string[] {
  const had: string[] = []
  for (const { releaseId, openRing, state } of orders)
    if (state !== 'halted' && (state === 'complete' || ring <= openRing) && had.at(-1) !== releaseId)
      had.push(releaseId)
  return had
}
