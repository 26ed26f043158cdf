/**
 * What must be true once the weather is over.
 *
 *   W1 what was acked exists exactly once at the collector
 *   W2 what was finalised on a laptop that still exists has arrived
 *   W3 each mirror equals the collector's feed, as far as its device may see it
 *   W4 the order of arrival does not matter: any order folds to the same entities and ledger
 *   W5 what an officer was told is saved is on the disk
 *   W6 what a laptop shows as held is what the collector holds, whenever it was folded
 *   W7 each file that a submission names is at the centre, with its hash, and no other is
 */
import type { InstanceId } from '@murram/ground'
import { sha256 } from '@murram/seal'
import type { FeedRow } from '@murram/wire'
import { foldInto } from './fake-fold.ts'
import { createFakeState, inboxKey, type FakeState, type StoredRow } from './fake-state.ts'
import type { House } from './house.ts'
import type { Laptop } from './laptop.ts'

interface OutboxLine {
  readonly store_id: string
  readonly n: number
  readonly instance_id: string
  readonly digest: string
  readonly state: string
  readonly fault: string | null
}

const outboxOf = (laptop: Laptop): readonly OutboxLine[] =>
  laptop.query<OutboxLine>('SELECT store_id, n, instance_id, digest, state, fault FROM outbox ORDER BY seq')

/** Set aside for good: no frame carries it. */
const isSetAside = ({ state, fault }: OutboxLine): boolean =>
  state === 'refused' && (fault ?? '').includes('wire.frame-too-large')

/** Those that can still speak. */
const heard = ({ laptops, gone, revoked }: House): readonly Laptop[] =>
  laptops.filter(laptop => !gone.has(laptop) && !revoked.has(laptop))

/** Files of what was acked that the collector has not said to have. */
const awaitedFiles = (laptop: Laptop) => {
  const acked = new Set(
    outboxOf(laptop).flatMap(row => (row.state === 'queued' || row.state === 'refused' ? [] : [row.instance_id])),
  )
  const waiting = laptop.files()?.blobs.waiting() ?? []
  return waiting.filter(({ interviewIds }) => interviewIds.some(id => acked.has(`uuid:${id}`)))
}

/** @returns What is not at rest; `null`: all is. */
export async function whatStalls(house: House): Promise<string | null> {
  const { base } = house
  const feedNumber = await base.feedNumber()
  for (const laptop of heard(house)) {
    const checkpoint = await laptop.mirror()?.checkpoint()
    if (checkpoint?.epoch !== base.epoch() || checkpoint.number !== feedNumber)
      return `${laptop.name} has read up to ${checkpoint?.number} of ${feedNumber}`
    const waiting = outboxOf(laptop).find(
      row => row.state === 'queued' || (row.state === 'refused' && !isSetAside(row)),
    )
    if (waiting !== undefined) return `${waiting.instance_id.slice(5, 9)} of ${laptop.name} is ${waiting.state}`
    const [file] = awaitedFiles(laptop)
    if (file !== undefined) return `${file.sha256.slice(0, 4)} of ${laptop.name}, ${file.sizeBytes} bytes, is not sent`
  }
  return null
}

export async function finalChecks(house: House): Promise<void> {
  const { base, watch } = house
  const inbox = await base.inbox()
  const counted = Map.groupBy(
    inbox.filter(({ state }) => state !== 'again'),
    ({ instanceId }) => instanceId,
  )
  for (const laptop of heard(house)) {
    const rows = outboxOf(laptop)
    const there = new Map(rows.map(row => [row.instance_id, row]))
    for (const row of rows) {
      if (isSetAside(row)) continue
      const found = counted.get(row.instance_id) ?? []
      const what = `${row.instance_id.slice(5, 9)} of ${laptop.name}, ${row.state}`
      if (found.length === 0) watch.broke('W2 what was finalised has arrived', what)
      else if (found.length > 1) watch.broke('W1 it exists once', `${what}: ${found.length} times`)
      else if (found[0]?.digest !== row.digest) watch.broke('W1 as it was finalised', what)
    }
    for (const [instanceId, digest] of laptop.confirmed)
      if (there.get(instanceId)?.digest !== digest)
        watch.broke('W5 saved is saved', `${instanceId.slice(5, 9)} of ${laptop.name}`)
    await checkMirror(house, laptop)
    await checkShown(house, laptop)
    checkFiles(house, laptop, rows)
  }
  checkFold(house)
  const { files, named } = base.state()
  const wanted = new Set([...named.values()].map(({ sha256 }) => sha256))
  for (const hash of files.keys()) if (!wanted.has(hash)) watch.broke('W7 no other file is here', hash.slice(0, 4))
}

