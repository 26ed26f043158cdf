/**
 * The key of a laptop that another telling with the same seed makes again: a device's id is that of its
 * key, and by its id it knows its ring. In the story only: a real device has its key from the system.
 */
import { createHash, createPrivateKey } from 'node:crypto'

/** Before an Ed25519 seed, as PKCS #8 has it (RFC 8410). */
const BEFORE_SEED = Buffer.from('302e020100300506032b657004220420', 'hex')

export function seededKey(seed: number, officer: string): { readonly publicKey: string; readonly privateKey: string } {
  const secret = createHash('sha256').update(`a laptop of the story of models: ${seed} ${officer}`).digest()
  const key = createPrivateKey({ key: Buffer.concat([BEFORE_SEED, secret]), format: 'der', type: 'pkcs8' })
  const { d, x } = key.export({ format: 'jwk' })
  if (d === undefined || x === undefined) throw new Error('an Ed25519 key without its members')
  return { publicKey: x, privateKey: d }
}
