/** Functions on bytes: hashes, base64, signatures. What cannot be read or verified is blank. */
import { createHash, createPublicKey, verify } from 'node:crypto'
import type { FunctionTable } from '../evaluate.ts'
import { ofTexts } from './define.ts'

const ALGORITHMS: Readonly<Record<string, string>> = {
  MD5: 'md5',
  'SHA-1': 'sha1',
  'SHA-256': 'sha256',
  'SHA-384': 'sha384',
  'SHA-512': 'sha512',
}
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2,3}={0,2})?$/

const SIGNATURE_BYTES = 64
/** What stands before the 32 bytes of an Ed25519 key in its DER form (RFC 8410). */
const ED25519_HEAD = Buffer.from('302a300506032b6570032100', 'hex')

const bytesOf = (base64: string): Buffer | undefined => {
  const packed = base64.replace(/\s+/g, '')
  return BASE64.test(packed) ? Buffer.from(packed, 'base64') : undefined
}

/** `signed`: base64 of an Ed25519 signature and, after it, the text that was signed. */
function extractSigned(signed: string, publicKey: string): string {
  const [bytes, key] = [bytesOf(signed), bytesOf(publicKey)]
  if (bytes === undefined || key?.length !== 32 || bytes.length < SIGNATURE_BYTES) return ''
  const [signature, content] = [bytes.subarray(0, SIGNATURE_BYTES), bytes.subarray(SIGNATURE_BYTES)]
  try {
    const der = createPublicKey({ key: Buffer.concat([ED25519_HEAD, key]), format: 'der', type: 'spki' })
    return verify(null, content, der, signature) ? content.toString('utf8') : ''
  } catch {
    return '' // no point of the curve
  }
}

export const digestFunctions: FunctionTable = {
  digest: ofTexts.text('text, algorithm, encoding?', (text, algorithm, encoding = 'base64') => {
    const known = ALGORITHMS[algorithm.trim().toUpperCase()]
    const how = encoding.trim().toLowerCase()
    if (known === undefined || (how !== 'hex' && how !== 'base64')) return ''
    return createHash(known).update(text).digest(how)
  }),
  'base64-decode': ofTexts.text('base64', base64 => bytesOf(base64)?.toString('utf8') ?? ''),
  'extract-signed': ofTexts.text('signed, key', extractSigned),
}