/** W7 */
function checkFiles({ base, watch }: House, laptop: Laptop, rows: readonly OutboxLine[]): void {
  const { files, named } = base.state()
  const there = Map.groupBy(named.values(), ({ instanceId }) => instanceId as string)
  for (const row of rows) {
    if (isSetAside(row)) continue
    for (const { name, sha256: hash, sizeBytes } of laptop.files()?.room.of(row.instance_id.replace(/^uuid:/, '')) ??
      []) {
      const what = `${name} of ${row.instance_id.slice(5, 9)}, ${laptop.name}`
      const bytes = files.get(hash)
      if (bytes === undefined) watch.broke('W7 each file is at the centre', what)
      else if (bytes.length !== sizeBytes || sha256(bytes) !== hash) watch.broke('W7 it has its hash', what)
      const awaits = (there.get(row.instance_id) ?? []).filter(one => one.name === name && one.sha256 === hash)
      if (awaits.length !== 1) watch.broke('W7 it is named once', `${what}: ${awaits.length} times`)
      if (awaits.some(({ arrivedAtMs }) => arrivedAtMs === null)) watch.broke('W7 nobody awaits it', what)
    }
  }
}

async function checkShown({ base, watch }: House, laptop: Laptop): Promise<void> {
  // It hears of nothing that is folded late.
  if (laptop.protocol() === 1) return
  const { byInstance } = base.state()
  for (const { instanceId, state, body } of await laptop.submissions()) {
    const row = byInstance.get(instanceId as InstanceId)
    if (row === undefined || (state !== 'sent' && state !== 'safe' && state !== 'held')) continue
    if (row.submission.digest !== body.submission.digest) continue
    const wanted = row.state === 'held' || row.state === 'waiting' ? (row.reason?.fault ?? null) : null
    if ((body.fault?.fault ?? null) !== wanted || (state === 'held') !== (wanted !== null))
      watch.broke(
        'W6 what is shown as held is held',
        `${instanceId.slice(5, 9)} of ${laptop.name}: ${state} ${body.fault?.fault}, and the collector: ${row.state} ${wanted}`,
      )
  }
}

async function checkMirror({ base, watch, counts }: House, laptop: Laptop): Promise<void> {
  const { deviceId } = laptop.enrolment.certificate.body
  // A collector of version 1 tells nothing of submissions, and of a return not what it is about.
  const isOld = counts.all()['other version'] !== undefined || laptop.oldestProtocol() === 1
  const wanted = base.seenBy(deviceId).filter(({ kind }) => kind !== 'submission' || !isOld)
  const mirror = laptop.mirror()
  if (mirror === null) return watch.broke('W3 the mirror is the feed', `${laptop.name} is down`)
  const held = [
    ...(await mirror.all('entity')),
    ...(await mirror.all('conflict')),
    ...(isOld ? [] : await mirror.all('submission')),
    ...(await mirror.all('return')),
    ...(await mirror.all('form')),
  ]
  const lineOf = ({ number, body }: Pick<FeedRow, 'number' | 'body'>): string =>
    `${number} ${JSON.stringify(sorted({ ...(body as object), about: undefined }))}`
  const [left, right] = [new Set(wanted.map(lineOf)), new Set(held.map(lineOf))]
  const missing = [...left].filter(line => !right.has(line))
  const tooMany = [...right].filter(line => !left.has(line))
  if (missing.length > 0) watch.broke('W3 the mirror is the feed', `${laptop.name} lacks ${missing[0]}`)
  if (tooMany.length > 0) watch.broke('W3 the mirror is the feed', `${laptop.name} still has ${tooMany[0]}`)
}

export const sorted = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(
        Object.entries(value)
          .map(([name, inner]) => [name, sorted(inner)] as const)
          .sort(([a], [b]) => (a < b ? -1 : 1)),
      )
    : value

/**
 * W4: all that is stored, folded one by one in an order drawn anew. What is stored and set aside
 * is there from the beginning: it is not folded, but what corrects it stands where it stands.
 */
function checkFold({ base, watch, random }: House): void {
  const state = base.state()
  const [rows, aside] = [true, false].map(isApplied =>
    [...state.byInstance.values()].filter(row => (row.state === 'applied') === isApplied),
  ) as [StoredRow[], StoredRow[]]
  const order = rows.map(row => [random(), row] as const).sort(([a], [b]) => a - b)
  const other: FakeState = createFakeState()
  for (const row of aside) other.byInstance.set(row.submission.instanceId, row)
  for (const [, row] of order) {
    const { submission, arrivalMs } = row
    other.inbox.set(inboxKey(submission.storeId, submission.n), row)
    other.byInstance.set(submission.instanceId, row)
    foldInto(other, submission, arrivalMs, null)
  }
  const bodies = ({ feed }: FakeState): ReadonlyMap<string, string> =>
    new Map(
      [...feed.values()].flatMap(({ kind, key, body }) =>
        body === null || (kind !== 'entity' && kind !== 'conflict')
          ? []
          : [[`${kind}:${key}`, JSON.stringify(sorted(withoutOrder(body)))]],
      ),
    )
  const [asItCame, asDrawn] = [bodies(state), bodies(other)]
  for (const key of new Set([...asItCame.keys(), ...asDrawn.keys()]))
    if (asItCame.get(key) !== asDrawn.get(key))
      watch.broke('W4 the order of arrival does not matter', `${key}: ${asItCame.get(key)} or ${asDrawn.get(key)}`)
}

/** For whom a conflict is, is a set. */
const withoutOrder = (body: unknown): unknown => {
  const { forDevices } = body as { readonly forDevices?: readonly string[] }
  return forDevices === undefined ? body : { ...(body as object), forDevices: forDevices.toSorted() }
}
