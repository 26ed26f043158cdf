/**
 * What the journal keeps, how it is found in the database, and how it is done again:
 *
 *   root        a root document: whose keys count
 *   form        a version that was published, as its file came
 *   list        a list beside a form version, deflated
 *   device      an enrolment: the certificate
 *   revocation  of a device
 *   order       what a device was ordered to do with all it holds
 *   decision    a submission of the collector's own device: settlements, aliases, pairs told apart, reviews
 *   release     a model that devices may install
 *   rollout     an order on how far a release goes out, halts among them
 *   key         an API key that was revoked: what opened a door before must not open it again
 *   outcome, batch, word, look   (outcome-kinds.ts)
 *
 * Not here: erasures, which do not exist yet.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import type { DeviceId, Fault, FormId, Result, Sha256, StoreId } from '@murram/ground'
import type { Submission } from '@murram/fold'
import type { AckResult } from '@murram/wire'
import { sql } from 'drizzle-orm'
import { getBlob } from '../blobs/blobs.ts'
import type { ReadDb, WriteDb } from '../db/handles.ts'
import type { KeptList } from '../forms/publish-lists.ts'
import type { OrderRow } from '../rollout/order-repo.ts'
import type { RootRow } from '../trust/root-repo.ts'
import type { ReleaseRow } from '../rollout/release-repo.ts'
import { outcomeKinds } from './outcome-kinds.ts'
import type { JournalKind } from './replay.ts'

export interface KindDeps {
  readonly read: ReadDb
  readonly write: WriteDb
  readonly collectorId: DeviceId
  readonly publish: (source: {
    readonly bytes: Uint8Array
    readonly fileName: string
    readonly again: true
  }) => Promise<Result<unknown, Fault>>
  readonly restoreList: (list: KeptList) => Promise<void>
  readonly ingest: (batch: {
    readonly deviceId: DeviceId
    readonly storeId: StoreId
    readonly submissions: readonly Submission[]
    readonly head: null
  }) => Promise<{ readonly results: readonly AckResult[] }>
  /** Says why it cannot be in force again. */
  readonly releaseAgain: (row: ReleaseRow) => Promise<undefined | string>
  readonly orderAgain: (row: OrderRow) => Promise<undefined | string>
  /** Says why it does not follow. */
  readonly rootAgain: (signed: RootRow['signed']) => Promise<undefined | string>
}

/** In the order in which they are done again: what is decided names devices and forms. */
export const journalKinds = (deps: KindDeps): readonly JournalKind[] => [
  roots(deps),
  forms(deps),
  lists(deps),
  devices(deps),
  revocations(deps),
  orders(deps),
  decisions(deps),
  releases(deps),
  rollouts(deps),
  revokedKeys(deps),
  ...outcomeKinds(deps),
]

const forms = ({ read, publish }: KindDeps): JournalKind => ({
  kind: 'form',
  known: async () => {
    const { rows } = await read.execute<{ formId: FormId; version: string; fileName: string; source: Sha256 }>(sql`
      select form_id as "formId", version, file_name as "fileName", source_sha256 as source from form_versions
       order by published_at_ms`)
    return new Map(
      rows.map(({ formId, version, fileName, source }) => [
        `${formId} ${version}`,
        async () => ({ fileName, base64: Buffer.from((await getBlob(read, source)) ?? []).toString('base64') }),
      ]),
    )
  },
  replay: async body => {
    const { fileName, base64 } = body as { readonly fileName: string; readonly base64: string }
    const done = await publish({ fileName, again: true, bytes: new Uint8Array(Buffer.from(base64, 'base64')) })
    return done.ok ? undefined : describe(done.error)
  },
})

const lists = ({ read, restoreList }: KindDeps): JournalKind => ({
  kind: 'list',
  known: async () => {
    const { rows } = await read.execute<{ key: string; row: Omit<KeptList, 'bytes'>; sha256: Sha256 }>(sql`
      select form_id || ' ' || version || ' ' || name || ' ' || number as key, sha256,
             json_build_object('formId', form_id, 'version', version, 'name', name, 'number', number, 'rows', rows,
               'publishedAtMs', published_at_ms) as row
        from form_lists order by published_at_ms, number`)
    return new Map(
      rows.map(({ key, row, sha256 }) => [
        key,
        async () => ({ ...row, base64: deflateRawSync((await getBlob(read, sha256)) ?? '').toString('base64') }),
      ]),
    )
  },
  replay: async body => {
    const { base64, ...row } = body as Omit<KeptList, 'bytes'> & { readonly base64: string }
    await restoreList({ ...row, bytes: new Uint8Array(inflateRawSync(Buffer.from(base64, 'base64'))) })
    return undefined
  },
})

const rowsOf = async (read: ReadDb, query: ReturnType<typeof sql>) =>
  (await read.execute<{ key: string; row: unknown }>(query)).rows
const known = (rows: readonly { readonly key: string; readonly row: unknown }[]) =>
  new Map(rows.map(({ key, row }) => [key, async () => row]))

const devices = ({ read, write }: KindDeps): JournalKind => ({
  kind: 'device',
  known: async () =>
    known(await rowsOf(read, sql`select device_id as key, to_json(d) as row from devices d order by enrolled_at_ms`)),
  replay: async row => {
    await write.execute(sql`
      insert into devices (device_id, public_key, officer, certificate, state, enrolled_at_ms, scopes)
      select device_id, public_key, officer, certificate, 'active', enrolled_at_ms, scopes
        from json_populate_record(null::devices, ${JSON.stringify(row)}::json) on conflict (device_id) do nothing`)
    return undefined
  },
})

