/**
 * Files at the fake database: who awaits them, the pieces of those that are on their way, and those
 * that are whole. As the collector's `upload-repo.ts` and `attachment-repo.ts` have it.
 */
import type { UploadStore } from '@murram/collector/weather'
import type { Submission } from '@murram/fold'
import type { DeviceId, Sha256 } from '@murram/ground'
import { sha256 } from '@murram/seal'
import type { BrokenRule } from './broken-rules.ts'
import type { FakeState } from './fake-state.ts'

export interface FakeFiles extends UploadStore {
  readonly onStored: (sha256: Sha256) => Promise<void>
}

export interface FakeFilesDeps {
  readonly state: () => FakeState
  /** A transaction: nobody writes beside it. */
  readonly alone: <T>(work: () => Promise<T>) => Promise<T>
  readonly now: () => number
  readonly broken: BrokenRule | null
}

const uploadKey = (deviceId: DeviceId, hash: Sha256): string => `${deviceId} ${hash}`

/** With the inbox row that names them. What is here already has arrived. */
export function noteFiles(state: FakeState, submission: Submission, arrivalMs: number): void {
  const { storeId, n, instanceId, deviceId, attachments } = submission
  for (const attachment of attachments) {
    const isHere = state.files.get(attachment.sha256)?.length === attachment.sizeBytes
    const key = `${storeId} ${n} ${attachment.name}`
    if (!state.named.has(key))
      state.named.set(key, { ...attachment, instanceId, deviceId, arrivedAtMs: isHere ? arrivalMs : null })
  }
}

export function createFakeFiles({ state, alone, now, broken }: FakeFilesDeps): FakeFiles {
  let pieces = 0
  return {
    isNamedBy: async (deviceId, file) =>
      [...state().named.values()].some(
        one => one.deviceId === deviceId && one.sha256 === file.sha256 && one.sizeBytes === file.sizeBytes,
      ),
    isStored: async hash => state().files.has(hash),
    unfinishedBeside: async ({ deviceId, sha256: hash }) => {
      const beside = [...state().uploads].filter(
        ([key]) => key.startsWith(deviceId) && key !== uploadKey(deviceId, hash),
      )
      return { files: beside.length, bytes: beside.reduce((sum, [, { sizeBytes }]) => sum + sizeBytes, 0) }
    },
    bytesArrivedSince: async (deviceId, sinceMs) =>
      [...state().named.values()].reduce(
        (sum, one) =>
          one.deviceId === deviceId && (one.arrivedAtMs ?? Number.NEGATIVE_INFINITY) > sinceMs
            ? sum + one.sizeBytes
            : sum,
        0,
      ),
    begin: ({ deviceId, sha256: hash, sizeBytes }) =>
      alone(async () => {
        const key = uploadKey(deviceId, hash)
        const known = state().uploads.get(key)
        if (known?.sizeBytes === sizeBytes) return known.haveBytes
        state().uploads.set(key, { sizeBytes, haveBytes: 0, pieces: [] })
        return 0
      }),
    append: ({ deviceId, sha256: hash }, { offset, bytes }) =>
      alone(async () => {
        const key = uploadKey(deviceId, hash)
        const upload = state().uploads.get(key)
        const end = offset + bytes.length
        if (upload === undefined || upload.haveBytes !== offset || end > upload.sizeBytes) return null
        pieces += 1
        const kept = broken === 'loses a piece of a file' && pieces % 5 === 0 ? new Uint8Array(bytes.length) : bytes
        state().uploads.set(key, { ...upload, haveBytes: end, pieces: [...upload.pieces, kept] })
        return end
      }),
    finish: ({ deviceId, sha256: hash }) =>
      alone(async () => {
        const { uploads, files } = state()
        const key = uploadKey(deviceId, hash)
        const upload = uploads.get(key)
        if (upload === undefined || upload.haveBytes !== upload.sizeBytes) return files.has(hash)
        const whole = new Uint8Array(Buffer.concat(upload.pieces))
        if (sha256(whole) === hash || broken === 'loses a piece of a file') {
          if (!files.has(hash)) files.set(hash, whole)
          uploads.delete(key)
          return true
        }
        uploads.set(key, { ...upload, haveBytes: 0, pieces: [] })
        return files.has(hash)
      }),
    onStored: hash =>
      alone(async () => {
        const { named, files } = state()
        for (const [key, one] of named)
          if (one.sha256 === hash && one.arrivedAtMs === null && files.get(hash)?.length === one.sizeBytes)
            named.set(key, { ...one, arrivedAtMs: now() })
      }),
  }
}
