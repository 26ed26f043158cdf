/**
 * One message is one binary frame: a flag byte, then msgpack.
 *
 *   0 plain   1 deflated   2 deflated, and begins a run   3 deflated, and refers to its run
 *
 * W1 what was encoded decodes to the same message
 * W2 no bytes whatsoever make the decoder throw
 * W3 a hostile frame costs no memory: its size is checked before anything is inflated, what it
 *    may inflate to is bounded, and only plain data is parsed (`plain-msgpack.ts`)
 *
 * A frame is compressed by itself and only where that helps: bytes that are compressed or
 * encrypted already are left alone. The frames of a run may refer to those before them in the
 * same session (`frame-memory.ts`).
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { err, fault, ok, type FaultOf, type Result } from '@murram/ground'
import { Packr } from 'msgpackr'
import { z } from 'zod'
import type { FrameMemory } from './frame-memory.ts'
import { whyNotPlain } from './plain-msgpack.ts'

/** Of a frame on the wire. */
export const MAX_FRAME_BYTES = 1_000_000
/** Of a message before compression: 16 kB of answers inflate to some hundred. */
export const MAX_MESSAGE_BYTES = 8_000_000

const PLAIN = 0
const DEFLATED = 1
const RUN_BEGINS = 2
const RUN_GOES_ON = 3
/** A small `memLevel` begins a new code table more often, which suits columns: 8 % fewer bytes. */
const DEFLATE = { level: 5, memLevel: 4 }
/** Below this, deflate's own overhead is more than it saves. */
const WORTH_DEFLATING_BYTES = 64

const NOTHING = new Uint8Array()

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

export const encodeFrame = (message: unknown): Uint8Array => toFrame(toBody(message))

export const toBody = (message: unknown): Uint8Array => createPackr().pack(message)

/** @param memory Of the run that the frame belongs to; whoever sends it keeps its body there. */
export function toFrame(body: Uint8Array, memory?: FrameMemory): Uint8Array {
  const history = memory?.recall() ?? NOTHING
  const isOfRun = memory !== undefined
  const isSmall = body.length < WORTH_DEFLATING_BYTES && !isOfRun
  const options = history.length === 0 ? DEFLATE : { ...DEFLATE, dictionary: history }
  const deflated = isSmall ? body : deflateRawSync(body, options)
  const isShorter = deflated.length < body.length || isOfRun
  const deflatedFlag = isOfRun ? (history.length === 0 ? RUN_BEGINS : RUN_GOES_ON) : DEFLATED
  const [flag, content] = isShorter ? [deflatedFlag, deflated] : [PLAIN, body]
  const frame = new Uint8Array(content.length + 1)
  frame[0] = flag
  frame.set(content, 1)
  return frame
}

/** @param memory Of the session that the frame came in; without one, no frame of a run is read. */
export function decodeFrame<T>(schema: z.ZodType<T>, frame: Uint8Array, memory?: FrameMemory): Result<T, DecodeFault> {
  if (frame.length > MAX_FRAME_BYTES) return err(tooLarge(frame.length, MAX_FRAME_BYTES))
  const body = readBody(frame, memory)
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

function readBody(frame: Uint8Array, memory: FrameMemory | undefined): Result<Uint8Array, DecodeFault> {
  const [flag] = frame
  const content = frame.subarray(1)
  if (flag === PLAIN) return ok(content)
  if (flag === DEFLATED) return inflate(content, NOTHING)
  if (memory === undefined || (flag !== RUN_BEGINS && flag !== RUN_GOES_ON))
    return err(fault('wire.malformed', `flag ${flag ?? 'missing'}`))
  if (flag === RUN_BEGINS) memory.forget()
  const body = inflate(content, memory.recall())
  if (body.ok) memory.keep(body.value)
  return body
}

function inflate(content: Uint8Array, history: Uint8Array): Result<Uint8Array, DecodeFault> {
  const options = { maxOutputLength: MAX_MESSAGE_BYTES }
  try {
    return ok(inflateRawSync(content, history.length === 0 ? options : { ...options, dictionary: history }))
  } catch (error) {
    return error instanceof RangeError
      ? err(tooLarge(MAX_MESSAGE_BYTES + 1, MAX_MESSAGE_BYTES))
      : err(fault('wire.malformed', error instanceof Error ? error.message : 'not deflate'))
  }
}

const tooLarge = (sizeBytes: number, limitBytes: number): FaultOf<'wire.frame-too-large'> =>
  fault('wire.frame-too-large', `${sizeBytes} > ${limitBytes} bytes`, { sizeBytes, limitBytes })
