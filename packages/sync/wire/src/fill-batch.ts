/**
 * The next batch from the front of the outbox: as many submissions of one form version as fit
 * into a frame of a given size, closed by bytes and never by rows, and at least one.
 */
import { err, fault, ok, type FaultOf, type Result } from '@murram/ground'
import type { Submission } from '@murram/fold'
import { createFrameMemory, type FrameMemory } from './frame-memory.ts'
import { MAX_FRAME_BYTES, toFrame } from './frame.ts'
import { toPushBatch } from './push-columns.ts'
import type { PushHead } from './push-head.ts'
import { toPushBody } from './up.ts'

export interface FilledBatch {
  readonly frame: Uint8Array
  readonly firstN: number
  readonly lastN: number
  readonly sizeBytes: number
  /** What one submission took: the next call's `expectBytesEach`. */
  readonly bytesEach: number
}

const MAX_SUBMISSIONS = 1_000
const FULL_ENOUGH = 0.75
/** A frame that is a byte too large costs a second encoding; one that is a little emptier costs a few bytes. */
const FIRST_TRY = 0.96
/** Each costs an encoding of the whole batch; with `expectBytesEach` of the last batch the first one fits. */
const MAX_TRIES = 3

/**
 * @param waiting Consecutive submissions, oldest first, more than will fit.
 * @param options.maxBytes Of the frame, compressed.
 * @param options.memory Of the session; the batch is kept in it, so it must be the next that is sent.
 * @param options.headOf Signs the chain head over the submissions of the batch.
 * @returns `wire.frame-too-large` where one submission alone is larger than any frame may be.
 */
export function fillBatch(
  waiting: readonly [Submission, ...Submission[]],
  {
    maxBytes,
    headOf,
    memory = createFrameMemory(),
    expectBytesEach = 300,
  }: {
    readonly memory?: FrameMemory
    readonly maxBytes: number
    readonly headOf: (batch: readonly Submission[]) => PushHead
    readonly expectBytesEach?: number
  },
): Result<FilledBatch, FaultOf<'wire.frame-too-large'>> {
  const [first] = waiting
  const otherForm = waiting.findIndex(({ formId, version }) => formId !== first.formId || version !== first.version)
  const available = Math.min(otherForm === -1 ? waiting.length : otherForm, MAX_SUBMISSIONS)
  const bodyOf = (count: number): Uint8Array => {
    const batch = waiting.slice(0, count)
    return toPushBody(toPushBatch(batch, headOf(batch)))
  }

  let count = Math.max(1, Math.min(available, Math.floor((maxBytes * FIRST_TRY) / expectBytesEach)))
  let best: { readonly count: number; readonly body: Uint8Array; readonly frame: Uint8Array } | null = null
  let tooMany = available + 1
  for (let tries = 0; ; tries += 1) {
    const body = bodyOf(count)
    const frame = toFrame(body, memory)
    if (frame.length <= maxBytes) best = { count, body, frame }
    else tooMany = count
    const isFullEnough = best !== null && (best.count + 1 >= tooMany || best.frame.length > maxBytes * FULL_ENOUGH)
    if (isFullEnough || (best !== null && tries >= MAX_TRIES) || tooMany === 1) {
      const { frame: chosen, ...what } = best ?? { frame, body, count: 1 }
      if (chosen.length > MAX_FRAME_BYTES)
        return err(fault('wire.frame-too-large', `submission ${first.n}: ${chosen.length} bytes`))
      memory.keep(what.body)
      const bytesEach = chosen.length / what.count
      return ok({
        frame: chosen,
        firstN: first.n,
        lastN: first.n + what.count - 1,
        sizeBytes: chosen.length,
        bytesEach,
      })
    }
    // In proportion, and a little less: what is smaller compresses a little worse.
    const next = Math.floor(count * (maxBytes / frame.length) * 0.95)
    count = Math.max((best?.count ?? 0) + 1, Math.min(tooMany - 1, next))
  }
}
