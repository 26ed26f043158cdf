/**
 * What this laptop carries for others, as files beside the store: sealed, so it cannot read
 * them; signed, so it knows whose they are.
 *
 *     carried/out/<sha256>.murram           on the way to the centre
 *     carried/back/<device>/<sha256>.murram the centre's answers, until the device has fetched them
 *     carried/copies/<device>/…             sealed copies that a colleague keeps here
 *
 * CA1 a file is taken only whole, with a head signed by an enrolled device of this project
 * CA2 one file and all together have a limit: nobody fills this disk
 * CA3 under its hash a file is once, however often it is handed over
 */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { err, fault, type DeviceId, type Fault, type Result } from '@murram/ground'
import { verifyDocument } from '@murram/seal'
import { BUNDLE_PURPOSE, readHeader, type BundleHeader } from '@murram/wire'
import { writeStreamAtomic } from '../bundle/bundle-file.ts'
import { verifyCertificate, type EnrolmentFile } from '../enrolment/enrolment-file.ts'
import { isMissing } from '../store/atomic-file.ts'

export interface CarriedFile {
  readonly path: string
  readonly name: string
  readonly sizeBytes: number
}

export interface CarriedFiles {
  readonly take: (source: AsyncIterable<Uint8Array>) => Promise<Result<BundleHeader, Fault>>
  readonly waiting: () => Promise<readonly CarriedFile[]>
  readonly keepAnswer: (deviceId: DeviceId, bytes: AsyncIterable<Uint8Array>) => Promise<Result<number, Fault>>
  readonly answersFor: (deviceId: string) => Promise<readonly CarriedFile[]>
  readonly drop: (file: CarriedFile) => Promise<void>
}

export interface Limits {
  readonly fileBytes: number
  readonly totalBytes: number
}

const LIMITS: Limits = { fileBytes: 512_000_000, totalBytes: 4_000_000_000 }
const COPIES_KEPT = 3

export function openCarriedFiles(dataDir: string, enrolment: EnrolmentFile, limits: Limits = LIMITS): CarriedFiles {
  const folder = join(dataDir, 'carried')
  const out = join(folder, 'out')

  const take: CarriedFiles['take'] = async source => {
    const free = limits.totalBytes - (await sizeOf(folder))
    if (free <= 0) return err(fault('carry.full', `${limits.totalBytes} bytes`))
    // Written beside first: whose it is stands in its head, and whether it is whole only at its end.
    const incoming = join(folder, 'incoming')
    await mkdir(incoming, { recursive: true })
    const beside = join(incoming, `${Date.now()}-${Math.trunc(performance.now() * 1000)}.murram`)
    const counted = bounded(source, Math.min(limits.fileBytes, free))
    try {
      const written = await writeStreamAtomic(beside, counted.bytes)
      if (!written.ok) return written
      if (counted.isOver()) return err(fault('carry.full', 'the file is too large to be carried'))
      const header = await verified(beside, enrolment)
      if (!header.ok) return header
      const place =
        header.value.kind === 'copy'
          ? join(folder, 'copies', header.value.deviceId, `${Math.trunc(header.value.createdAtMs)}.murram`)
          : join(out, `${counted.sha256()}.murram`)
      const moved = await writeStreamAtomic(place, createReadStream(beside)) // CA3
      if (!moved.ok) return moved
      if (header.value.kind === 'copy') await dropOldCopies(join(folder, 'copies', header.value.deviceId))
      return header
    } finally {
      await rm(beside, { force: true })
    }
  }

  return {
    take,
    waiting: () => filesIn(out),
    keepAnswer: async (deviceId, bytes) => {
      const place = join(folder, 'back', deviceId, `${Date.now()}.murram`)
      return writeStreamAtomic(place, bytes)
    },
    answersFor: async deviceId => (/^[0-9a-f]{32}$/.test(deviceId) ? filesIn(join(folder, 'back', deviceId)) : []),
    drop: file => rm(file.path, { force: true }),
  }
}

/** CA1 */
async function verified(path: string, enrolment: EnrolmentFile): Promise<Result<BundleHeader, Fault>> {
  const source = createReadStream(path)
  try {
    const header = await readHeader(source)
    if (!header.ok) return header
    const { body } = header.value.signed
    if (body.projectId !== enrolment.certificate.body.projectId)
      return err(fault('carry.wrong-project', body.projectId))
    if (body.kind === 'down' || body.certificate === null)
      return err(fault('carry.wrong-device', 'only what a laptop exported is carried'))
    const certificate = verifyCertificate(enrolment.rootPublicKey, body.certificate)
    if (!certificate.ok) return certificate
    if (certificate.value.deviceId !== body.deviceId) return err(fault('sync.bad-signature', 'another device'))
    return verifyDocument(certificate.value.publicKey, BUNDLE_PURPOSE, header.value.signed)
  } finally {
    source.destroy()
  }
}

function bounded(source: AsyncIterable<Uint8Array>, mostBytes: number) {
  const hash = createHash('sha256')
  let sizeBytes = 0
  async function* bytes(): AsyncGenerator<Uint8Array> {
    for await (const piece of source) {
      sizeBytes += piece.length
      if (sizeBytes > mostBytes) return
      hash.update(piece)
      yield piece
    }
  }
  return { bytes: bytes(), isOver: () => sizeBytes > mostBytes, sha256: () => hash.digest('hex') }
}

async function dropOldCopies(folder: string): Promise<void> {
  const files = (await filesIn(folder)).toSorted((a, b) => a.name.localeCompare(b.name))
  for (const { path } of files.slice(0, -COPIES_KEPT)) await rm(path, { force: true })
}

async function filesIn(folder: string): Promise<readonly CarriedFile[]> {
  try {
    const names = (await readdir(folder)).filter(name => /^[0-9a-f]+\.murram$/.test(name))
    return await Promise.all(
      names
        .toSorted()
        .map(async name => ({ name, path: join(folder, name), sizeBytes: (await stat(join(folder, name))).size })),
    )
  } catch (error) {
    if (isMissing(error)) return []
    throw error
  }
}

async function sizeOf(folder: string): Promise<number> {
  try {
    let sum = 0
    for (const entry of await readdir(folder, { withFileTypes: true, recursive: true }))
      if (entry.isFile()) sum += (await stat(join(entry.parentPath, entry.name))).size
    return sum
  } catch (error) {
    if (isMissing(error)) return 0
    throw error
  }
}
