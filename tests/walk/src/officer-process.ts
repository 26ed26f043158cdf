/**
 * An officer and their laptop, as a process of its own: the real agent on a real encrypted
 * store, led through interviews by somebody who answers. What the screen would call saved is
 * written to the witness's ledger before the next interview begins.
 */
import {
  enrolAgent,
  openAgent,
  startLoopback,
  writeDiagnostics,
  type Agent,
  type Capture,
  type Loopback,
} from '@murram/agent'
import { createCrashPoint, describeFault, unwrap, type InstanceId } from '@murram/ground'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { digestOfAnswers, openLedger } from './ledger.ts'
import type {
  CorrectRequest,
  EnrolRequest,
  HeldWork,
  InterviewReply,
  InterviewRequest,
  OfficerConfig,
  OfficerConflict,
  OfficerStatus,
  PlantRequest,
  RefusedAnswer,
  SavedVisit,
} from './officer-requests.ts'
import { conductInterview } from './population/conduct-interview.ts'
import { configOf, runHouse } from './processes.ts'
import { createSeededUuid } from './seeded-uuid.ts'
import { openSubjects, type Staging, type Subjects } from './subjects.ts'

const config = configOf<OfficerConfig>()
mkdirSync(config.dataDir, { recursive: true })
const key = { kind: 'key-file', path: join(config.dataDir, 'demo.key') } as const
const ledger = openLedger(config.ledgerFile)
const crashPoint = createCrashPoint(process.env)
let opened: Agent | null = null
let subjects: Subjects | null = null
let loopback: Loopback | null = null
let householdsChangedAtMs: number | null = null

async function open(): Promise<void> {
  opened = unwrap(
    await openAgent({
      dataDir: config.dataDir,
      key,
      now: Date.now,
      random: Math.random,
      uuid: createSeededUuid(config.dataDir, `${config.seed} ${config.officer}`),
      allowDemo: true,
      crashPoint,
    }),
  )
  opened.mirror.watch('entity').subscribe(() => (householdsChangedAtMs = Date.now()))
}

function agent(): Agent {
  if (opened === null) throw new Error('this officer is not enrolled yet')
  return opened
}

async function enrol({ collectorUrl, token }: EnrolRequest): Promise<string> {
  const { dataDir, officer } = config
  const enrolment = await enrolAgent({ dataDir, collectorUrl, token, officer, key, allowDemo: true, now: Date.now })
  await open()
  return unwrap(enrolment).deviceId
}

async function interview({ formId, visits, pauseBeforeFinalise }: InterviewRequest): Promise<InterviewReply> {
  const reply = { saved: [] as SavedVisit[], refused: [] as RefusedAnswer[], setAside: [] as RefusedAnswer[] }
  for (const { index, staging } of visits) {
    const capture = unwrap(await agent().capture.open(formId, startOf(staging)))
    subjects ??= openSubjects(config.subjects, capture.form)
    const respondent = subjects.respondent(index, staging, config.officer, config.date)
    const { refused, setAside } = conductInterview(capture, respondent)
    reply.refused.push(...refused.map(toRefused))
    if (pauseBeforeFinalise === true) await capture.save()
    if (setAside === null) reply.saved.push(await finalise(capture, index))
    else {
      reply.setAside.push(toRefused(setAside))
      await agent().capture.dropDraft(capture.interviewId)
    }
  }
  return reply
}

const startOf = (staging: Staging) =>
  staging.as === 'roof' || staging.as === 'follow-up' ? { entityId: staging.entityId } : {}

const toRefused = ({ ref, value, message }: { ref: string; value: string; message: string }): RefusedAnswer => ({
  question:
    ref
      .replace(/\[\d+\]/g, '')
      .split('/')
      .at(-1) ?? ref,
  value,
  message,
})

/** The witness writes what was stored, read back from the store and not from the screen. */
async function finalise(capture: Capture, index: number): Promise<SavedVisit> {
  const { instanceId, assessment } = unwrap(await capture.finalise())
  const stored = await agent().collections.submissions.findOne(instanceId).exec()
  const answers: Readonly<Record<string, string>> = stored?.toJSON().body.submission.answers ?? {}
  ledger.write({ instanceId, digest: digestOfAnswers(answers) })
  return {
    index,
    instanceId,
    entityId: answers['meta/entity@id'] ?? null,
    probability: assessment?.probability ?? null,
    modelCounter: assessment?.counter ?? null,
  }
}

