/**
 * How many records a key may have scored: so many a second, ten seconds' worth at once.
 *
 * A request is let in while the key owes nothing, however large it is, and what it costs beyond
 * the burst is owed: a batch is never cut, and the next one waits for it. Each collector counts
 * for itself.
 */
export interface RecordAllowance {
  /** @returns How long the key must wait; 0: it was let in, and has paid. */
  readonly take: (key: { readonly keyId: string; readonly recordsPerSecond: number }, records: number) => number
}

const BURST_SECONDS = 10

export function createRecordAllowance(now: () => number): RecordAllowance {
  const buckets = new Map<string, { readonly left: number; readonly atMs: number }>()
  return {
    take: ({ keyId, recordsPerSecond }, records) => {
      const atMs = now()
      const full = recordsPerSecond * BURST_SECONDS
      const before = buckets.get(keyId) ?? { left: full, atMs }
      // A clock that was put back gives nothing and takes nothing.
      const seconds = Math.max(0, atMs - before.atMs) / 1_000
      const left = Math.min(full, before.left + seconds * recordsPerSecond)
      const isIn = left >= 1
      buckets.set(keyId, { left: isIn ? left - records : left, atMs })
      return isIn ? 0 : Math.ceil(((1 - left) / recordsPerSecond) * 1_000)
    },
  }
}
