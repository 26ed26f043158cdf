/**
 * One message is one binary frame: a flag byte (0 plain, 1 deflated), then msgpack.
 *
 * W1 what was encoded decodes to the same message
 * W2 no bytes whatsoever make the decoder throw
 * W3 a hostile frame costs no memory: its size is checked before anything is inflated, what it
 *    may inflate to is bounded, and only plain data is parsed (`plain-msgpack.ts`)
 *
 * Each frame is compressed by itself and only where that helps: bytes that are compressed or
 * encrypted already are left alone, and no state is kept for a connection.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { err, fault, ok, type FaultOf, type Result } from '@murram/ground'
import { Packr } from 'msgpackr'
import { z } from 'zod'
import { whyNotPlain } from './plain-msgpack.ts'

/** Of a frame on the wire. */
export const MAX_FRAME_BYTES = 1_000_000
/** Of a message before compression: 16 kB of answers inflate to some hundred. */
export const MAX_MESSAGE_BYTES = 8_000_000

const PLAIN = 0
const DEFLATED = 1
/** A small `memLevel` begins a new code table more often, which suits columns: 8 % fewer bytes. */
const DEFLATE = { level: 6, memLevel: 4 }
/** Below this, deflate's own overhead is more than it saves. */
const WORTH_DEFLATING_BYTES = 64

export type DecodeFault = FaultOf<'wire.malformed'> | FaultOf<'wire.frame-too-large'>

/** A member that is `undefined` is left out, as in JSON and in what is signed. */
const PACKING = {
  useRecords: false,
  mapsAsObjects: true,
  moreTypes: false,
  variableMapSize: true,
  encodeUndefinedAsNil: true,
  skipValues: [undefined],
}
const createPackr = (): Packr => new Packr(PACKING)

export function encodeFrame(message: unknown): Uint8Array {
  const body = createPackr().pack(message)
  const deflated = body.length < WORTH_DEFLATING_BYTES ? body : deflateRawSync(body, DEFLATE)
  const [flag, content] = deflated.length < body.length ? [DEFLATED, deflated] : [PLAIN, body]
  const frame = new Uint8Array(content.length + 1)
  frame[0] = flag
  frame.set(content, 1)
  return frame
}

export function decodeFrame<T>(schema: z.ZodType<T>, frame: Uint8Array): Result<T, DecodeFault> {
  if (frame.length > MAX_FRAME_BYTES) return err(tooLarge(frame.length, MAX_FRAME_BYTES))
  const body = readBody(frame)
  if (!body.ok) return body
  const wrong = whyNotPlain(body.value)
  if (wrong !== null) return err(fault('wire.malformed', wrong))
  let message: unknown
  try {
    message = createPackr().unpack(body.value)
  } catch (error) {
    return err(fault('wire.malformed', error instanceof Error ? error.message : 'not msgpack'))
  }
  const read = schema.safeParse(message)
  return read.success ? ok(read.data) : err(fault('wire.malformed', z.prettifyError(read.error).slice(0, 2_000)))
}

function readBody(frame: Uint8Array): Result<Uint8Array, DecodeFault> {
  const content = frame.subarray(1)
  if (frame[0] === PLAIN) return ok(content)
  if (frame[0] !== DEFLATED) return err(fault('wire.malformed', `flag ${frame[0] ?? 'missing'}`))
  try {
    return ok(inflateRawSync(content, { maxOutputLength: MAX_MESSAGE_BYTES }))
  } catch (error) {
    return error instanceof RangeError
      ? err(tooLarge(MAX_MESSAGE_BYTES + 1, MAX_MESSAGE_BYTES))
      : err(fault('wire.malformed', error instanceof Error ? error.message : 'not deflate'))
  }
}

const tooLarge = (sizeBytes: number, limitBytes: number): FaultOf<'wire.frame-too-large'> =>
  fault('wire.frame-too-large', `${sizeBytes} > ${limitBytes} bytes`, { sizeBytes, limitBytes })
