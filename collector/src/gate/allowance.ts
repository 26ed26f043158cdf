/**
 * How much one device may send, over all its sessions: a bucket of frames and one of bytes. A whole
 * team's backlog passes; a device that floods is read from no faster than this, and loses nothing.
 *
 * AL1 what is within the burst waits for nothing; beyond it, as long as the rate says
 * AL2 what a device owes it owes in its next session as well
 */
export interface Allowance {
  /** @returns How long nothing more is to be read from the device. */
  readonly take: (deviceId: string, sizeBytes: number) => number
}

export interface AllowanceLimits {
  readonly framesPerSecond: number
  readonly bytesPerSecond: number
  /** How many seconds' worth may come at once. */
  readonly burstSeconds: number
}

/** Measured: a collector on two cores folds some 10,000 submissions a second, in less than 2 MB of frames. */
const GENEROUS: AllowanceLimits = { framesPerSecond: 2_000, bytesPerSecond: 20_000_000, burstSeconds: 3 }
/** Devices that are remembered; those that owe nothing are forgotten first. */
const MOST_DEVICES = 10_000

interface Bucket {
  frames: number
  bytes: number
  atMs: number
}

export function createAllowance(now: () => number, limits: Partial<AllowanceLimits> = {}): Allowance {
  const { framesPerSecond, bytesPerSecond, burstSeconds } = { ...GENEROUS, ...limits }
  const full = { frames: framesPerSecond * burstSeconds, bytes: bytesPerSecond * burstSeconds }
  const buckets = new Map<string, Bucket>()

  const refilled = (bucket: Bucket, atMs: number): Bucket => {
    // A clock that was put back gives nothing and takes nothing.
    const seconds = Math.max(0, atMs - bucket.atMs) / 1000
    return {
      frames: Math.min(full.frames, bucket.frames + seconds * framesPerSecond),
      bytes: Math.min(full.bytes, bucket.bytes + seconds * bytesPerSecond),
      atMs,
    }
  }
  const forget = (atMs: number): void => {
    for (const [deviceId, bucket] of buckets) if (refilled(bucket, atMs).bytes >= full.bytes) buckets.delete(deviceId)
  }
  return {
    take: (deviceId, sizeBytes) => {
      const atMs = now()
      if (buckets.size >= MOST_DEVICES && !buckets.has(deviceId)) forget(atMs)
      const bucket = refilled(buckets.get(deviceId) ?? { ...full, atMs }, atMs)
      bucket.frames -= 1
      bucket.bytes -= sizeBytes
      buckets.set(deviceId, bucket)
      const owedSeconds = Math.max(0, -bucket.frames / framesPerSecond, -bucket.bytes / bytesPerSecond)
      return Math.ceil(owedSeconds * 1000)
    },
  }
}
