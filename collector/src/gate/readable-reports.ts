/**
 * What a device reports, as a database can keep it and read it again: a report is taken whole or not at all, and
 * one that is stored and cannot be read would hide what all the others say.
 *
 * A text holds neither U+0000 nor half a character; a time is a whole millisecond that a calendar knows; nobody
 * has more interviews than fit into 32 bits.
 */
import type { DeviceReport } from '@murram/wire'

const LATEST_MS = 8_640_000_000_000_000
const MOST_ROWS = 2 ** 31 - 1

export const readableReports = (reports: readonly DeviceReport[]): readonly DeviceReport[] =>
  reports.map(report => {
    const read = readable(report) as DeviceReport
    if (read.kind === 'sketch')
      return { ...read, rows: Math.min(read.rows, MOST_ROWS), unscored: Math.min(read.unscored, MOST_ROWS) }
    const atMs = Math.min(Math.floor(read.atMs), LATEST_MS)
    return read.kind === 'status' ? { ...read, queued: Math.min(read.queued, MOST_ROWS), atMs } : { ...read, atMs }
  })

function readable(value: unknown): unknown {
  if (typeof value === 'string') return textOf(value)
  if (Array.isArray(value)) return value.map(readable)
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [textOf(name), readable(one)]))
}

const textOf = (text: string): string => text.replaceAll('\0', '').toWellFormed()
