/**
 * Every message of the protocol has one shape for one version; `protocol-version.test.ts` pins
 * their digest, so that nobody changes a message without raising the number.
 *
 * What changes is only ever added: a new member of an old message is optional, and it goes, as
 * a new message does, to a peer of that version or a later one alone. An agent reads in the
 * challenge what the collector speaks and says `hello` in the version that both know.
 *
 * History: 1 (November 2026) the first. 2 (November 2026) `more` in hello and welcome, lists of a
 * form, what a return is about, rows of submissions; what an agent or a collector of version 1 says and hears is kept in
 * tests/fixtures/versions. 3 (November 2026) rows of rollouts, that a device went back from a release, sketches among the reports.
 */
export const PROTOCOL_VERSION = 3

/** The oldest version a collector still speaks. */
export const MIN_PROTOCOL_VERSION = 1

/** The first version in which `more` is spoken, and every message that is not among the first ones. */
export const PROTOCOL_WITH_MORE = 2

/** The first version in which a device says that it went back from a release by itself. */
export const PROTOCOL_WITH_ROLLOUTS = 3

/** The first version in which a device reports sketches. */
export const PROTOCOL_WITH_SKETCHES = 3

const FIRST_MESSAGES: ReadonlySet<string> = new Set(
  'hello auth push pull want report ping challenge welcome ack page chunk refused hint pong'.split(' '),
)

/** Whether a peer of this version knows the message. */
export const isKnownAt = (protocol: number, type: string): boolean =>
  protocol >= PROTOCOL_WITH_MORE || FIRST_MESSAGES.has(type)