const revocations = ({ read, write }: KindDeps): JournalKind => ({
  kind: 'revocation',
  known: async () =>
    known(
      await rowsOf(read, sql`select device_id as key, to_json(device_id) as row from devices where state = 'revoked'`),
    ),
  replay: async deviceId => {
    const { rowCount } = await write.execute(
      sql`update devices set state = 'revoked' where device_id = ${deviceId as string}`,
    )
    return rowCount === 0 ? 'no such device' : undefined
  },
})

/** The order with the highest counter says in which state the device is. */
const orders = ({ read, write }: KindDeps): JournalKind => ({
  kind: 'order',
  known: async () =>
    known(
      await rowsOf(
        read,
        sql`select device_id || ' ' || counter as key, to_json(o) as row from device_orders o order by counter`,
      ),
    ),
  replay: async row => {
    const text = JSON.stringify(row)
    await write.execute(sql`
      insert into device_orders select * from json_populate_record(null::device_orders, ${text}::json)
      on conflict do nothing`)
    await write.execute(sql`
      update devices set state = case latest.kind when 'leave' then 'left' when 'destroy' then 'stolen' else 'active' end
        from (select device_id, kind from device_orders
               where device_id = ${(row as { readonly device_id: string }).device_id} order by counter desc limit 1) latest
       where devices.device_id = latest.device_id and devices.state <> 'revoked'`)
    return undefined
  },
})

/** Of the inbox only what came since it was read last: it grows for ever. */
const decisions = ({ read, collectorId, ingest }: KindDeps): JournalKind => {
  let readUpto = 0
  /** A transaction may commit behind one that took its number later. */
  const OVERLAP = 10_000
  return {
    kind: 'decision',
    known: async () => {
      // How far it was read is how far the inbox goes, whether or not anything of it was the collector's own.
      const { rows } = await read.execute<{ upto: string; key: string | null; row: StoredDecision | null }>(sql`
        select inbox.upto, own.key, own.row from (select coalesce(max(seq), 0) as upto from submissions) inbox
          left join lateral (
            select seq, store_id || ' ' || n as key, json_build_object('storeId', store_id, 'n', n, 'instanceId', instance_id,
                     'deviceId', device_id, 'formId', form_id, 'version', version, 'digest', digest, 'stamp', stamp,
                     'deprecatedId', deprecated_id, 'body', body) as row
              from submissions where device_id = ${collectorId} and seq > ${readUpto - OVERLAP}
          ) own on true
         order by own.seq`)
      readUpto = Math.max(readUpto, Number(rows[0]?.upto ?? 0))
      return known(
        rows.flatMap(({ key, row }) => {
          if (key === null || row === null) return []
          const { body, ...columns } = row
          return [{ key, row: { ...columns, ...body } }]
        }),
      )
    },
    replay: async body => {
      const said = body as Omit<Submission, 'attachments'> & Partial<Pick<Submission, 'attachments'>>
      const submission = { ...said, attachments: said.attachments ?? [] }
      const { deviceId, storeId } = submission
      const { results } = await ingest({ deviceId, storeId, submissions: [submission], head: null })
      const [done] = results
      // What waits or is held is stored, and folded when what it speaks of has come again.
      return done?.result === 'refused' || done?.result === 'forked' ? describe(done.fault) : undefined
    },
  }
}

interface StoredDecision {
  readonly body: object
}

const roots = ({ read, rootAgain }: KindDeps): JournalKind => ({
  kind: 'root',
  known: async () =>
    known(await rowsOf(read, sql`select version::text as key, signed as row from root_documents order by version`)),
  replay: body => rootAgain(body as RootRow['signed']),
})

const releases = ({ read, write, releaseAgain }: KindDeps): JournalKind => ({
  kind: 'release',
  known: async () =>
    known(
      await rowsOf(
        read,
        sql`select release_id as key, json_build_object('releaseId', release_id, 'modelName', model_name, 'counter', counter,
              'candidateId', candidate_id, 'reason', reason, 'note', note, 'signed', signed, 'chain', chain,
              'createdAtMs', created_at_ms) as row from releases order by counter`,
      ),
    ),
  replay: async body => {
    const row = body as ReleaseRow
    // Devices remember the highest counter they saw: whatever is released from now on stands above it.
    await write.execute(sql`update projects set release_floor = greatest(release_floor, ${row.counter})`)
    return releaseAgain(row)
  },
})

const rollouts = ({ read, orderAgain }: KindDeps): JournalKind => ({
  kind: 'rollout',
  known: async () =>
    known(
      await rowsOf(
        read,
        sql`select model_name || ' ' || order_number as key, json_build_object('modelName', model_name,
              'orderNumber', order_number, 'releaseId', release_id, 'openRing', open_ring, 'state', state, 'who', who,
              'reason', reason, 'accepted', accepted, 'fromSeq', from_seq, 'signed', signed, 'chain', chain,
              'challenger', challenger, 'atMs', at_ms) as row from rollout_orders order by model_name, order_number`,
      ),
    ),
  replay: body => orderAgain(body as OrderRow),
})

/** The whole row: who looks at the list after a restore sees what was revoked. */
const revokedKeys = ({ read, write }: KindDeps): JournalKind => ({
  kind: 'key',
  known: async () =>
    known(
      await rowsOf(read, sql`select key_id as key, to_json(k) as row from api_keys k where revoked_at_ms is not null`),
    ),
  replay: async row => {
    await write.execute(sql`
      insert into api_keys select * from json_populate_record(null::api_keys, ${JSON.stringify(row)}::json)
      on conflict (key_id) do update set revoked_at_ms = excluded.revoked_at_ms`)
    return undefined
  },
})

const describe = (why: Fault | undefined): string =>
  why === undefined ? 'refused' : `${why.fault}${why.detail === undefined ? '' : ` (${why.detail})`}`
