/**
 * How much of a file to have on its way, by what the link carries. The answers to pieces show
 * the rate and the way; what is on its way beyond these lies in a buffer, is lost with a cut
 * and delays whatever is more urgent.
 *
 * UP1 a piece is half a second of the link, 1 to 16 kB
 * UP2 on its way is what the link carries in one turn, and a little more to find out whether it
 *     carries more
 * UP3 a link that carries more than before is followed within some ten pieces, one that carries
 *     less at once; a new link is taken for a slow one, whatever the last one was
 *
 * Why not the reading window of a download (`send/reading-window.ts`): a download loses nothing
 * by asking ahead, for what was not sent yet costs nothing.
 */
export interface UploadPace {
  readonly pieceBytes: () => number
  readonly windowBytes: () => number
  readonly onSent: (sizeBytes: number, atMs: number) => SentPiece
  readonly onArrived: (piece: SentPiece, atMs: number) => void
  /** What was learnt is kept, with less trust where nothing arrived. */
  readonly onLinkUp: () => void
}

export interface SentPiece {
  readonly sizeBytes: number
  readonly sentAtMs: number
  /** What had arrived when it was sent, and when. */
  readonly arrivedBefore: number
  readonly arrivedBeforeAtMs: number
}

const MIN_PIECE_BYTES = 1_000
const MAX_PIECE_BYTES = 16_000
const MAX_WINDOW_BYTES = 512_000
const PIECE_S = 0.5
const START_BYTES_PER_S = 2_000
/** Of a new link nobody believes more than this until it has answered a few times. */
const [BELIEVED_BYTES_PER_S, BELIEVED_FOR] = [6_000, 3]
/** Of waiting in a line that was not there before. */
const LATE_MS = 1_500
const SAMPLES = 10
const GROWS_BY = 1.1
const [STEADY, GROWING] = [1.1, 1.6]

export function createUploadPace(): UploadPace {
  let bytesPerS = START_BYTES_PER_S
  let believedBytesPerS = 0
  let samples: readonly number[] = []
  /** The quickest piece of this link: the way, and the time its own bytes took. */
  let quickest: { readonly tookMs: number; readonly sizeBytes: number } | null = null
  let isGrowing = true
  let arrivedBytes = 0
  let arrivedAtMs = 0
  let onTheWay = 0
  let arrivals = 0

  const pieceBytes = (): number => Math.max(MIN_PIECE_BYTES, Math.min(MAX_PIECE_BYTES, Math.floor(bytesPerS * PIECE_S)))

  return {
    pieceBytes,
    windowBytes: () => {
      const { tookMs, sizeBytes } = quickest ?? { tookMs: 0, sizeBytes: 0 }
      const ofTheWay = Math.max(0, (bytesPerS * tookMs) / 1_000 - sizeBytes)
      const carried = (ofTheWay + pieceBytes()) * (isGrowing ? GROWING : STEADY)
      return Math.floor(Math.max(2 * pieceBytes(), Math.min(MAX_WINDOW_BYTES, carried)))
    },
    onSent: (sizeBytes, sentAtMs) => {
      // An idle line tells nothing of its rate: the clock begins with this piece.
      if (onTheWay === 0) arrivedAtMs = sentAtMs
      onTheWay += sizeBytes
      return { sizeBytes, sentAtMs, arrivedBefore: arrivedBytes, arrivedBeforeAtMs: arrivedAtMs }
    },
    onArrived: ({ sizeBytes, sentAtMs, arrivedBefore, arrivedBeforeAtMs }, atMs) => {
      onTheWay = Math.max(0, onTheWay - sizeBytes)
      arrivals += 1
      arrivedBytes += sizeBytes
      arrivedAtMs = atMs
      const tookMs = Math.max(1, atMs - sentAtMs)
      if (quickest === null || tookMs < quickest.tookMs) quickest = { tookMs, sizeBytes }
      const sample = ((arrivedBytes - arrivedBefore) / Math.max(1, atMs - arrivedBeforeAtMs)) * 1_000
      const before = samples[0] ?? sample
      const isLate = tookMs > quickest.tookMs * 2 + LATE_MS
      samples = isLate ? [sample] : [...samples.slice(1 - SAMPLES), sample]
      bytesPerS = Math.max(...samples, arrivals <= BELIEVED_FOR ? believedBytesPerS : 0)
      isGrowing = samples.length < SAMPLES || bytesPerS > before * GROWS_BY
    },
    onLinkUp: () => {
      bytesPerS = Math.min(BELIEVED_BYTES_PER_S, arrivals === 0 ? bytesPerS / 2 : bytesPerS)
      bytesPerS = Math.max(START_BYTES_PER_S / 2, bytesPerS)
      believedBytesPerS = bytesPerS
      samples = []
      arrivals = 0
      onTheWay = 0
      quickest = null
    },
  }
}
