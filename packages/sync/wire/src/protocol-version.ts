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
 * tests/fixtures/versions. 3 (November 2026) rows of rollouts and tasks, that a device went back from a release, sketches
 * among the reports, root documents and what is fresh.
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

/** The first version in which root documents and freshness statements are spoken of. */
export const PROTOCOL_WITH_TRUST = 3

/** Agents say their version on a stick as well, where no protocol is agreed on: from this one on they speak version 3. */
const SPEAKS_3 = [0, 2]

/** @param agentVersion As an agent wrote it; what cannot be read is an old one. */
export function protocolOfAgent(agentVersion: string): number {
  const [major = 0, minor = 0] = agentVersion.split('.').map(part => Math.floor(Number(part)) || 0)
  const [fromMajor = 0, fromMinor = 0] = SPEAKS_3
  return major > fromMajor || (major === fromMajor && minor >= fromMinor) ? PROTOCOL_VERSION : PROTOCOL_WITH_MORE
}

const FIRST_MESSAGES: ReadonlySet<string> = new Set(
  'hello auth push pull want report ping challenge welcome ack page chunk refused hint pong'.split(' '),
)

/** Whether a peer of this version knows the message. */
export const isKnownAt = (protocol: number, type: string): boolean =>
  type === 'trust' ? protocol >= PROTOCOL_WITH_TRUST : protocol >= PROTOCOL_WITH_MORE || FIRST_MESSAGES.has(type)
