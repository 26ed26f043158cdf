/**
 * How much to put into one frame on a line that nobody knows. What was cut without any answer
 * was too much; four clean answers in a row mean that more is possible.
 */
export interface BatchSize {
  readonly bytes: () => number
  readonly onClean: () => void
  readonly onLost: () => void
}

export interface BatchLimits {
  readonly minBytes: number
  readonly startBytes: number
  readonly maxBytes: number
}

const CLEAN_TO_GROW = 4

export function createBatchSize({ minBytes, startBytes, maxBytes }: BatchLimits): BatchSize {
  let sizeBytes = startBytes
  let cleanInARow = 0
  return {
    bytes: () => sizeBytes,
    onClean: () => {
      cleanInARow += 1
      if (cleanInARow < CLEAN_TO_GROW) return
      cleanInARow = 0
      sizeBytes = Math.min(maxBytes, sizeBytes * 2)
    },
    onLost: () => {
      cleanInARow = 0
      sizeBytes = Math.max(minBytes, Math.floor(sizeBytes / 2))
    },
  }
}
