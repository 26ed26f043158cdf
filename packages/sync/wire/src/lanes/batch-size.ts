/**
 * How much to put into one frame on a line that nobody knows. What was cut without any answer
 * was too much; four clean answers in a row mean that more is possible. Where answers come at
 * once nothing waits behind a frame, and larger ones cost both sides less.
 */
export interface BatchSize {
  readonly bytes: () => number
  /**
   * @param tookMs From the sending to the answer; absent: nobody looked.
   * @param bytesThen On their way when it had been sent, itself among them.
   */
  readonly onClean: (tookMs?: number, bytesThen?: number) => void
  /** @param sentBytes The largest that was under way, which may be less than `bytes()`. */
  readonly onLost: (sentBytes: number) => void
}

export interface BatchLimits {
  readonly minBytes: number
  readonly startBytes: number
  readonly maxBytes: number
  /** The most on a line that answers at once; absent: as any other. */
  readonly swiftMaxBytes?: number
}

const CLEAN_TO_GROW = 4
/** A frame that is answered so soon would hold up a photo or a page by less than a person notices. */
const SWIFT_MS = 250
/** Nothing is lost if the next one is too large for such a line, and a queue is soon sent. */
const SWIFT_GROWTH = 4

export function createBatchSize({ minBytes, startBytes, maxBytes, swiftMaxBytes = maxBytes }: BatchLimits): BatchSize {
  let sizeBytes = startBytes
  let cleanInARow = 0
  return {
    bytes: () => sizeBytes,
    onClean: (tookMs, bytesThen = 0) => {
      // It may have waited behind others, which the line carried in the same time.
      const wouldTakeMs = tookMs === undefined || bytesThen === 0 ? Infinity : (tookMs * swiftMaxBytes) / bytesThen
      const isSwift = tookMs !== undefined && Math.min(tookMs, wouldTakeMs) < SWIFT_MS
      const mostBytes = isSwift ? swiftMaxBytes : maxBytes
      cleanInARow += 1
      if (cleanInARow >= CLEAN_TO_GROW || isSwift) {
        cleanInARow = 0
        sizeBytes *= isSwift ? SWIFT_GROWTH : 2
      }
      sizeBytes = Math.min(mostBytes, sizeBytes)
    },
    onLost: sentBytes => {
      cleanInARow = 0
      sizeBytes = Math.max(minBytes, Math.floor(Math.min(sizeBytes, sentBytes) / 2))
    },
  }
}
