/**
 * What a session asks of the place where files are stored: PostgreSQL (`upload-repo.ts`), or maps in
 * memory where thousands of days of bad weather are simulated (tests/weather).
 */
import type { DeviceId, Sha256 } from '@murram/ground'
import type { UploadPurpose } from '@murram/wire'

export interface UploadKey {
  readonly deviceId: DeviceId
  readonly sha256: Sha256
}

export interface UploadBegin extends UploadKey {
  readonly sizeBytes: number
  readonly purpose: UploadPurpose
}

export interface UploadStore {
  /** Whether a submission of this device names the file, with this size. */
  readonly isNamedBy: (
    deviceId: DeviceId,
    file: { readonly sha256: Sha256; readonly sizeBytes: number },
  ) => Promise<boolean>
  readonly isStored: (sha256: Sha256) => Promise<boolean>
  /** What is unfinished of this device, beside the one file. */
  readonly unfinishedBeside: (key: UploadKey) => Promise<{ readonly files: number; readonly bytes: number }>
  readonly bytesArrivedSince: (deviceId: DeviceId, sinceMs: number) => Promise<number>
  /** @returns How much of it is here. */
  readonly begin: (begin: UploadBegin, nowMs: number) => Promise<number>
  /** @returns How much is here now; `null`: it is not where the file ends, or the file is not under way. */
  readonly append: (
    key: UploadKey,
    piece: { readonly offset: number; readonly bytes: Uint8Array },
    nowMs: number,
  ) => Promise<number | null>
  /** @returns Whether the file is stored; where it is not, the upload begins anew. */
  readonly finish: (key: UploadKey, nowMs: number) => Promise<boolean>
}
