/**
 * challenge → hello, auth → welcome. The collector speaks first and says which versions it knows;
 * the agent speaks the newest that both know. Nothing is pushed or pulled before the collector
 * has welcomed the device, and the device answers only its own project's collector.
 */
import { err, fault, ok, type Checkpoint, type Fault, type Result, type StoreId } from '@murram/ground'
import { answerChallenge, type SigningKey } from '@murram/seal'
import { PROTOCOL_VERSION, PROTOCOL_WITH_MORE, PROTOCOL_WITH_TRUST, type Down, type Welcome } from '@murram/wire'
import type { EnrolmentFile } from '../enrolment/enrolment-file.ts'
import type { Link } from './link.ts'

export interface HandshakeDeps {
  readonly enrolment: EnrolmentFile
  readonly deviceKey: SigningKey
  readonly agentVersion: string
  readonly now: () => number
  /** Older than this build's: for tests of what is told to older agents. */
  readonly newestProtocol?: number
}

/** What both sides know once hands were shaken. */
export interface Agreed {
  readonly welcome: Welcome
  /** The newest version that both speak. */
  readonly protocol: number
  /** For the person at the device: the agent should be updated. */
  readonly notice: Fault | null
  /** The collector's clock minus this one's, by half a round trip exact. */
  readonly clockAheadMs: number
}

export interface StoreFacts {
  readonly storeId: StoreId
  readonly lastN: number
  readonly checkpoint: Checkpoint
  /** That the checkpoint belongs to. */
  readonly view: string
  /** Of the newest root document that is known here. */
  readonly rootVersion?: number
}

/** @param nextMessage `null` when the link ended or nothing came in time. */
export async function shakeHands(
  { enrolment, deviceKey, agentVersion, now, newestProtocol = PROTOCOL_VERSION }: HandshakeDeps,
  { storeId, lastN, checkpoint, view, rootVersion = 0 }: StoreFacts,
  link: Pick<Link, 'send'>,
  nextMessage: () => Promise<Down | null>,
): Promise<Result<Agreed, Fault>> {
  const { certificate, collectorId } = enrolment
  const { projectId, deviceId } = certificate.body
  const asked = await nextMessage()
  if (asked?.type === 'refused') return err(asked.fault)
  if (asked?.type !== 'challenge') return err(missing(asked, 'a challenge'))
  const { challenge, minProtocol } = asked
  if (newestProtocol < minProtocol) return err(fault('wire.update-required', `protocol ${minProtocol} or newer`))
  // An answer is a signature: it is given to the collector that enrolled this device, to no other.
  if (challenge.projectId !== projectId || challenge.collectorId !== collectorId)
    return err(fault('sync.bad-signature', 'another collector answers at this address'))
  const protocol = Math.min(newestProtocol, asked.protocol)
  link.send({
    type: 'hello',
    protocol,
    projectId,
    deviceId,
    storeId,
    certificate,
    agentVersion,
    clockMs: now(),
    lastN,
    ...(protocol < PROTOCOL_WITH_MORE
      ? {}
      : { more: { checkpoint, view, ...(protocol < PROTOCOL_WITH_TRUST ? {} : { rootVersion }) } }),
  })
  link.send({ type: 'auth', answer: answerChallenge(deviceKey, challenge) })
  const askedAtMs = now()
  const welcome = await nextMessage()
  if (welcome?.type === 'refused') return err(welcome.fault)
  if (welcome?.type !== 'welcome') return err(missing(welcome, 'a welcome'))
  const notice =
    welcome.more?.notice ?? (asked.protocol > newestProtocol ? outdated(newestProtocol, asked.protocol) : null)
  const clockAheadMs = Math.round(welcome.serverTimeMs - (askedAtMs + now()) / 2)
  return ok({ welcome, protocol, notice, clockAheadMs })
}

const outdated = (ours: number, theirs: number): Fault =>
  fault('wire.update-advised', `this agent speaks ${ours}, the collector ${theirs}`)

const missing = (got: Down | null, wanted: string): Fault =>
  got === null
    ? fault('sync.unreachable', `the link ended before ${wanted}`)
    : fault('wire.unexpected', `${got.type} instead of ${wanted}`)
