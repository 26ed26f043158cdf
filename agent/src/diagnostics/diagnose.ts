/**
 * What may be sent to whoever helps: counts, versions, codes and times. No answer, no label,
 * no name of a household, no key. A person can read all of it before sending it.
 */
import { PROTOCOL_VERSION } from '@murram/wire'
import { AGENT_VERSION } from '../agent-version.ts'
import type { Agent } from '../open-agent.ts'
import type { OutboxCounts } from '../queue/outbox-table.ts'
import type { AwaitedList } from '../shelf/form-shelf.ts'
import type { SyncStatus } from '../sync/sync-loop.ts'

export interface Diagnosis {
  readonly agentVersion: string
  readonly protocol: number
  readonly node: string
  readonly platform: string
  readonly projectId: string
  readonly deviceId: string
  readonly storeId: string
  readonly demo: boolean
  readonly outbox: OutboxCounts
  readonly attachments: {
    /** Finalised interviews with a file that the collector does not have. */
    readonly interviews: number
    readonly bytesLeft: number
    /** Kept on this device, sent ones among them. */
    readonly keptFiles: number
    readonly keptBytes: number
  }
  readonly drafts: number
  readonly submissions: number
  readonly feed: { readonly epoch: number; readonly number: number }
  readonly mirror: Readonly<Record<'entity' | 'conflict' | 'form' | 'release' | 'return', number>>
  readonly forms: readonly { readonly formId: string; readonly version: string }[]
  /** Lists of forms that are on their way. */
  readonly awaitedLists: readonly Pick<
    AwaitedList,
    'formId' | 'version' | 'name' | 'haveBytes' | 'sizeBytes' | 'hasEarlier'
  >[]
  readonly models: readonly { readonly modelName: string; readonly releaseId: string; readonly counter: number }[]
  readonly sync: Pick<SyncStatus, 'link' | 'lastSyncAtMs' | 'bytesUp' | 'bytesDown' | 'sessions'> & {
    readonly fault: string | null
    /** What is to be done some day, though all goes on: `wire.update-advised`. */
    readonly notice: string | null
    readonly clockAheadMs: number | null
  }
}

function attachmentCounts({ attachments }: Agent): Diagnosis['attachments'] {
  const awaiting = [...attachments.awaiting().values()]
  const { files: keptFiles, sizeBytes: keptBytes } = attachments.usage()
  const bytesLeft = awaiting.reduce((sum, one) => sum + one.bytesLeft, 0)
  return { interviews: awaiting.length, bytesLeft, keptFiles, keptBytes }
}

export async function diagnose(agent: Agent): Promise<Diagnosis> {
  const { enrolment, collections, mirror, shelf, queue } = agent
  const { projectId, deviceId, storeId, demo } = enrolment
  const { link, lastSyncAtMs, bytesUp, bytesDown, sessions, fault, notice, clockAheadMs } = agent.sync.status()
  const rows = async (kind: keyof Diagnosis['mirror']): Promise<number> =>
    collections.mirror.count({ selector: { kind } }).exec()
  return {
    agentVersion: AGENT_VERSION,
    protocol: PROTOCOL_VERSION,
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
    projectId,
    deviceId,
    storeId,
    demo,
    outbox: queue.summary(),
    attachments: attachmentCounts(agent),
    drafts: (await collections.drafts.find().exec()).length,
    submissions: (await collections.submissions.find().exec()).length,
    feed: await mirror.checkpoint(),
    mirror: {
      entity: await rows('entity'),
      conflict: await rows('conflict'),
      form: await rows('form'),
      release: await rows('release'),
      return: await rows('return'),
    },
    forms: shelf.forms().map(({ formId, version }) => ({
      formId,
      version,
    })),
    awaitedLists: shelf.awaited().map(({ title: _title, ...list }) => list),
    models: shelf.manifests().map(({ modelName, releaseId, counter }) => ({
      modelName,
      releaseId,
      counter,
    })),
    sync: {
      link,
      lastSyncAtMs,
      bytesUp,
      bytesDown,
      sessions,
      fault: fault?.fault ?? null,
      notice: notice?.fault ?? null,
      clockAheadMs,
    },
  }
}
