/**
 * What a screen shows, as live queries: each view emits at once and again whenever something
 * in it changed, whoever changed it, a person or a page of the feed. Routes answer with the
 * present value of the same views, so that a page and its events cannot disagree.
 */
import type { InstanceId } from '@murram/ground'
import type { Manifest } from '@murram/score'
import { ageInDays } from '../scoring/score-answers.ts'
import { stampMillis } from '@murram/fold'
import type { ConflictBody } from '@murram/wire'
import {
  combineLatest,
  distinctUntilChanged,
  filter,
  map,
  merge,
  NEVER,
  shareReplay,
  startWith,
  switchMap,
  throttleTime,
  type Observable,
} from 'rxjs'
import { AGENT_VERSION } from '../agent-version.ts'
import { SETTLEMENT_FORM } from '../capture/settle-conflict.ts'
import type { Awaiting } from '../attachments/attachments.ts'
import type { Agent } from '../open-agent.ts'
import type { DraftDoc, SubmissionDoc } from '../store/collections.ts'
import type {
  ConflictJson,
  ConflictSideJson,
  FormJson,
  LiveEvents,
  ModelJson,
  OutboxJson,
  OutboxRowJson,
} from './api-types.ts'
import { assessmentJson, draftJson } from './present-interview.ts'
import { faultJson } from './reply.ts'

export type Views = { readonly [K in keyof LiveEvents]: Observable<LiveEvents[K]> }

const ROWS_SHOWN = 200
/** A burst of writes is one event, and the first of it is shown at once. */
const calmly = <T>(source: Observable<T>): Observable<T> =>
  source.pipe(throttleTime(50, undefined, { leading: true, trailing: true }))

type Hold = <T>(source: Observable<T>) => Observable<T>
/** Several pages, and several views of one page, look at one query. */
const shared: Hold = source => source.pipe(shareReplay({ bufferSize: 1, refCount: true }))
/** A query of its own, so that whoever has just written reads it. */
const fresh: Hold = source => source

/** For the event streams, which stay. */
export const createLiveViews = (agent: Agent, now: () => number): Views => createViews(agent, now, shared)
/** For a route, which looks once. */
export const createRouteViews = (agent: Agent, now: () => number): Views => createViews(agent, now, fresh)

function createViews(agent: Agent, now: () => number, hold: Hold): Views {
  const { collections, enrolment, shelf, mirror } = agent
  const newest = collections.submissions.find({ sort: [{ savedAtMs: 'desc' }], limit: ROWS_SHOWN })
  const submissions$ = hold(newest.$.pipe(map(docs => docs.map(doc => doc.toJSON() as SubmissionDoc))))
  const drafts = collections.drafts.find({ sort: [{ updatedAtMs: 'desc' }] })
  const drafts$ = hold(drafts.$.pipe(map(docs => ({ drafts: docs.map(doc => draftJson(doc.toJSON() as DraftDoc)) }))))
  // How far a list has come changes with what comes down.
  const arriving$ = agent.sync.status$.pipe(
    map(({ bytesDown }) => bytesDown),
    distinctUntilChanged(),
    throttleTime(1_000, undefined, { leading: true, trailing: true }),
    filter(() => shelf.awaited().length > 0),
  )
  const forms$ = hold(
    merge(shelf.changes$, arriving$).pipe(
      map(() => ({ forms: shelf.forms().map(form => formJson(agent, form, now())), awaited: shelf.awaited() })),
    ),
  )
  const households$ = hold(agent.households.watch({ limit: ROWS_SHOWN }))
  const conflicts$ = hold(
    combineLatest([mirror.watch('conflict'), submissions$]).pipe(
      map(([rows, own]) => ({
        conflicts: openFirst(rows.map(row => conflictJson(row.body, own, enrolment.deviceId))),
      })),
    ),
  )
  const files$ = agent.attachments.changes$.pipe(
    startWith(undefined),
    throttleTime(500, undefined, { leading: true, trailing: true }),
  )
  const outbox$ = hold(combineLatest([submissions$, files$]).pipe(map(([docs]) => outboxJson(agent, docs))))
  /** A device that leaves shows how far it is, and nothing it holds. */
  const unlocked = <T>(view: Observable<T>): Observable<T> =>
    agent.orders.state$.pipe(switchMap(state => (state === 'open' ? view : NEVER)))
  const returns$ = hold(agent.returns.watch().pipe(map(returns => ({ returns }))))
  const tasks$ = hold(agent.tasks.watch().pipe(map(tasks => ({ tasks }))))
  const { state$ } = agent.orders
  const shown$ = combineLatest([outbox$, drafts$, households$, conflicts$, returns$, tasks$])
  const status$ = combineLatest([agent.sync.status$, shown$, forms$, state$]).pipe(
    map(([sync, [outbox, { drafts }, households, { conflicts }, { returns }, { tasks }], , access]) => {
      const { projectId, deviceId, officer, demo } = enrolment
      return {
        projectId,
        deviceId,
        officer,
        demo,
        agentVersion: AGENT_VERSION,
        link: sync.link,
        fault: sync.fault === null ? null : faultJson(sync.fault),
        notice: sync.notice === null ? null : faultJson(sync.notice),
        access,
        lastSyncAtMs: sync.lastSyncAtMs,
        outbox: outbox.summary,
        drafts: drafts.length,
        returned: returns.length,
        tasks: tasks.length,
        households: households.total,
        openConflicts: conflicts.filter(({ state, other }) => state === 'open' && other.mine).length,
        models: shelf.manifests().map(manifest => modelJson(agent, manifest, now())),
        nowMs: now(),
      }
    }),
  )
  return {
    status: calmly(status$),
    forms: calmly(unlocked(forms$)),
    outbox: calmly(unlocked(outbox$)),
    drafts: calmly(unlocked(drafts$)),
    conflicts: calmly(unlocked(conflicts$)),
    returns: calmly(unlocked(returns$)),
    tasks: calmly(unlocked(tasks$)),
    households: calmly(unlocked(households$)),
  }
}

