/**
 * What makes a newer file of an older one: zstd with the older one as its dictionary. Made when
 * it is asked for the first time, and remembered, also that it was not worth it.
 *
 * D1 a patch is given only where it is shorter than `WORTH` of what the whole file costs on the
 *    wire, where each piece is deflated
 * D2 what it makes has the hash that was wanted: it is unpacked once before it is given
 * D3 one patch is made at a time, and none of files beyond `MAX_FILE_BYTES`: both are in memory
 *
 * Not here: whether a device can read one (it says so by naming what it has), and the way back
 * to the whole file (agent/sync).
 */
import { promisify } from 'node:util'
import { constants, deflateRaw, zstdCompress, zstdDecompress } from 'node:zlib'
import type { Sha256 } from '@murram/ground'
import { sha256 } from '@murram/seal'
import { and, eq } from 'drizzle-orm'
import { getBlob, putBlob } from '../blobs/blobs.ts'
import type { ReadDb, WriteDb } from '../db/handles.ts'
import { patches } from './tables.ts'

export interface PatchesDeps {
  readonly read: ReadDb
  readonly write: WriteDb
  readonly now: () => number
}

export type FindPatch = (
  wanted: Sha256,
  base: Sha256,
) => Promise<{ readonly sha256: Sha256; readonly sizeBytes: number } | undefined>

const WORTH = 0.7
const MAX_FILE_BYTES = 32_000_000

export function createPatches(deps: PatchesDeps): FindPatch {
  let turn: Promise<unknown> = Promise.resolve()
  return async (wanted, base) => {
    if (wanted === base) return undefined
    const known = await findKnown(deps.read, wanted, base)
    if (known !== undefined) return known ?? undefined
    const mine = turn.then(async () => (await findKnown(deps.read, wanted, base)) ?? make(deps, wanted, base))
    turn = mine.catch(() => {})
    return (await mine) ?? undefined
  }
}

type Found = { readonly sha256: Sha256; readonly sizeBytes: number } | null

async function findKnown(read: ReadDb, wanted: Sha256, base: Sha256): Promise<Found | undefined> {
  const [row] = await read
    .select()
    .from(patches)
    .where(and(eq(patches.wanted, wanted), eq(patches.base, base)))
  if (row === undefined) return undefined
  return row.patchSha256 === null || row.sizeBytes === null
    ? null
    : { sha256: row.patchSha256 as Sha256, sizeBytes: row.sizeBytes }
}

async function make({ read, write, now }: PatchesDeps, wanted: Sha256, base: Sha256): Promise<Found> {
  const whole = await getBlob(read, wanted)
  const older = await getBlob(read, base)
  // What is not here now may be here later: nothing is remembered.
  if (whole === undefined || older === undefined) return null
  const patch = Math.max(whole.length, older.length) > MAX_FILE_BYTES ? null : await patchOf(older, whole)
  const stored = patch === null ? null : await putBlob(write, patch, now())
  await write
    .insert(patches)
    .values({
      wanted,
      base,
      patchSha256: stored?.sha256 ?? null,
      sizeBytes: stored?.sizeBytes ?? null,
      madeAtMs: now(),
    })
    .onConflictDoNothing()
  return stored
}

const compress = promisify(zstdCompress)
const deflate = promisify(deflateRaw)
const decompress = promisify(zstdDecompress)

/** `null` where it is not worth it. */
async function patchOf(older: Uint8Array, whole: Uint8Array): Promise<Uint8Array | null> {
  const windowLog = Math.max(10, Math.ceil(Math.log2(older.length + whole.length + 1)))
  const params = {
    [constants.ZSTD_c_compressionLevel]: 12,
    [constants.ZSTD_c_windowLog]: windowLog,
    // Finds what moved far, as a line does that was put before fifty thousand others.
    [constants.ZSTD_c_enableLongDistanceMatching]: 1,
  }
  const patch = await compress(whole, { dictionary: older, params })
  if (patch.length >= WORTH * (await deflate(whole)).length) return null
  const made = await decompress(patch, { dictionary: older, maxOutputLength: whole.length })
  return sha256(new Uint8Array(made)) === sha256(whole) ? new Uint8Array(patch) : null
}
