import { randomBytes } from 'node:crypto'
import { unwrap, type DeviceId, type ProjectId, type StoreId } from '@murram/ground'
import { createBoxKey, createSigningKey, verifyDocument } from '@murram/seal'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BUNDLE_PURPOSE, readHeader } from './bundle-header.ts'
import { FRAME_RECORD, JSON_RECORD, MAX_RECORD_BYTES, type BundleRecord, type ReadRecord } from './bundle-records.ts'
import { openBundle, writeBundle, type BundleFacts } from './work-bundle.ts'

const signingKey = createSigningKey()
const box = createBoxKey()
const facts: BundleFacts = {
  kind: 'up',
  projectId: 'test' as ProjectId,
  deviceId: 'a'.repeat(32) as DeviceId,
  storeId: 'b'.repeat(32) as StoreId,
  certificate: null,
  createdAtMs: 1,
  agentVersion: 'test',
  contents: { runs: [[1, 3]], submissions: 3, attachments: 0, drafts: 0, lastN: 3 },
  checkpoint: { epoch: 1, number: 0 },
  from: 0,
}
async function* each<T>(all: readonly T[]): AsyncGenerator<T> {
  yield* all
}
const collect = async <T>(of: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = []
  for await (const one of of) all.push(one)
  return all
}
const write = async (records: readonly BundleRecord[]): Promise<Buffer> =>
  Buffer.concat(
    await collect(writeBundle(facts, { signingKey, boxPublicKey: box.publicKey, records: each(records) }).bytes),
  )
async function* piecewise(bytes: Uint8Array, size = 50_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}
const read = async (bytes: Uint8Array): Promise<readonly ReadRecord[]> =>
  collect(unwrap(openBundle(unwrap(await readHeader(piecewise(bytes))), box)))
const record = (sizeBytes: number, kind = FRAME_RECORD): BundleRecord => ({ kind, bytes: randomBytes(sizeBytes) })
const told = (all: readonly ReadRecord[]) =>
  all.map(one => (typeof one === 'string' ? one : `${one.kind}:${Buffer.from(one.bytes).toString('base64')}`))

test('R1 records of any size come back in order, and nothing is missing', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(90_000), { maxLength: 12 }), async sizes => {
      const records = sizes.map((size, i) => record(size, i % 2 === 0 ? FRAME_RECORD : JSON_RECORD))
      expect(told(await read(await write(records)))).toEqual(told(records))
    }),
    { numRuns: 30, seed: 3 },
  )
})

test('R2 a damaged place costs the records that touch it, and is told', async () => {
  const records = Array.from({ length: 60 }, () => record(5_000))
  const bytes = await write(records)
  const begin = bytes.length - Math.ceil((60 * 5_005) / 8_174) * 18 - 60 * 5_005
  const wanted = told(records)
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: begin + 10, max: bytes.length - 1 }), async at => {
      const changed = Buffer.from(bytes)
      changed[at] = (changed[at] ?? 0) ^ 4
      const got = told(await read(changed))
      const kept = got.filter(one => wanted.includes(one))
      expect(got.some(one => one === 'damaged' || one === 'cut')).toBe(true)
      expect(wanted.length - kept.length).toBeLessThanOrEqual(8)
      expect(kept).toEqual(wanted.filter(one => kept.includes(one)))
      expect(got.filter(one => one !== 'damaged' && one !== 'cut')).toEqual(kept)
    }),
    { numRuns: 40, seed: 9 },
  )
})

test('R2 what is cut off is told, and what stands before it is read', async () => {
  const records = Array.from({ length: 60 }, () => record(5_000))
  const bytes = await write(records)
  for (const share of [0.2, 0.5, 0.9, 0.999]) {
    const got = await read(bytes.subarray(0, Math.floor(bytes.length * share)))
    expect(got.at(-1)).toBe('cut')
    expect(got.length).toBeGreaterThan(60 * share - 14)
  }
})

test('R3 a length that cannot be is not believed', async () => {
  const lying = Buffer.concat([Buffer.from([FRAME_RECORD, 0xff, 0xff, 0xff, 0xff]), randomBytes(100)])
  // A record whose bytes are taken as records themselves would need the writer's key: it is the writer who lies.
  await expect(write([{ kind: 1, bytes: Buffer.alloc(MAX_RECORD_BYTES + 1) }])).rejects.toThrow('a record of')
  expect(told(await read(await write([{ kind: 2, bytes: lying }])))).toHaveLength(1)
})

test('BH1 no bundle, a newer one and a changed head are told apart', async () => {
  const bytes = await write([record(10)])
  const faultOf = async (given: Uint8Array) => (await readHeader(piecewise(given))) as { error?: { fault: string } }
  expect((await faultOf(randomBytes(500))).error?.fault).toBe('carry.unreadable')
  expect((await faultOf(new Uint8Array())).error?.fault).toBe('carry.unreadable')
  expect((await faultOf(bytes.subarray(0, 300))).error?.fault).toBe('carry.unreadable')
  const newer = Buffer.from(bytes)
  newer[7] = 2
  expect((await faultOf(newer)).error?.fault).toBe('carry.newer')
  const { signed } = unwrap(await readHeader(piecewise(bytes)))
  expect(verifyDocument(signingKey.publicKey, BUNDLE_PURPOSE, signed).ok).toBe(true)
  const at = bytes.indexOf('"lastN":3')
  const changed = Buffer.from(bytes)
  changed.write('"lastN":9', at)
  const forged = unwrap(await readHeader(piecewise(changed)))
  expect(verifyDocument(signingKey.publicKey, BUNDLE_PURPOSE, forged.signed).ok).toBe(false)
  // And chunks are bound to the head they were written under.
  expect(await collect(unwrap(openBundle(forged, box)))).toEqual(['damaged', 'cut'])
})

test('BH2 a head that claims to be huge takes no memory', async () => {
  const lying = Buffer.alloc(40)
  lying.write('MURRAM')
  lying.writeUInt16BE(1, 6)
  lying.writeUInt32BE(0xfffffff0, 8)
  expect(await readHeader(piecewise(lying))).toMatchObject({ error: { fault: 'carry.unreadable' } })
})

test('only whom it is sealed for opens it', async () => {
  const bytes = await write([record(10)])
  expect(openBundle(unwrap(await readHeader(piecewise(bytes))), createBoxKey())).toMatchObject({
    error: { fault: 'carry.wrong-device' },
  })
  expect(bytes.includes(Buffer.from(box.privateKey))).toBe(false)
})
