/**
 * Every message of the protocol has one shape for one version; `protocol-version.test.ts` pins
 * their digest, so that nobody changes a message without raising the number.
 *
 * History: 1 (November 2026) the first.
 */
export const PROTOCOL_VERSION = 1

/** The oldest version a collector still speaks. */
export const MIN_PROTOCOL_VERSION = 1
