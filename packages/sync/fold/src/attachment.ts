/**
 * A file that an answer names: a photo, a recording, a signature. The submission says what it
 * is; its bytes travel by themselves, later and in pieces, and are known by their hash.
 *
 * A1 the digest of a submission covers its attachments, and one without any has the digest
 *    that it had before there were attachments
 */
import type { Sha256 } from '@murram/ground'

export interface Attachment {
  /** The answer that names it, as ODK writes it: `1732200000000.jpg`. Unique in its submission. */
  readonly name: string
  readonly sha256: Sha256
  readonly sizeBytes: number
  readonly mediaType: string
}
