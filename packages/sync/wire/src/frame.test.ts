import { deflateRawSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { decodeDown } from './down.ts'
import { decodeFrame, encodeFrame, MAX_FRAME_BYTES, toBody, toFrame } from './frame.ts'
import { createFrameMemory } from './frame-memory.ts'
import { decodeUp } from './up.ts'

const anything = z.unknown()
const faultOf = (result: { ok: true } | { ok: false; error: { fault: string } }): string | null =>
  result.ok ? null : result.error.fault

test('W1 what was encoded decodes to the same', () => {
  const json = fc.jsonValue({ noUnicodeString: false }).filter(v => !JSON.stringify(v).includes('__proto__'))
  fc.assert(
    fc.property(json, value => {
      expect(decodeFrame(anything, encodeFrame(value))).toEqual({ ok: true, value: JSON.parse(JSON.stringify(value)) })
    }),
  )
})

test('W1 a member that is undefined is left out, as in JSON', () => {
  const frame = encodeFrame({ a: undefined, b: { c: undefined, d: [undefined] } })
  expect(decodeFrame(anything, frame)).toEqual({ ok: true, value: { b: { d: [null] } } })
})

test('W1 bytes stay bytes, and are deflated only where that helps', () => {
  const noise = new Uint8Array(1_000).map((_, i) => (i * 7919) ^ (i >> 3))
  const message = { bytes: noise }
  const read = decodeFrame(z.object({ bytes: z.instanceof(Uint8Array) }), encodeFrame(message))
  expect(read.ok && Buffer.from(read.value.bytes).equals(noise)).toBe(true)
  const calm = encodeFrame({ text: 'iron '.repeat(1_000) })
  expect([calm[0], calm.length < 100]).toEqual([1, true])
  expect(encodeFrame({ a: 1 })[0]).toBe(0)
})

test('W2 no bytes make a decoder throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.constantFrom(0, 1, 2, 3, null), (bytes, flag) => {
      const frame = flag === null ? bytes : Uint8Array.from([flag, ...(flag === 1 ? deflateRawSync(bytes) : bytes)])
      for (const decode of [decodeUp, decodeDown]) expect(faultOf(decode(frame))).toBe('wire.malformed')
    }),
    { numRuns: 2_000 },
  )
})

test('W2 a frame of ours with a few bytes changed is read or refused, never thrown at us', () => {
  const frame = encodeFrame({ type: 'hint', feedNumber: 12, extra: { a: [1, 2, 3], b: 'x'.repeat(50) } })
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(frame.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }), changes => {
      const broken = Uint8Array.from(frame)
      for (const [at, byte] of changes) broken[at] = byte
      expect(() => decodeDown(broken)).not.toThrow()
    }),
    { numRuns: 2_000 },
  )
})

test('W2 code in msgpack extensions is not run: records and typed extensions are refused', () => {
  // fixext 1, type 0x72 ("record"): msgpackr would compile a reader from the names that follow.
  const record = Uint8Array.from([0, 0xd4, 0x72, 0x40, 0x91, 0xa1, 0x61, 0x01])
  expect(faultOf(decodeFrame(anything, record))).toBe('wire.malformed')
  // an Error, a Set, a RegExp, a date
  for (const type of [0x65, 0x73, 0x78, 0xff]) {
    const frame = Uint8Array.from([0, 0xd4, type, 0x00, 0x90])
    expect(faultOf(decodeFrame(anything, frame)), `type ${type}`).toBe('wire.malformed')
  }
})

test('W3 a bomb is not inflated', () => {
  const bomb = deflateRawSync(Buffer.alloc(50_000_000), { level: 9 })
  expect(bomb.length).toBeLessThan(MAX_FRAME_BYTES)
  const before = process.memoryUsage().arrayBuffers
  expect(faultOf(decodeUp(Uint8Array.from([1, ...bomb])))).toBe('wire.frame-too-large')
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(40_000_000)
})

test('W3 a frame beyond the limit is refused unread', () => {
  expect(faultOf(decodeUp(new Uint8Array(MAX_FRAME_BYTES + 1)))).toBe('wire.frame-too-large')
})

test('W3 a count that promises more than there are bytes is refused at once', () => {
  const startMs = performance.now()
  for (const marker of [0xdd, 0xdf, 0xc6, 0xdb]) {
    expect(faultOf(decodeFrame(anything, Uint8Array.from([0, marker, 0xff, 0xff, 0xff, 0xff, 0x01])))).toBe(
      'wire.malformed',
    )
  }
  const nested = Uint8Array.from([0, ...Array.from({ length: 900_000 }, () => 0x91)])
  expect(faultOf(decodeFrame(anything, nested))).toBe('wire.malformed')
  expect(performance.now() - startMs).toBeLessThan(2_000)
})

test('W1 the frames of a run decode to what they were, whatever the run is made of', () => {
  const bodies = fc.array(fc.tuple(fc.string({ maxLength: 60_000, size: 'max' }), fc.nat(9)), { maxLength: 6 })
  fc.assert(
    fc.property(bodies, all => {
      const [sender, receiver] = [createFrameMemory(), createFrameMemory()]
      for (const [text, odds] of all) {
        if (odds === 0) sender.forget()
        const body = toBody({ text })
        const frame = toFrame(body, sender)
        sender.keep(body)
        expect(decodeFrame(anything, frame, receiver)).toEqual({ ok: true, value: { text } })
      }
    }),
    { numRuns: 20 },
  )
})

test('what a run has said before costs next to nothing; a frame of a run alone is refused', () => {
  const memory = createFrameMemory()
  const body = toBody({ names: Array.from({ length: 100 }, (_, i) => `group_${i % 7}/question_${i * i}`) })
  const first = toFrame(body, memory)
  memory.keep(body)
  const second = toFrame(body, memory)
  expect([first[0], second[0], second.length < first.length / 10]).toEqual([2, 3, true])
  expect(faultOf(decodeFrame(anything, first))).toBe('wire.malformed')
  expect(faultOf(decodeFrame(anything, second, createFrameMemory()))).toBe('wire.malformed')
})
