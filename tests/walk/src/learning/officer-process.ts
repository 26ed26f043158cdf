/**
 * An officer and their laptop in the story of models, as a process of its own: the real agent on a
 * real encrypted store, with a clock that the story sets. What the screen would call saved is
 * written to the witness's ledger before the next visit begins.
 */
import { enrolAgent, openAgent, type Agent, type Capture } from '@murram/agent'
import { describeFault, unwrap } from '@murram/ground'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { digestOfAnswers, openLedger } from '../ledger.ts'
import type { EnrolRequest } from '../officer-requests.ts'
import { conductInterview, type Respondent } from '../population/conduct-interview.ts'
import { configOf, runHouse } from '../processes.ts'
import { createSeededUuid } from '../seeded-uuid.ts'
import type {
  LaptopStatus,
  LearningOfficerConfig,
  MadeVisit,
  OfficerTask,
  VisitReply,
  VisitRequest,
} from './officer-requests.ts'
import { FORM_ID, NUMBER } from './panel-form.ts'
import { seededKey } from './seeded-key.ts'
import { createStandingClock } from './story-clock.ts'

const config = configOf<LearningOfficerConfig>()
const { dataDir, officer, seed } = config
mkdirSync(dataDir, { recursive: true })
/** Of one visit, the way there with it. */
const VISIT_MS = 15 * 60_000
const key = { kind: 'key-file', path: join(dataDir, 'demo.key') } as const
const ledger = openLedger(config.ledgerFile)
const clock = createStandingClock(config.startMs)
const hadReleases: string[] = []
let opened: Agent | null = null

function agent(): Agent {
  if (opened === null) throw new Error('this officer is not enrolled yet')
  return opened
}

async function enrol({ collectorUrl, token }: EnrolRequest): Promise<string> {
  const { now } = clock
  const createKey = () => seededKey(seed, officer)
  const enrolment = unwrap(
    await enrolAgent({ dataDir, collectorUrl, token, officer, key, allowDemo: true, now, createKey }),
  )
  const uuid = createSeededUuid(dataDir, `${seed} ${officer}`)
  opened = unwrap(await openAgent({ dataDir, key, now, random: Math.random, uuid, allowDemo: true }))
  opened.shelf.changes$.subscribe(noteRelease)
  return enrolment.deviceId
}

const inForce = () => agent().shelf.model(FORM_ID)?.manifest ?? null

function noteRelease(): void {
  const releaseId = inForce()?.releaseId
  if (releaseId !== undefined && releaseId !== hadReleases.at(-1)) hadReleases.push(releaseId)
}

async function visit({ formId, visits }: VisitRequest): Promise<VisitReply> {
  const reply = { made: [] as MadeVisit[], setAside: [] as VisitReply['setAside'][number][] }
  for (const { entityId, answers } of visits) {
    clock.set(clock.now() + VISIT_MS)
    const capture = unwrap(await agent().capture.open(formId, entityId === null ? {} : { entityId }))
    const { setAside } = conductInterview(capture, respondentOf(answers))
    if (setAside === null) reply.made.push({ household: answers[NUMBER] ?? '', ...(await finalise(capture)) })
    else {
      const { ref, value, message } = setAside
      reply.setAside.push({ question: ref.split('/').at(-1) ?? ref, value, message })
      await agent().capture.dropDraft(capture.interviewId)
    }
  }
  return reply
}

const respondentOf = (answers: Readonly<Record<string, string>>): Respondent => ({
  language: null,
  rowsOf: () => 0,
  reply: ({ name, value }) => ({ slips: [], answer: answers[name] ?? value }),
})

/** Read back from the store and not from the screen. */
async function finalise(capture: Capture): Promise<Omit<MadeVisit, 'household'>> {
  const { instanceId, assessment } = unwrap(await capture.finalise())
  const stored = await agent().collections.submissions.findOne(instanceId).exec()
  const answers: Readonly<Record<string, string>> = stored?.toJSON().body.submission.answers ?? {}
  ledger.write({ instanceId, digest: digestOfAnswers(answers) })
  return {
    instanceId,
    entityId: answers['meta/entity@id'] ?? null,
    probability: assessment?.probability ?? null,
    releaseId: assessment?.releaseId ?? null,
  }
}

const tasks = async (): Promise<readonly OfficerTask[]> =>
  (await agent().mirror.all('task')).map(({ body: { taskId, formId, entityId, why } }) => ({
    taskId,
    formId,
    entityId,
    why,
  }))

async function status(): Promise<LaptopStatus> {
  const { queue, mirror, shelf, sync } = agent()
  const { fault } = sync.status()
  const { number: feedNumber } = await mirror.checkpoint()
  const manifest = inForce()
  return {
    waiting: queue.summary().waiting,
    feedNumber,
    forms: shelf.forms().length,
    releaseId: manifest?.releaseId ?? null,
    counter: manifest?.counter ?? null,
    fault: fault === null ? null : describeFault(fault),
    hadReleases,
  }
}

await runHouse(async () => {
  await Promise.resolve()
  return {
    handlers: {
      enrol,
      visit,
      tasks,
      status,
      clock: ({ atMs }: { atMs: number }) => clock.set(atMs),
      connect: ({ url }: { url: string }) => {
        unwrap(agent().sync.start(url))
      },
      disconnect: () => agent().sync.stop(),
    },
    close: async () => {
      await opened?.close()
      ledger.close()
    },
  }
})
