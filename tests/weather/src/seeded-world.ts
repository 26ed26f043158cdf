/**
 * Chance in the hands of the seed: while a schedule runs, random bytes, UUIDs and `Math.random`
 * come from it, so that keys, salts and nonces, and with them the lengths of frames, are the
 * same whenever the seed is run again.
 *
 * The device challenge is signed by `node:crypto` meanwhile and not by tweetnacl: the same
 * signatures (RFC 8032) in a fiftieth of the time, which is most of a schedule otherwise.
 *
 * For this process only, and only between `enter` and `leave`: a simulator that replays is worth
 * more than a simulator whose parts ask a door for every byte.
 */
import crypto, { type KeyObject } from 'node:crypto'
import { createRequire, syncBuiltinESMExports } from 'node:module'
import { toBase64Url, verifySignature, type SigningKey } from '@murram/seal'
import { seededRandom } from '@murram/testkit'

interface Nacl {
  readonly sign: {
    detached: ((message: Uint8Array, secretKey: Uint8Array) => Uint8Array) & {
      verify: (message: Uint8Array, signature: Uint8Array, publicKey: Uint8Array) => boolean
    }
    readonly keyPair: { fromSeed: (seed: Uint8Array) => { publicKey: Uint8Array; secretKey: Uint8Array } }
  }
}

/** The very object that `@murram/seal` signs with. */
const nacl = createRequire(import.meta.resolve('@murram/seal'))('tweetnacl') as Nacl

export interface SeededWorld {
  readonly leave: () => void
}

export function enterSeededWorld(seed: number): SeededWorld {
  const kept = { randomBytes: crypto.randomBytes, randomUUID: crypto.randomUUID, random: Math.random }
  // Another stream than the schedule's own, or ids that are drawn apart would meet.
  const random = seededRandom(seed + 2 ** 41)
  Object.assign(crypto, {
    randomBytes: (sizeBytes: number) => randomBytes(random, sizeBytes),
    randomUUID: () => seededUuid(random),
  })
  Math.random = random
  syncBuiltinESMExports()
  const { detached, keyPair } = nacl.sign
  const { fromSeed } = keyPair
  nacl.sign.detached = Object.assign(signByNode, { verify: verifyByNode })
  // The public half is not asked for by whoever signs.
  keyPair.fromSeed = seed => ({ publicKey: new Uint8Array(32), secretKey: seed })
  return {
    leave: () => {
      nacl.sign.detached = detached
      keyPair.fromSeed = fromSeed
      Object.assign(crypto, { randomBytes: kept.randomBytes, randomUUID: kept.randomUUID })
      Math.random = kept.random
      syncBuiltinESMExports()
    },
  }
}

const signByNode = (message: Uint8Array, seed: Uint8Array): Uint8Array =>
  new Uint8Array(crypto.sign(null, message, privateKeyOf(seed)))
const verifyByNode = (message: Uint8Array, signature: Uint8Array, publicKey: Uint8Array): boolean =>
  verifySignature(toBase64Url(publicKey), message, toBase64Url(signature))

const randomBytes = (random: () => number, sizeBytes: number): Buffer =>
  Buffer.from(Uint8Array.from({ length: sizeBytes }, () => Math.floor(random() * 256)))

export function seededUuid(random: () => number): string {
  const hex = randomBytes(random, 16).toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`
}

/** PKCS #8 of an Ed25519 key: this, then the 32 bytes. */
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex')

const privateKeyOf = (seed: Uint8Array): KeyObject =>
  crypto.createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, seed]), format: 'der', type: 'pkcs8' })

export function seededSigningKey(random: () => number): SigningKey {
  const { d, x } = privateKeyOf(randomBytes(random, 32)).export({ format: 'jwk' })
  if (d === undefined || x === undefined) throw new Error('an Ed25519 key without its members')
  return { publicKey: x, privateKey: d }
}
