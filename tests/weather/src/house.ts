/** Who there is in a schedule: laptops, collectors on one database, and the network between them. */
import type { EnrolmentFile } from '@murram/agent/weather'
import type { ProjectKeys } from '@murram/collector/weather'
import type { DeviceId, ProjectId } from '@murram/ground'
import { createBoxKey, keyIdOf, signDocument, type SigningKey } from '@murram/seal'
import { seededRandom } from '@murram/testkit'
import { DEVICE_CERTIFICATE_PURPOSE } from '@murram/wire'
import type { BrokenRule } from './broken-rules.ts'
import type { Asked } from './collector-base.ts'
import { createCollectorProcess, type CollectorProcess } from './collector-process.ts'
import type { StickKeys } from './collector-stick.ts'
import { createFakeDatabase, type FakeDatabase } from './fake-database.ts'
import { drawExtras, type Extra } from './extras.ts'
import { createFaultCounts, type FaultCounts } from './fault-counts.ts'
import { createFileLedger, type FileLedger } from './file-ledger.ts'
import { createInspector, type Inspector } from './inspector.ts'
import { createLaptop, type CopiedStore, type Laptop } from './laptop.ts'
import { seededSigningKey } from './seeded-world.ts'
import { createNetwork, type Network } from './virtual-network.ts'
import { createVirtualTime, type VirtualTime } from './virtual-time.ts'
import { createWatch, type Watch } from './watch.ts'

export type HouseKeys = Pick<ProjectKeys, 'projectId' | 'root' | 'collector'>

export interface House {
  readonly keys: HouseKeys
  readonly keyOf: (laptop: Laptop) => SigningKey
  readonly random: () => number
  readonly time: VirtualTime
  readonly counts: FaultCounts
  readonly watch: Watch
  readonly network: Network
  readonly inspector: Inspector
  readonly base: FakeDatabase
  /** Whether backups are put back. */
  readonly restores: boolean
  readonly broken: BrokenRule | null
  /** What there is beside the weather. */
  readonly extras: ReadonlySet<Extra>
  readonly ledger: FileLedger
  readonly collectors: readonly CollectorProcess[]
  readonly laptops: readonly Laptop[]
  /** Whose store cannot speak any more. */
  readonly gone: Set<Laptop>
  readonly revoked: Set<Laptop>
  /** The same device and store a second time. */
  readonly copyLaptop: (of: Laptop) => Laptop
  /** A further laptop of another officer, with nothing on it. */
  readonly enrolLaptop: () => Laptop
  readonly trueNowMs: () => number
  /** While a backup is put back no collector starts. */
  readonly setRestoring: (restoring: boolean) => void
  readonly isRestoring: () => boolean
}

const MORNING_MS = Date.UTC(2026, 10, 21, 6)

export interface HouseOptions {
  readonly seed: number
  readonly broken: BrokenRule | null
  readonly traces: boolean
  readonly restores: boolean
  readonly record: (asked: Asked) => void
  /** Whatever the seed says. */
  readonly always: readonly Extra[]
}

