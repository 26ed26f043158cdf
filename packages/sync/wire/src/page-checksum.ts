/**
 * A page's checksum: how many rows, and the sum of 64 bits of each row's hash. It guards against
 * a page that was cut, spliced or wrongly stored; against forgery there is TLS.
 */
import { canonicalBytes, sha256 } from '@murram/seal'
import type { FeedRow } from './feed-row.ts'

export function pageChecksum(rows: readonly FeedRow[]): string {
  const sum = rows.reduce((total, row) => BigInt.asUintN(64, total + rowHash(row)), 0n)
  return `${rows.length}-${sum.toString(16).padStart(16, '0')}`
}

const rowHash = ({ number, kind, key, body }: FeedRow): bigint =>
  BigInt(`0x${sha256(canonicalBytes([number, kind, key, body ?? null])).slice(0, 16)}`)
