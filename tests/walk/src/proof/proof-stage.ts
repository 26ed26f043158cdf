/**
 * The stage of the walk for proofs that kill: the same houses on the same folders, each of
 * which can be started again after it died, and nothing printed.
 *
 * Not here: what is proved. A house that is started again listens where the dead one did,
 * because the officers' links lead there.
 */
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Central } from '../central.ts'
import type { CollectorAddress, CollectorConfig } from '../collector-process.ts'
import { storedInterviews } from '../database.ts'
import { compareMultisets, readLedgers, type LedgerEntry, type Verdict } from '../ledger.ts'
import type { HeldWork, InterviewReply, OfficerStatus } from '../officer-requests.ts'
import { startOfficerHouse, untilAll, type Officer } from '../officers.ts'
import type { House } from '../processes.ts'
import { createScreen } from '../screen.ts'
import { openStage, startCollectorHouse } from '../stage.ts'

type Env = Readonly<Record<string, string>>

export interface ProofStage {
  readonly folder: string
  /** Of the collector's database, without the server's password and log beside it. */
  readonly clusterDir: string
  readonly central: Central
  readonly formId: string
  readonly officers: readonly Officer[]
  readonly officer: (at: number) => Officer
  readonly collector: () => House
  readonly address: () => CollectorAddress
  /** The former process must have ended. */
  readonly startCollector: (changes?: Partial<CollectorConfig>, env?: Env) => Promise<void>
  /** The former process must have ended. It is not connected yet. */
  readonly startOfficer: (at: number, env?: Env) => Promise<void>
  readonly connect: (at: number) => Promise<void>
  /** Of people whom nobody has interviewed before; drafts are on the disk before they are finalised. */
  readonly interview: (at: number, count: number) => Promise<InterviewReply>
  /** Nothing waits and all of the feed is here. */
  readonly settle: () => Promise<void>
  /**
   * The witness's ledger against PostgreSQL. `alsoSaved` are submissions that stand in a store
   * and whose process died before the witness could write them down.
   */
  readonly compare: (alsoSaved?: readonly LedgerEntry[]) => Promise<Verdict>
  readonly ledger: () => readonly LedgerEntry[]
  readonly close: () => Promise<void>
}

const SETTLE_MS = 60_000
const root = resolve(import.meta.dirname, '..', '..', '..', '..')

export async function openProofStage(given: { agents: number; seed: number; env?: Env }): Promise<ProofStage> {
  const data = mkdtempSync(join(tmpdir(), 'murram-proof-'))
  chmodSync(data, 0o711) // PostgreSQL has a user of its own where this one is root
  const { walk, stop } = await openStage({
    options: { ...given, interviews: 1, exit: true, json: false, badCandidate: false, data, port: 0 },
    screen: createScreen({ write: () => {}, isTerminal: false, now: Date.now }),
    root,
    ...(given.env === undefined ? {} : { env: given.env }),
  })
  const { folder, adminToken, central, formId } = walk
  const officers = [...walk.officers]
  let { collector, address } = walk
  const clusterDir = join(folder, 'collector', 'pg', 'data')
  let nextSubject = 0

  const officer = (at: number): Officer => {
    const found = officers[at]
    if (found === undefined) throw new Error(`there is no officer ${at}`)
    return found
  }
  const stage: ProofStage = {
    folder,
    clusterDir,
    central,
    formId,
    officers,
    officer,
    collector: () => collector,
    address: () => address,
    startCollector: async (changes = {}, env = {}) => {
      const config = {
        dataDir: join(folder, 'collector'),
        port: address.port,
        projectId: 'walk-demo',
        adminToken,
        ...changes,
      }
      collector = await startCollectorHouse(config, env)
      address = await collector.ask<CollectorAddress>('address')
    },
    startOfficer: async (at, env = {}) => {
      officers[at] = { ...officer(at), house: await startOfficerHouse(officer(at).config, { ...given.env, ...env }) }
    },
    connect: async at => {
      const { house, link } = officer(at)
      await house.ask('connect', { url: `http://127.0.0.1:${link.port}` })
    },
    interview: (at, count) => {
      const visits = Array.from({ length: count }, () => ({ index: nextSubject++, staging: { as: 'first' as const } }))
      return officer(at).house.ask<InterviewReply>('interview', { formId, visits, pauseBeforeFinalise: true })
    },
    settle: async () => {
      for (const { link } of officers) {
        link.setFaults({ latencyMs: 1 })
        link.setUp(true)
      }
      await untilAll(officers, ({ waiting }) => waiting === 0, SETTLE_MS)
      const { feedNumber } = await central.get<{ feedNumber: number }>('/api/v1/summary')
      await untilAll(officers, status => status.feedNumber >= feedNumber, SETTLE_MS)
    },
    ledger: () => readLedgers(join(folder, 'ledgers')),
    compare: async (alsoSaved = []) =>
      compareMultisets([...stage.ledger(), ...alsoSaved], await storedInterviews(address.databaseUrl)),
    close: async () => {
      await stop() // of the first collector, which may have died long ago
      for (const { house } of officers) await house.stop()
      await collector.stop()
      await stopLeftDatabase(clusterDir)
      rmSync(data, { recursive: true, force: true })
    },
  }
  return stage
}

/** What the officer's store holds; what is finalised there must be at the centre in the end. */
export const heldBy = ({ house }: Officer): Promise<HeldWork> => house.ask<HeldWork>('held')

export const statusOf = ({ house }: Officer): Promise<OfficerStatus> => house.ask<OfficerStatus>('status')

/** A collector that was killed leaves its server behind; the next one stops it, and here there is no next one. */
async function stopLeftDatabase(clusterDir: string): Promise<void> {
  const file = join(clusterDir, 'postmaster.pid')
  if (!existsSync(file)) return
  process.kill(Number(readFileSync(file, 'utf8').split('\n')[0]), 'SIGINT')
  for (let tries = 0; tries < 200 && existsSync(file); tries += 1) await sleep(50)
}
