/**
 * Binding a device's key to the project: a token that the central team hands out is used
 * once, by one key, and turns into a certificate signed by the project's root key.
 *
 * Laws, in `enrolment.test.ts`:
 *   T1 a token enrols one key; another key is refused
 *   T2 the same key with the same token gets the same certificate again: a reply that was
 *      lost on the way costs nothing
 *   T3 a token enrols for the officer whom it was made for and nobody else: what an officer may correct, and
 *      what is returned to them, hangs on that name
 */
import { randomBytes } from 'node:crypto'
import { err, fault, ok, type DeviceId, type FaultOf, type Result } from '@murram/ground'
import { fromBase64Url, keyIdOf, sha256, signDocument, type Signed } from '@murram/seal'
import { DEVICE_CERTIFICATE_PURPOSE, type DeviceCertificate } from '@murram/wire'
import type { ProjectKeys } from '../config/project-keys.ts'
import { inTransaction, type WriteDb } from '../db/handles.ts'
import { addDevice, addToken, findDevice, lockToken, useToken } from './device-repo.ts'

export interface EnrolDeps {
  readonly write: WriteDb
  readonly keys: ProjectKeys
  readonly now: () => number
}

export interface NewToken {
  readonly token: string
  readonly officer: string
  readonly expiresAtMs: number
}

export async function makeToken(
  { write, now }: EnrolDeps,
  { officer, validForMs }: { readonly officer: string; readonly validForMs: number },
): Promise<NewToken> {
  const token = randomBytes(18).toString('base64url')
  const createdAtMs = now()
  const expiresAtMs = createdAtMs + validForMs
  await addToken(write, { tokenHash: sha256(token), officer, createdAtMs, expiresAtMs })
  return { token, officer, expiresAtMs }
}

export type EnrolRefusal =
  | FaultOf<'enrol.token-unknown'>
  | FaultOf<'enrol.token-used'>
  | FaultOf<'enrol.token-expired'>
  | FaultOf<'enrol.other-officer'>
  | FaultOf<'sync.device-revoked'>
  | FaultOf<'http.bad-request'>

export async function enrolDevice(
  { write, keys, now }: EnrolDeps,
  asked: { readonly token: string; readonly publicKey: string; readonly officer: string },
): Promise<Result<Signed<DeviceCertificate>, EnrolRefusal>> {
  if (fromBase64Url(asked.publicKey).length !== 32) return err(fault('http.bad-request', 'publicKey: not 32 bytes'))
  const deviceId = keyIdOf(asked.publicKey) as DeviceId
  const tokenHash = sha256(asked.token)
  return inTransaction(write, async tx => {
    const nowMs = now()
    const token = await lockToken(tx, tokenHash)
    if (token === undefined) return err(fault('enrol.token-unknown'))
    const known = await findDevice(tx, deviceId)
    if (known !== undefined && known.state !== 'active') return err(fault('sync.device-revoked', deviceId))
    if (token.usedBy === deviceId && known !== undefined) return ok(known.certificate as Signed<DeviceCertificate>)
    if (token.usedBy !== null) return err(fault('enrol.token-used'))
    if (nowMs > token.expiresAtMs) return err(fault('enrol.token-expired'))
    if (!isSameName(asked.officer, token.officer))
      return err(fault('enrol.other-officer', `it is for ${token.officer}`))
    const certificate =
      (known?.certificate as Signed<DeviceCertificate> | undefined) ??
      signDocument(keys.root, DEVICE_CERTIFICATE_PURPOSE, {
        projectId: keys.projectId,
        deviceId,
        publicKey: asked.publicKey,
        officer: token.officer,
        demo: keys.demo,
        issuedAtMs: nowMs,
      })
    await addDevice(tx, certificate, nowMs)
    await useToken(tx, tokenHash, deviceId, nowMs)
    return ok(certificate)
  })
}

const isSameName = (one: string, other: string): boolean => plain(one) === plain(other)
const plain = (name: string): string => name.normalize('NFC').trim().replaceAll(/\s+/g, ' ').toLowerCase()
