/**
 * A work bundle as a whole: what two ends exchange where no network is. The frames in it are
 * those of a session, so it is taken in by the rooms that a session feeds.
 *
 * Not here: which frames (the agent's and the collector's bundle rooms), what becomes of them.
 */
import { randomBytes } from 'node:crypto'
import { err, fault, ok, type FaultOf, type Result } from '@murram/ground'
import {
  fromBase64Url,
  keyIdOf,
  newFileKey,
  openField,
  sealField,
  toBase64Url,
  type BoxKey,
  type SigningKey,
} from '@murram/seal'
import { writeHeader, type BundleHeader, type ReadHeader } from './bundle-header.ts'
import { readRecords, writeRecords, type BundleRecord, type ReadRecord } from './bundle-records.ts'

/** What the writer knows; the rest of the head is made here. */
export type BundleFacts = Omit<BundleHeader, 'bundleId' | 'sealedFor' | 'fileKey' | 'openers'> & {
  readonly openers?: BundleHeader['openers']
}

export interface WrittenBundle {
  readonly header: BundleHeader
  readonly bytes: AsyncIterable<Uint8Array>
}

/** @param boxPublicKey Who may read it. */
export function writeBundle(
  facts: BundleFacts,
  {
    signingKey,
    boxPublicKey,
    records,
  }: {
    readonly signingKey: SigningKey
    readonly boxPublicKey: string
    readonly records: AsyncIterable<BundleRecord>
  },
): WrittenBundle {
  const fileKey = newFileKey()
  const header: BundleHeader = {
    ...facts,
    openers: facts.openers ?? [],
    bundleId: randomBytes(16).toString('hex'),
    sealedFor: keyIdOf(boxPublicKey),
    fileKey: sealField(boxPublicKey, toBase64Url(fileKey)),
  }
  const { bytes, hash } = writeHeader(signingKey, header)
  async function* whole(): AsyncGenerator<Uint8Array> {
    yield bytes
    yield* writeRecords(records, { fileKey, head: hash })
  }
  return { header, bytes: whole() }
}

/** After the head was found to be by whom it must be. */
export function openBundle(
  { signed, hash, rest }: ReadHeader,
  boxKey: BoxKey,
): Result<AsyncIterable<ReadRecord>, FaultOf<'carry.wrong-device'> | FaultOf<'carry.unreadable'>> {
  const { sealedFor, fileKey } = signed.body
  if (sealedFor !== keyIdOf(boxKey.publicKey)) return err(fault('carry.wrong-device', 'it is sealed for another key'))
  const opened = openField(boxKey, fileKey)
  const key = opened.ok ? fromBase64Url(opened.value) : null
  return key?.length === 32
    ? ok(readRecords(rest, { fileKey: key, head: hash }))
    : err(fault('carry.unreadable', 'its key does not open'))
}
