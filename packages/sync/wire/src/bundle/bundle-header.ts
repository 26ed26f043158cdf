/**
 * The head of a work bundle: who wrote it, for whom, and what is in it. Anybody may read it
 * (a supervisor who carries it sees whose work it is and how much); nobody may change it.
 *
 *     "MURRAM" · version (2 bytes) · length (4 bytes) · signed JSON · sealed chunks
 *
 * BH1 a file that is no bundle, a newer one, and one whose head was changed are told apart
 * BH2 a head costs a bounded amount of memory, whatever stands in its length
 *
 *   up     a device → the collector, sealed to the project's box key, signed by the device
 *   down   the collector → one device, sealed to that device, signed by the project's root
 *   copy   drafts and unsent work of a device, for that officer or the central team to open
 *
 * The chunks are authenticated under the file key together with the head's hash, so the one
 * signature on the head covers them: who holds the key is the writer or whom it is sealed for.
 */
import {
  CheckpointSchema,
  DeviceIdSchema,
  err,
  fault,
  ok,
  ProjectIdSchema,
  StoreIdSchema,
  type FaultOf,
  type Result,
} from '@murram/ground'
import { sha256, signDocument, type Signed, type SigningKey } from '@murram/seal'
import { z } from 'zod'
import { SignedDeviceCertificateSchema } from '../device-certificate.ts'
import { AtMs, Counter, KeyId, QueueNumber, signedSchema } from '../vocabulary.ts'

export const BUNDLE_PURPOSE = 'work-bundle'
const MAGIC = Buffer.from('MURRAM')
const VERSION = 1
const PREAMBLE_BYTES = MAGIC.length + 2 + 4
/** Certificate, contents and wrapped keys have some 3 kB. */
const MAX_HEAD_BYTES = 262_144

const BundleHeaderSchema = z.strictObject({
  kind: z.enum(['up', 'down', 'copy']),
  bundleId: KeyId,
  projectId: ProjectIdSchema,
  /** Whose work it is, or for whom. */
  deviceId: DeviceIdSchema,
  storeId: StoreIdSchema.nullable(),
  /** Shows that the device belongs to the project; without it the root signed. */
  certificate: SignedDeviceCertificateSchema.nullable(),
  /** The writer's clock. */
  createdAtMs: AtMs,
  agentVersion: z.string().max(100),
  /** The file key, in a box to the key with this id. */
  sealedFor: KeyId,
  fileKey: z.string().max(500),
  /** Of a copy: who opens the key that it is sealed for, each in its own way. */
  openers: z.array(z.record(z.string(), z.union([z.string().max(2_000), z.number()]))).max(8),
  contents: z.strictObject({
    /** First and last n of each run of submissions. */
    runs: z.array(z.tuple([QueueNumber, QueueNumber])).max(5_000),
    submissions: Counter,
    attachments: Counter,
    drafts: Counter,
    lastN: Counter,
  }),
  /** up: how far this device has read the feed. down: where the pages in it begin and end. */
  checkpoint: CheckpointSchema,
  from: Counter,
})
export type BundleHeader = z.infer<typeof BundleHeaderSchema>
const SignedHeaderSchema = signedSchema(BundleHeaderSchema)

export interface ReadHeader {
  readonly signed: Signed<BundleHeader>
  /** What the chunks are bound to. */
  readonly hash: Uint8Array
  /** What follows the head. */
  readonly rest: AsyncIterable<Uint8Array>
}

export type HeaderFault = FaultOf<'carry.unreadable'> | FaultOf<'carry.newer'>

/** @returns The first bytes of the file, and what the chunks are to be bound to. */
export function writeHeader(
  key: SigningKey,
  header: BundleHeader,
): { readonly bytes: Uint8Array; readonly hash: Uint8Array } {
  const text = Buffer.from(JSON.stringify(signDocument(key, BUNDLE_PURPOSE, header)))
  if (text.length > MAX_HEAD_BYTES) throw new Error(`a head of ${text.length} bytes`)
  const preamble = Buffer.alloc(PREAMBLE_BYTES)
  MAGIC.copy(preamble)
  preamble.writeUInt16BE(VERSION, MAGIC.length)
  preamble.writeUInt32BE(text.length, MAGIC.length + 2)
  return { bytes: Buffer.concat([preamble, text]), hash: hashOf(text) }
}

/** Reads no further than the head. Whether its signature is good, the reader decides: it knows by whom it must be. */
export async function readHeader(source: AsyncIterable<Uint8Array>): Promise<Result<ReadHeader, HeaderFault>> {
  const reader = createByteSource(source)
  const preamble = await reader.take(PREAMBLE_BYTES)
  if (preamble === null || !preamble.subarray(0, MAGIC.length).equals(MAGIC))
    return err(fault('carry.unreadable', 'it does not begin as one'))
  const version = preamble.readUInt16BE(MAGIC.length)
  if (version > VERSION) return err(fault('carry.newer', `format ${version}, here ${VERSION}`))
  const length = preamble.readUInt32BE(MAGIC.length + 2)
  const text = length > MAX_HEAD_BYTES ? null : await reader.take(length)
  if (text === null) return err(fault('carry.unreadable', 'its head is cut off'))
  const parsed = SignedHeaderSchema.safeParse(parseJson(text))
  return parsed.success
    ? ok({ signed: parsed.data, hash: hashOf(text), rest: reader.rest() })
    : err(fault('carry.unreadable', 'its head does not read'))
}

const hashOf = (text: Uint8Array): Uint8Array => Buffer.from(sha256(text), 'hex')

function parseJson(text: Buffer): unknown {
  try {
    return JSON.parse(text.toString('utf8'))
  } catch {
    return undefined
  }
}

function createByteSource(source: AsyncIterable<Uint8Array>) {
  const iterator = source[Symbol.asyncIterator]()
  let held = Buffer.alloc(0)
  return {
    take: async (length: number): Promise<Buffer | null> => {
      while (held.length < length) {
        const next = await iterator.next()
        if (next.done === true) return null
        held = Buffer.concat([held, next.value])
      }
      const taken = held.subarray(0, length)
      held = held.subarray(length)
      return taken
    },
    rest: async function* (): AsyncGenerator<Uint8Array> {
      if (held.length > 0) yield held
      for (;;) {
        const next = await iterator.next()
        if (next.done === true) return
        yield next.value
      }
    },
  }
}
