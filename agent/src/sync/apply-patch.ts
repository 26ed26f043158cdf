/** The way back from a patch to the file that it stands for (collector/patches has the way there). */
import { promisify } from 'node:util'
import { constants, zstdDecompress } from 'node:zlib'
import type { Sha256 } from '@murram/ground'
import { sha256 } from '@murram/seal'

const decompress = promisify(zstdDecompress)
/** Of the window that a patch may ask for: 128 MB, as far as zstd goes without being told. */
const MOST_WINDOW_LOG = 27

/** @returns `null` where it does not make the file that was wanted. */
export async function applyPatch(
  older: Uint8Array,
  patch: Uint8Array,
  wanted: { readonly hash: Sha256; readonly sizeBytes: number },
): Promise<Uint8Array | null> {
  const options = {
    dictionary: older,
    maxOutputLength: Math.max(1, wanted.sizeBytes),
    params: { [constants.ZSTD_d_windowLogMax]: MOST_WINDOW_LOG },
  }
  try {
    const made = new Uint8Array(await decompress(patch, options))
    return made.length === wanted.sizeBytes && sha256(made) === wanted.hash ? made : null
  } catch {
    return null // Damaged, or made of another file: the whole is fetched.
  }
}
