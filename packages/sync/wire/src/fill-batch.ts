/**
 * The next batch from the front of the outbox: as many submissions of one form version as fit
 * into a frame of a given size, closed by bytes and never by rows, and at least one.
 */
import { err, fault, ok, type FaultOf, type Result } from '@murram/ground'
import type { Submission } from '@murram/fold'
import { MAX_FRAME_BYTES } from './frame.ts'
import { toPushBatch } from './push-columns.ts'
import type { PushHead } from './push-head.ts'
import { encodeUp } from './up.ts'

export interface FilledBatch {
  readonly frame: Uint8Array
  readonly firstN: number
  readonly lastN: number
  readonly sizeBytes: number
  /** What one submission took: the next call's `expectBytesEach`. */
  readonly bytesEach: number
}

const MAX_SUBMISSIONS = 1_000

/**
 * @param waiting Consecutive submissions, oldest first, more than will fit.
 * @param options.maxBytes Of the frame, compressed.
 * @param options.headOf Signs the chain head over the submissions of the batch.
 * @returns `wire.frame-too-large` where one submission alone is larger than any frame may be.
 */
export function fillBatch(
  waiting: readonly [Submission, ...Submission[]],
  {
    maxBytes,
    headOf,
    expectBytesEach = 300,
  }: {
    readonly maxBytes: number
    readonly headOf: (batch: readonly Submission[]) => PushHead
    readonly expectBytesEach?: number
  },
): Result<FilledBatch, FaultOf<'wire.frame-too-large'>> {
  const [first] = waiting
  const otherForm = waiting.findIndex(({ formId, version }) => formId !== first.formId || version !== first.version)
  const available = Math.min(otherForm === -1 ? waiting.length : otherForm, MAX_SUBMISSIONS)
  let count = Math.max(1, Math.min(available, Math.floor(maxBytes / expectBytesEach)))
  for (;;) {
    const batch = waiting.slice(0, count)
    const frame = encodeUp(toPushBatch(batch, headOf(batch)))
    const sizeBytes = frame.length
    if (sizeBytes <= maxBytes || count === 1) {
      if (sizeBytes > MAX_FRAME_BYTES)
        return err(fault('wire.frame-too-large', `submission ${first.n}: ${sizeBytes} bytes`))
      return ok({ frame, firstN: first.n, lastN: first.n + count - 1, sizeBytes, bytesEach: sizeBytes / count })
    }
    // Somewhat less than in proportion: a smaller batch compresses a little worse.
    count = Math.max(1, Math.min(count - 1, Math.floor(count * (maxBytes / sizeBytes) * 0.95)))
  }
}
