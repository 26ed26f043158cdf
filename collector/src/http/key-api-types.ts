/** The JSON of the routes of keys, types only. */
/** GET /keys, POST /keys/roots */
export interface KeysView {
  readonly projectId: string
  readonly demo: boolean
  /** Of the newest root document. */
  readonly version: number
  readonly issuedAtMs: number
  readonly expiresAtMs: number
  readonly isExpired: boolean
  /** The collector alone can sign the next root document. */
  readonly isHeldOnline: boolean
  readonly keys: readonly {
    readonly keyId: string
    readonly publicKey: string
    /** A person's name, or `collector`. */
    readonly holder: string
    /** Of root, centre, release, freshness. */
    readonly roles: readonly string[]
    readonly signedThis: boolean
  }[]
  /** How many root keys must sign the next one. */
  readonly rootThreshold: number
  /** What should be done, in words. */
  readonly advice: string | null
}