/** Puts an earlier interview right, answer by answer, and finalises it as a correction. */
async function correct({ instanceId, answers }: CorrectRequest): Promise<{ captured: number }> {
  const capture = unwrap(await agent().capture.open(null, { correct: instanceId as InstanceId }))
  for (const question of capture.questions()) {
    const answer = answers[question.name]
    if (answer !== undefined) unwrap(capture.answer(question.ref, answer))
  }
  await finalise(capture, -1)
  return { captured: 1 }
}

/** Takes an interview up where it was left, and finalises it. */
async function resume({ draft }: { readonly draft: string }): Promise<SavedVisit> {
  return finalise(unwrap(await agent().capture.open(null, { draft })), -1)
}

/** Leaves a text in a draft, in the log and in the file for whoever helps; answers that file's path. */
async function plant({ formId, text }: PlantRequest): Promise<string> {
  const capture = unwrap(await agent().capture.open(formId, { answers: { 'closing/comment': text } }))
  await capture.save()
  agent().log.error({ error: text }, 'an error that quotes what was said')
  return writeDiagnostics(agent(), config.dataDir, Date.now())
}

/** Has the store sort more than fits into its memory, by a field that no index helps with. */
async function sortRows({ rows, text }: { readonly rows: number; readonly text: string }): Promise<number> {
  const { notes } = agent().collections
  const padding = ` ${text}`.repeat(60)
  const document = (i: number) => ({
    id: `sort-${i}`,
    kind: `${(i * 7919) % rows} ${text}`,
    atMs: i,
    body: { padding },
  })
  for (let from = 0; from < rows; from += 500) {
    await notes.bulkInsert(Array.from({ length: Math.min(500, rows - from) }, (_, i) => document(from + i)))
  }
  return (await notes.find({ sort: [{ kind: 'asc' }, { atMs: 'desc' }] }).exec()).length
}

async function held(): Promise<HeldWork> {
  const { submissions, drafts } = agent().collections
  return {
    submissions: (await submissions.find().exec()).map(document => {
      const { instanceId, body } = document.toJSON()
      return { instanceId, digest: digestOfAnswers(body.submission.answers) }
    }),
    drafts: (await drafts.find().exec()).map(({ interviewId }) => interviewId),
    letGo: agent().queue.summary().safe,
    refused: agent().queue.summary().refused,
  }
}

async function status(): Promise<OfficerStatus> {
  const { queue, mirror, shelf, sync } = agent()
  const { waiting } = queue.summary()
  const [manifest] = shelf.manifests()
  const { link, fault } = sync.status()
  const { number: feedNumber, epoch } = await mirror.checkpoint()
  return {
    waiting,
    households: (await mirror.all('entity')).length,
    forms: shelf.forms().length,
    modelCounter: manifest?.counter ?? null,
    modelReason: manifest?.reason ?? null,
    link,
    feedNumber,
    epoch,
    fault: fault === null ? null : describeFault(fault),
    householdsChangedAtMs,
  }
}

const households = async (): Promise<readonly { readonly label: string }[]> =>
  (await agent().mirror.all('entity')).map(({ body }) => ({ label: body.label ?? '' }))

async function conflicts(): Promise<readonly OfficerConflict[]> {
  const { mirror, enrolment } = agent()
  return (await mirror.all('conflict'))
    .filter(({ body }) => body.settledBy === null)
    .map(({ body: { conflictId, entityLabel, entityId, property, stands, other } }) => ({
      conflictId,
      household: entityLabel ?? entityId,
      property,
      stands: stands.answer,
      other: other.answer,
      otherIsMine: other.deviceId === enrolment.deviceId,
    }))
}

/** The officer's page, opened when somebody asks for its address. */
async function page(): Promise<{ url: string }> {
  const { fieldDir } = config
  const deps = { port: 0, now: Date.now, ...(fieldDir === undefined ? {} : { fieldDir }) }
  loopback ??= unwrap(await startLoopback(agent(), deps))
  return { url: loopback.pageUrl }
}

await runHouse(async () => {
  if (existsSync(join(config.dataDir, 'enrolment.json'))) await open()
  return {
    handlers: {
      enrol,
      interview,
      correct,
      resume,
      held,
      plant,
      sortRows,
      status,
      households,
      conflicts,
      page,
      connect: ({ url }: { url: string }) => {
        unwrap(agent().sync.start(url))
      },
      disconnect: () => agent().sync.stop(),
    },
    close: async () => {
      await loopback?.close()
      await opened?.close()
      ledger.close()
    },
  }
})
