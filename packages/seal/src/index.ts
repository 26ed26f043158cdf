export { canonicalBytes, fromBase64Url, sha256, startSha256, toBase64Url } from './encoding.ts'
export {
  createSigningKey,
  deriveSigningKey,
  keyIdOf,
  sign,
  signDocument,
  verifyDocument,
  verifySignature,
} from './signing-key.ts'
export type { Signed, SigningKey } from './signing-key.ts'
export { answerChallenge, newNonce, verifyChallenge } from './device-challenge.ts'
export type { Challenge } from './device-challenge.ts'
export { boxKeyOfPrivate, createBoxKey, openField, RECOVERY_PROBE, sealField } from './sealed-field.ts'
export type { BoxKey } from './sealed-field.ts'
export { answersDigest, chainHead, newSalt, SALT_BYTES } from './answers-digest.ts'
export type { DigestInput } from './answers-digest.ts'
export { redact, reveal } from './redacted.ts'
export type { Redacted } from './redacted.ts'
export { boxKeyOf, boxPublicKeyOf } from './device-box.ts'
export { CHUNK_ROOM_BYTES, newFileKey, openChunks, sealChunks } from './sealed-stream.ts'
