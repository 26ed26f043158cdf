/** When a snapshot is worth making, and for whom it is worth reading: decisions without I/O. */
import type { Checkpoint } from '@murram/ground'

/** A snapshot that is ready. */
interface Ready {
  readonly number: number
  readonly rows: number
}

/** A tail longer than this part of the snapshot is worth a new one. */
const LONG_TAIL = 0.25
/** A device that has more than this part to read is better off with the snapshot. */
const FAR_BEHIND = 0.5

/** @param minRows Below this a few pages do as well. */
export const isTailLong = (newest: Ready, feedNumber: number, minRows: number): boolean =>
  feedNumber - newest.number > LONG_TAIL * newest.rows + minRows

/** The device begins, comes from another life of the feed, or is far behind. */
export const isWorthReading = (found: Ready, checkpoint: Checkpoint, epoch: number, minRows: number): boolean =>
  checkpoint.epoch !== epoch ||
  checkpoint.number === 0 ||
  found.number - checkpoint.number > minRows + FAR_BEHIND * found.rows
