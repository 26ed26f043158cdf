import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CHUNK_ROOM_BYTES, newFileKey, openChunks, sealChunks, type OpenedChunk } from './sealed-stream.ts'

const head = new Uint8Array(randomBytes(32))
const fileKey = newFileKey()

async function* chunked(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += CHUNK_ROOM_BYTES) yield bytes.subarray(at, at + CHUNK_ROOM_BYTES)
}
const collect = async <T>(of: AsyncIterable<T>): Promise<readonly T[]> => {
  const all: T[] = []
  for await (const one of of) all.push(one)
  return all
}
const sealAll = async (bytes: Uint8Array): Promise<Buffer> =>
  Buffer.concat(await collect(sealChunks(chunked(bytes), { fileKey, head })))
/** In pieces of any size, as a disk or a socket hands them over. */
async function* piecewise(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}
const openAll = (sealed: Uint8Array, size = 10_000): Promise<readonly OpenedChunk[]> =>
  collect(openChunks(piecewise(sealed, size), { fileKey, head }))
const wholeOf = (chunks: readonly OpenedChunk[]): Buffer =>
  Buffer.concat(chunks.map(({ bytes }) => bytes ?? Buffer.alloc(0)))

const sizes = [0, 1, 1_000, CHUNK_ROOM_BYTES, CHUNK_ROOM_BYTES + 1, 3 * CHUNK_ROOM_BYTES, 100_000]

test('Z1 what was sealed opens again, whatever its length and in whatever pieces it comes', async () => {
  for (const size of sizes) {
    const bytes = randomBytes(size)
    const sealed = await sealAll(bytes)
    for (const piece of [777, 8_192, 1_000_000]) {
      const opened = await openAll(sealed, piece)
      expect(wholeOf(opened).equals(bytes)).toBe(true)
      expect(opened.at(-1)?.isLast).toBe(true)
    }
  }
})

test('Z1 a changed bit costs its own chunk and no other', async () => {
  const bytes = randomBytes(5 * CHUNK_ROOM_BYTES + 500)
  const sealed = await sealAll(bytes)
  await fc.assert(
    fc.asyncProperty(fc.nat(sealed.length - 1), fc.nat(7), async (at, bit) => {
      const changed = Buffer.from(sealed)
      changed[at] = (changed[at] ?? 0) ^ (1 << bit)
      const opened = await openAll(changed)
      const damaged = opened.filter(chunk => chunk.bytes === null).map(({ index }) => index)
      expect(damaged).toEqual([Math.floor(at / 8_192)])
      const wrong = opened.filter(
        ({ index, bytes: got }) =>
          got !== null &&
          !Buffer.from(got).equals(bytes.subarray(index * CHUNK_ROOM_BYTES, (index + 1) * CHUNK_ROOM_BYTES)),
      )
      expect(wrong).toEqual([])
    }),
    { numRuns: 40, seed: 5 },
  )
})

test('Z2 chunks that changed places, and a file under another head, do not open', async () => {
  const sealed = await sealAll(randomBytes(3 * CHUNK_ROOM_BYTES))
  const swapped = Buffer.concat([sealed.subarray(8_192, 16_384), sealed.subarray(0, 8_192), sealed.subarray(16_384)])
  expect((await openAll(swapped)).map(({ bytes }) => bytes === null)).toEqual([true, true, false])
  const elsewhere = await collect(openChunks(piecewise(sealed, 9_000), { fileKey, head: new Uint8Array(32) }))
  expect(elsewhere.every(({ bytes }) => bytes === null)).toBe(true)
})

test('Z3 wherever a file is cut, it is noticed', async () => {
  const sealed = await sealAll(randomBytes(3 * CHUNK_ROOM_BYTES + 10))
  for (const cut of [0, 1, 15, 16, 8_192, 10_000, 16_384, sealed.length - 26, sealed.length - 1])
    expect((await openAll(sealed.subarray(0, cut))).some(({ isLast }) => isLast)).toBe(false)
})
