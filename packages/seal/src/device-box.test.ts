import nacl from 'tweetnacl'
import { unwrap } from '@murram/ground'
import { expect, test } from 'vitest'
import { boxKeyOf, boxPublicKeyOf } from './device-box.ts'
import { fromBase64Url, toBase64Url } from './encoding.ts'
import { openField, sealField } from './sealed-field.ts'
import { createSigningKey } from './signing-key.ts'

test('X1 both halves of a signing pair arrive at one box pair', () => {
  for (let i = 0; i < 20; i += 1) {
    const signing = createSigningKey()
    const box = boxKeyOf(signing)
    expect(unwrap(boxPublicKeyOf(signing.publicKey))).toBe(box.publicKey)
    const own = nacl.box.keyPair.fromSecretKey(fromBase64Url(box.privateKey))
    expect(toBase64Url(own.publicKey)).toBe(box.publicKey)
  }
})

test('what is sealed to a device by its public signing key, that device opens and no other', () => {
  const [device, other] = [createSigningKey(), createSigningKey()]
  const sealed = sealField(unwrap(boxPublicKeyOf(device.publicKey)), 'returns and forms')
  expect(openField(boxKeyOf(device), sealed)).toEqual({ ok: true, value: 'returns and forms' })
  expect(openField(boxKeyOf(other), sealed).ok).toBe(false)
})

test('bytes that are no key are refused', () => {
  for (const y of [0, 1]) expect(boxPublicKeyOf(toBase64Url(Uint8Array.of(y, ...new Uint8Array(31)))).ok).toBe(false)
  expect(boxPublicKeyOf('c2hvcnQ').ok).toBe(false)
})