export async function openHouse({ seed, broken, traces, restores, record, always }: HouseOptions): Promise<House> {
  const random = seededRandom(seed)
  const extras = drawExtras(seed, always)
  const ledger = createFileLedger()
  const below = (limit: number): number => Math.floor(random() * limit)
  const time = createVirtualTime()
  const counts = createFaultCounts()
  const watch = createWatch({ nowMs: time.nowMs, traces })
  const trueNowMs = (): number => MORNING_MS + Math.floor(time.nowMs())
  const keys: HouseKeys = {
    projectId: 'weather' as ProjectId,
    root: seededSigningKey(random),
    collector: seededSigningKey(random),
  }
  const box = extras.has('sticks') ? createBoxKey() : null
  const network = createNetwork({ time, random, counts })
  const base = createFakeDatabase({ rootPublicKey: keys.root.publicKey, now: trueNowMs, broken, record })
  const inspector = createInspector({ time, watch, state: base.state })
  await base.publishForm('1')

  let restoring = false
  const collectors: CollectorProcess[] = Array.from({ length: 1 + below(3) }, (_, i) => {
    const process: CollectorProcess = createCollectorProcess({
      name: `collector ${i + 1}`,
      time,
      random,
      counts,
      watch,
      inspector,
      ledger,
      base,
      now: trueNowMs,
      projectId: keys.projectId,
      collectorId: keyIdOf(keys.collector.publicKey),
      ...(box === null ? {} : { keys: { ...keys, box } as StickKeys }),
      snapshots: extras.has('snapshots'),
      onDeath: () =>
        time.after(200 + random() * 15_000, () => {
          if (!restoring) process.start()
        }),
    })
    return process
  })
  const answering = () => {
    const up = collectors.filter(process => process.isUp())
    return up[below(up.length)]?.accept ?? null
  }

  const laptops: Laptop[] = []
  const gone = new Set<Laptop>()
  const revoked = new Set<Laptop>()
  const keyOf = new Map<Laptop, SigningKey>()
  const theKeyOf = (laptop: Laptop): SigningKey => {
    const key = keyOf.get(laptop)
    if (key === undefined) throw new Error('a laptop that nobody knows')
    return key
  }
  const addLaptop = (enrolment: EnrolmentFile, deviceKey: SigningKey, copied?: CopiedStore): Laptop => {
    const laptop = createLaptop({
      name: `laptop ${laptops.length + 1}`,
      time,
      network,
      random,
      counts,
      watch,
      enrolment,
      deviceKey,
      answering,
      trueNowMs,
      broken,
      snapshots: extras.has('snapshots'),
      ...(extras.has('files') ? { ledger } : {}),
      ...(extras.has('two laptops') && laptops.length === 1 ? { elsewhere: () => laptops[0]?.saved ?? [] } : {}),
      ...(copied === undefined ? {} : { copied }),
    })
    laptops.push(laptop)
    keyOf.set(laptop, deviceKey)
    return laptop
  }
  const enrolLaptop = (): Laptop => {
    const deviceKey = seededSigningKey(random)
    // The second one is the first officer's as well.
    const officer = extras.has('two laptops') && laptops.length === 1 ? 1 : laptops.length + 1
    const enrolment = enrolmentOf(keys, deviceKey, `officer ${officer}`)
    return addLaptop({ ...enrolment, boxPublicKey: box?.publicKey ?? '' }, deviceKey)
  }
  for (let i = 2 + below(2); i > 0; i -= 1) enrolLaptop()

  return {
    random,
    time,
    counts,
    watch,
    network,
    inspector,
    base,
    restores,
    keys,
    keyOf: theKeyOf,
    broken,
    extras,
    ledger,
    collectors,
    laptops,
    gone,
    revoked,
    trueNowMs,
    enrolLaptop,
    copyLaptop: of => {
      const copy = addLaptop(of.enrolment, theKeyOf(of), { image: of.image(), oldestProtocol: of.oldestProtocol() })
      if (revoked.has(of)) revoked.add(copy)
      return copy
    },
    setRestoring: next => {
      restoring = next
    },
    isRestoring: () => restoring,
  }
}

function enrolmentOf(keys: HouseKeys, deviceKey: SigningKey, officer: string): EnrolmentFile {
  const certificate = signDocument(keys.root, DEVICE_CERTIFICATE_PURPOSE, {
    projectId: keys.projectId,
    deviceId: keyIdOf(deviceKey.publicKey) as DeviceId,
    publicKey: deviceKey.publicKey,
    officer,
    demo: false,
    issuedAtMs: MORNING_MS,
  })
  return {
    format: 1,
    collectorUrl: 'http://127.0.0.1:1',
    collectorId: keyIdOf(keys.collector.publicKey),
    rootPublicKey: keys.root.publicKey,
    boxPublicKey: '',
    certificate,
  }
}
