/**
 * The signed head of a store's hash chain: one signature for all that the store ever queued.
 * The purpose and the store are under the signature, so a head is worth nothing elsewhere.
 */
import type { StoreId } from '@murram/ground'
import { canonicalBytes, sign, verifySignature, type SigningKey } from '@murram/seal'

export interface PushHead {
  /** n of the last submission under it. */
  readonly n: number
  /** Chain head before the batch; `''` before the store's first submission. */
  readonly previous: string
  readonly chain: string
  readonly signature: string
}

export const signHead = (
  deviceKey: SigningKey,
  storeId: StoreId,
  head: { readonly n: number; readonly previous: string; readonly chain: string },
): PushHead => ({ ...head, signature: sign(deviceKey, headBytes(storeId, head)) })

export const verifyHead = (publicKey: string, storeId: StoreId, head: PushHead): boolean =>
  verifySignature(publicKey, headBytes(storeId, head), head.signature)

const headBytes = (storeId: StoreId, head: { readonly n: number; readonly chain: string }): Uint8Array =>
  canonicalBytes(['murram', 'push-head', storeId, head.n, head.chain])