function modelJson({ shelf }: Agent, manifest: Manifest, nowMs: number): ModelJson {
  const { formId, modelName, releaseId, counter, reason, createdAtMs, expiresAtMs, classes } = manifest
  const isOld = nowMs > expiresAtMs
  const facts = { ageDays: ageInDays(createdAtMs, nowMs), isOld, channel: shelf.channelOf(manifest), classes }
  return { formId, modelName, releaseId, counter, reason, createdAtMs, expiresAtMs, ...facts }
}

function formJson(
  agent: Agent,
  { formId, version, title }: { formId: string; version: string; title: string },
  nowMs: number,
): FormJson {
  const { shelf } = agent
  const form = shelf.form(formId, version)
  const model = shelf.model(formId)
  return {
    formId,
    version,
    title,
    languages: form.ok ? form.value.languages : [],
    defaultLanguage: form.ok ? form.value.defaultLanguage : '',
    dataset: form.ok ? (form.value.entity?.dataset ?? null) : null,
    model: model === null ? null : modelJson(agent, model.manifest, nowMs),
  }
}

function outboxJson(agent: Agent, docs: readonly SubmissionDoc[]): OutboxJson {
  const places = agent.queue.nByInstanceId()
  const awaiting = agent.attachments.awaiting()
  const corrected = new Set(docs.map(doc => doc.body.submission.deprecatedId as string | null))
  return {
    summary: summaryJson(agent, awaiting),
    rows: docs.map(doc => outboxRowJson(agent, doc, { n: places.get(doc.instanceId) ?? 0, corrected, awaiting })),
  }
}

function summaryJson(agent: Agent, awaiting: ReadonlyMap<InstanceId, Awaiting>): OutboxJson['summary'] {
  const taken = [...awaiting].filter(([instanceId]) => {
    const state = agent.queue.placeOf(instanceId)?.state
    return state === 'sent' || state === 'safe'
  })
  const awaitingBytes = taken.reduce((sum, [, { bytesLeft }]) => sum + bytesLeft, 0)
  return { ...agent.queue.summary(), awaiting: taken.length, awaitingBytes }
}

function outboxRowJson(
  { shelf }: Agent,
  { instanceId, state, savedAtMs, body }: SubmissionDoc,
  {
    n,
    corrected,
    awaiting,
  }: {
    readonly n: number
    readonly corrected: ReadonlySet<string | null>
    readonly awaiting: ReadonlyMap<string, Awaiting>
  },
): OutboxRowJson {
  const left = awaiting.get(instanceId)
  const isTaken = state === 'sent' || state === 'safe'
  const { formId, version, assessment, deprecatedId } = body.submission
  const form = assessment === null ? null : shelf.form(formId, version)
  return {
    instanceId,
    n,
    formId,
    version,
    // Sent means all of it.
    state: left !== undefined && isTaken ? 'awaiting' : state,
    files: (body.submission.attachments ?? []).length,
    bytesLeft: left?.bytesLeft ?? 0,
    savedAtMs,
    deprecatedId,
    label: body.label,
    entityId: body.write?.entityId ?? null,
    fault: body.fault === null ? null : faultJson(body.fault),
    assessment:
      assessment === null
        ? null
        : assessmentJson(
            assessment as unknown as Parameters<typeof assessmentJson>[0],
            form?.ok === true ? form.value : null,
            body.submission.answers,
          ),
    corrected: corrected.has(instanceId),
  }
}

function conflictJson(body: ConflictBody, own: readonly SubmissionDoc[], deviceId: string): ConflictJson {
  const { conflictId, entityId, entityLabel, property, stands, other, settledBy } = body
  const side = ({ answer, instanceId, deviceId: author, stamp }: ConflictBody['stands']): ConflictSideJson => ({
    answer,
    instanceId,
    deviceId: author,
    atMs: stampMillis(stamp),
    mine: author === deviceId,
  })
  const settledHere = own.some(
    ({ formId, body: { submission } }) =>
      formId === SETTLEMENT_FORM && submission.answers['conflict_id'] === conflictId,
  )
  return {
    conflictId,
    entityId,
    entityLabel: entityLabel ?? '',
    property,
    stands: side(stands),
    other: side(other),
    state: settledBy !== null ? 'settled' : settledHere ? 'waiting' : 'open',
  }
}

const openFirst = (conflicts: readonly ConflictJson[]): readonly ConflictJson[] => {
  const place = { open: 0, waiting: 1, settled: 2 }
  return [...conflicts].sort((a, b) => place[a.state] - place[b.state])
}
