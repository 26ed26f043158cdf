/**
 * How much of a file to ask for ahead, by how long the pieces take. The reader decides, because
 * it alone sees the whole way: what a server has written may lie for minutes in buffers between.
 *
 *   a piece came soon      twice as much in the next turn
 *   it waited in a line    less, so that a page, an ack or a `pong` behind it comes within a second
 *
 * R1 pieces are 1 to 16 kB        R2 at 4 kB/s no more than about a second is asked ahead
 * R3 on a fast link the window grows until the link is full, however long its way is
 */
export interface ReadingWindow {
  readonly chunkBytes: () => number
  readonly windowBytes: () => number
  /** @param tookMs From asking to having. */
  readonly onArrival: (sizeBytes: number, tookMs: number) => void
  /** A new link: what was learnt may not hold; a link without any arrival was asked too much. */
  readonly onLinkUp: () => void
}

const START_BYTES = 2_000
const LEAST_BYTES = 2_000
const MOST_BYTES = 512_000
const MIN_CHUNK_BYTES = 1_000
const MAX_CHUNK_BYTES = 16_000
/** Of waiting in a line, on top of the way itself. */
const SHORT_MS = 300
const LONG_MS = 450

export function createReadingWindow(): ReadingWindow {
  let windowBytes = START_BYTES
  let fewestMs = Infinity
  let arrivals = 0
  /** Bytes that still arrive as they were asked before the window shrank: they tell nothing new. */
  let askedBefore = 0
  return {
    chunkBytes: () => Math.min(MAX_CHUNK_BYTES, Math.max(MIN_CHUNK_BYTES, Math.floor(windowBytes / 4))),
    windowBytes: () => windowBytes,
    onArrival: (sizeBytes, tookMs) => {
      arrivals += 1
      fewestMs = Math.min(fewestMs, tookMs)
      const waitedMs = tookMs - fewestMs
      if (askedBefore > 0) askedBefore -= sizeBytes
      else if (waitedMs > LONG_MS) {
        askedBefore = windowBytes
        windowBytes = Math.max(LEAST_BYTES, Math.floor(windowBytes * 0.8))
      } else if (waitedMs < SHORT_MS) {
        const more = waitedMs < SHORT_MS / 3 ? sizeBytes : sizeBytes / 4
        windowBytes = Math.min(MOST_BYTES, Math.floor(windowBytes + more))
      }
    },
    onLinkUp: () => {
      if (arrivals === 0) windowBytes = Math.max(LEAST_BYTES, Math.floor(windowBytes / 2))
      arrivals = 0
      askedBefore = 0
      fewestMs = Infinity
    },
  }
}
