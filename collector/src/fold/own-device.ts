/**
 * The collector's own device. What a person decides at the centre is a submission of it, so
 * there is one way up, and what was decided can be folded again like anything else.
 */
import { randomUUID } from 'node:crypto'
import { millis, type DeviceId, type Fault, type FormId, type InstanceId, type StoreId } from '@murram/ground'
import { createHybridClock, submissionDigest, type Stamp, type Submission } from '@murram/fold'
import { newSalt, toBase64Url } from '@murram/seal'
import type { AckResult } from '@murram/wire'
import { sql } from 'drizzle-orm'
import type { ReadDb } from '../db/handles.ts'
import { BUILT_IN_VERSION } from './built-in-forms.ts'

export interface Decision {
  readonly formId: FormId
  readonly answers: Readonly<Record<string, string>>
  readonly base: Readonly<Record<string, string>>
  /** What the person looked at: the decision comes after it, whatever our clock says. */
  readonly after: readonly string[]
}

export interface OwnDevice {
  /** @returns The instance, or why it could not be folded. */
  readonly decide: (
    decision: Decision,
  ) => Promise<{ readonly instanceId: InstanceId; readonly refusal: Fault | undefined }>
}

export interface OwnDeviceDeps {
  readonly read: ReadDb
  readonly deviceId: DeviceId
  readonly storeId: StoreId
  readonly now: () => number
  /** One decision at a time, whichever collector takes it: n counts without gaps, and the stamps rise. */
  readonly inTurn: <T>(work: () => Promise<T>) => Promise<T>
  readonly lastN: (storeId: StoreId) => Promise<number>
  readonly ingest: (batch: {
    readonly deviceId: DeviceId
    readonly storeId: StoreId
    readonly submissions: readonly Submission[]
    readonly head: null
  }) => Promise<{ readonly results: readonly AckResult[] }>
}

export function createOwnDevice(deps: OwnDeviceDeps): OwnDevice {
  const { deviceId, storeId } = deps
  const make = async ({ formId, answers, base, after }: Decision): Promise<Submission> => {
    const last = await lastStamp(deps)
    const clock = createHybridClock({ now: () => millis(deps.now()), deviceId, ...(last === null ? {} : { last }) })
    for (const stamp of after) clock.observe(stamp as Stamp)
    const submission = {
      formId,
      version: BUILT_IN_VERSION,
      answers,
      base,
      deviceId,
      storeId,
      instanceId: `uuid:${randomUUID()}` as InstanceId,
      n: (await deps.lastN(storeId)) + 1,
      stamp: clock.tick(),
      audit: null,
      assessment: null,
      attachments: [],
      deprecatedId: null,
      salt: toBase64Url(newSalt()),
    }
    return { ...submission, digest: submissionDigest(submission) }
  }
  const decide = async (decision: Decision) => {
    const submission = await make(decision)
    const { results } = await deps.ingest({ deviceId, storeId, submissions: [submission], head: null })
    return { instanceId: submission.instanceId, refusal: results[0]?.fault }
  }
  // Here one after the other, so that those who wait hold no connection.
  let previous: Promise<unknown> = Promise.resolve()
  return {
    decide: decision => {
      const mine = previous.then(() => deps.inTurn(() => decide(decision)))
      previous = mine.catch(() => {})
      return mine
    },
  }
}

const lastStamp = async ({ read, deviceId }: OwnDeviceDeps): Promise<Stamp | null> => {
  const { rows } = await read.execute<{ last: Stamp | null }>(
    sql`select max(stamp) as last from submissions where device_id = ${deviceId} and form_id like 'murram:%'`,
  )
  return rows[0]?.last ?? null
}
