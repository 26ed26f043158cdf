/**
 * What a device does not install, whoever offers it. Each after an attack on a system of updates;
 * the trust store and the installer are the device's own, only disk and socket are not.
 *
 *   RF1 rollback              RF2 freeze                   RF3 an older one than the others have
 *   RF4 mix-and-match         RF5 fast-forward             RF6 the wrong form, the wrong project
 *   RF7 endless data          RF8 root keys below the threshold
 *   RF9 a release key that was replaced                    RF10 any byte changed
 *   RF11 an expired root      RF12 all of it after a restart, and from a stick
 *   RF13 an order that is kept back                        RF14 a clock that is a year ahead, or dead
 */
import { createSigningKey, signDocument, type SigningKey } from '@murram/seal'
import { noCrashPoint, ok } from '@murram/ground'
import { RELEASE_KEY_PURPOSE, type FreshnessStatement, type Manifest, type RolloutOrder } from '@murram/score'
import type { ReleaseBody, RolloutBody } from '@murram/wire'
import { describe, expect, test } from 'vitest'
import { silentLog } from '../diagnostics/log.ts'
import type { EnrolmentFile } from '../enrolment/enrolment-file.ts'
import { createReleaseInstall, type WithheldReport } from '../shelf/release-install.ts'
import type { ModelSlots } from '../shelf/model-slots.ts'
import { makeTestRollout, type TestRelease } from '../test-house/test-release.ts'
import { createTestTrust } from '../test-house/test-trust.ts'
import { openTrustStore, type TrustStore } from './trust-store.ts'

const NOW = Date.UTC(2026, 10, 21)
const DAY_MS = 86_400_000
const centre = createSigningKey()
const project = createTestTrust(centre, 'kilifi', NOW)
const enrolment = {
  rootPublicKey: centre.publicKey,
  certificate: { body: { projectId: 'kilifi', demo: true, deviceId: 'd'.repeat(32) } },
} as EnrolmentFile

interface Device {
  readonly trust: TrustStore
  /** The fault, or `installed`. */
  readonly offer: (
    release: Pick<TestRelease, 'signed' | 'chain'>,
    how?: { readonly stick?: boolean },
  ) => Promise<string>
  /** Heard and followed. */
  readonly order: (row: RolloutBody, how?: { readonly stick?: boolean }) => Promise<string>
  readonly withheld: () => readonly WithheldReport[]
  readonly asked: () => number
  /** Another process on the same store. */
  readonly again: (nowMs?: number) => Device
}

function device({
  values = new Map<string, string>(),
  nowMs = NOW,
  served = project.publish().files,
  clock = () => nowMs,
} = {}): Device {
  const kept = { get: (name: string) => values.get(name) ?? null, set: (n: string, v: string) => void values.set(n, v) }
  const now = clock
  const trust = openTrustStore({ values: kept, enrolment, now, log: silentLog })
  let asked = 0
  const slots = {
    active: () => null,
    fileInForce: () => null,
    isLeft: () => false,
    fileHere: async () => null,
    highest: () => JSON.parse(values.get('highest') ?? '{"counter":-1}') as never,
    isDamaged: () => false,
    shadow: () => null,
    tryBundle: async manifest => ok({ manifest } as never),
    writeSlot: async () => {},
    activate: async ({ manifest }, signedBy) =>
      void values.set('highest', JSON.stringify({ counter: manifest.counter, signedBy })),
  } as Partial<ModelSlots> as ModelSlots
  const forms = { versions: (formId: string) => (formId === 'household' ? ['1'] : []) }
  const deps = {
    enrolment,
    forms,
    slots,
    trust,
    values: kept,
    allowDemo: true,
    now,
    log: silentLog,
    crashPoint: noCrashPoint,
  }
  const installer = createReleaseInstall(deps)
  const verdict = (report: Awaited<ReturnType<typeof installer.consider>>) =>
    report?.state === 'refused' ? (report.fault?.fault ?? '') : (report?.state ?? 'nothing')
  return {
    trust,
    asked: () => asked,
    again: (later = nowMs) => device({ values, nowMs: later, served }),
    offer: async ({ signed, chain }, { stick = false } = {}) => {
      const fetch = async (hash: string) => {
        asked += 1
        const entry = signed.body.files.find(({ sha256 }) => sha256 === hash)
        return ok(served.get(entry?.name ?? '') ?? new Uint8Array())
      }
      const report = await installer.consider({ signed, chain } as ReleaseBody, fetch, stick ? 'stick' : 'line')
      return verdict(report)
    },
    order: async (row, { stick = false } = {}) => {
      installer.hear(row)
      const { files } = row.release.signed.body as Manifest
      const fetch = async (hash: string) =>
        ok(served.get(files.find(({ sha256 }) => sha256 === hash)?.name ?? '') ?? new Uint8Array())
      return verdict(await installer.follow(row, fetch, stick ? 'stick' : 'line'))
    },
    withheld: installer.withheld,
  }
}

/** One that has heard the roots and what is fresh. */
function told(freshness: unknown = project.state(), options = {}): Device {
  const one = device(options)
  expect(one.trust.hear({ roots: [...project.roots], freshness })).toEqual([])
  return one
}

/** The root document of this version says that this key states what is fresh, and it does. */
function freshBy(key: SigningKey, version: number, said: Partial<FreshnessStatement> = {}) {
  const { keyId } = signDocument(key, 'x', 0)
  const body = project.rotate(project.release, { version })
  const keys = { ...body.keys, [keyId]: { publicKey: key.publicKey, holder: 'collector' } }
  const roles = { ...body.roles, freshness: { keyIds: [keyId], threshold: 1 } }
  const root = project.signRoot({ ...body, keys, roles }, project.holders.slice(0, 2))
  return { roots: [root], freshness: project.state({ ...said, rootVersion: version }, key) }
}

test('what the project released is installed, over the line and from a stick', async () => {
  expect(await told().offer(project.publish())).toBe('installed')
  expect(await told(null).offer(project.publish(), { stick: true })).toBe('installed')
})

test('RF1 rollback: what is not above the highest counter, also after a restart', async () => {
  const one = told()
  expect(await one.offer(project.publish({ counter: 9 }))).toBe('installed')
  expect(await one.offer(project.publish({ counter: 8 }))).toBe('bundle.counter-not-higher')
  expect(await one.again().offer(project.publish({ counter: 8 }))).toBe('bundle.counter-not-higher')
})

describe('RF2 freeze', () => {
  test('no statement, an expired one, one older than what was heard, an expired release', async () => {
    expect(await told(null).offer(project.publish())).toBe('freshness.missing')
    expect(await told(project.state(), { nowMs: NOW + 8 * DAY_MS }).offer(project.publish())).toBe('freshness.refused')
    expect(await told().offer(project.publish({ expiresAtMs: NOW - 1 }))).toBe('bundle.expired')
    const one = told()
    const older = project.state({ issuedAtMs: NOW - DAY_MS, expiresAtMs: NOW + DAY_MS })
    expect(one.trust.hear({ roots: [], freshness: older })).toMatchObject([{ fault: 'freshness.refused' }])
    expect(one.again().trust.hear({ roots: [], freshness: older })).toMatchObject([{ fault: 'freshness.refused' }])
  })

  test('a clock that went back does not make an old statement young', async () => {
    const later = project.state({ issuedAtMs: NOW + 20 * DAY_MS, expiresAtMs: NOW + 27 * DAY_MS })
    const one = told(later)
    expect(one.trust.nowMs()).toBe(NOW + 20 * DAY_MS)
    expect(await one.again(0).offer(project.publish({ expiresAtMs: NOW + 10 * DAY_MS }))).toBe('bundle.expired')
  })
})

test('RF3 an older release than the others have, though it is newer than what is here', async () => {
  const ahead = { vulnerability: { releaseId: 'release-9', counter: 9 } }
  const one = told(project.state({ releases: ahead }))
  expect(await one.offer(project.publish({ counter: 8 }))).toBe('bundle.withheld')
  expect(await one.offer(project.publish({ counter: 9 }))).toBe('installed')
})

describe('RF4 mix-and-match', () => {
  test('a file of one release in another', async () => {
    const [mine, other] = [project.publish(), new Map(project.publish().files)]
    other.set('card.md', new TextEncoder().encode('# Another'))
    expect(await told(project.state(), { served: other }).offer(mine)).toBe('bundle.hash-mismatch')
  })

  test('the manifest of one under the certificate of another, or of a former key', async () => {
    const { signed } = project.publish()
    const { chain } = project.publish({}, createSigningKey())
    expect(await told().offer({ signed, chain })).toBe('bundle.bad-signature')
  })

  test('a statement of another root document, or of another project', () => {
    const one = device()
    const [first] = project.roots
    expect(one.trust.hear({ roots: [first], freshness: project.state() })).toMatchObject([
      { fault: 'freshness.refused' },
    ])
    const two = told(null)
    expect(two.trust.hear({ roots: [], freshness: project.state({ rootVersion: 1 }) })).toHaveLength(1)
    expect(two.trust.hear({ roots: [], freshness: project.state({ projectId: 'turkana' }) })).toHaveLength(1)
    expect(two.trust.statement()).toBeNull()
  })
})

test('RF5 fast-forward: a number years ahead is refused, and locks nothing', async () => {
  const one = told()
  const seconds = Math.floor(NOW / 1_000)
  expect(await one.offer(project.publish({ counter: 2 ** 48 }))).toBe('bundle.counter-absurd')
  expect(await one.offer(project.publish({ counter: seconds + 3 * 31_557_600 }))).toBe('bundle.counter-absurd')
  expect(await one.offer(project.publish({ counter: seconds }))).toBe('installed')
})

test('RF5 a stolen freshness key that wrote of next year is forgotten with that key', async () => {
  const [stolen, fresh] = [createSigningKey(), createSigningKey()]
  const one = told()
  const nextYear = { issuedAtMs: NOW + 300 * DAY_MS, expiresAtMs: NOW + 307 * DAY_MS }
  one.trust.hear(freshBy(stolen, 3, nextYear))
  expect(one.trust.nowMs()).toBeGreaterThan(NOW)
  expect(one.trust.hear(freshBy(fresh, 4))).toEqual([])
  expect(one.trust.nowMs()).toBe(NOW)
  expect(await one.offer(project.publish())).toBe('installed')
})

test('RF6 the wrong form and the wrong project', async () => {
  expect(await told().offer(project.publish({ formVersions: ['9'] }))).toBe('bundle.incompatible')
  expect(await told().offer(project.publish({ formId: 'school' }))).toBe('bundle.incompatible')
  expect(await told().offer(project.publish({ projectId: 'turkana' }))).toBe('bundle.incompatible')
})

test('RF7 endless data: what is larger than a device takes is refused before a byte is asked for', async () => {
  const { files } = project.publish().signed.body
  const sized = (sizeBytes: number) => project.publish({ files: files.map(file => ({ ...file, sizeBytes })) })
  const one = told()
  expect(await one.offer(sized(15_000_000))).toBe('bundle.too-large')
  expect(await one.offer(sized(1e12))).toBe('bundle.malformed')
  expect(one.asked()).toBe(0)
})

test('RF8 one stolen root key makes no root document', () => {
  const thief = createSigningKey()
  const taken = project.rotate(thief)
  const one = told()
  const stolen = project.holders[2]
  for (const keys of [[stolen], [stolen, thief, centre, project.release]])
    expect(one.trust.hear({ roots: [project.signRoot(taken, keys)], freshness: null })).toMatchObject([
      { fault: 'key.root-refused' },
    ])
  expect(one.trust.current().version).toBe(2)
})

test('RF9 a stolen release key is worth nothing once it was replaced, and what is in force stays', async () => {
  const [fresh, one] = [createSigningKey(), told()]
  expect(await one.offer(project.publish())).toBe('installed')
  const root = project.signRoot(project.rotate(fresh), project.holders.slice(1))
  expect(one.trust.hear({ roots: [root], freshness: project.state({ rootVersion: 3 }) })).toEqual([])
  expect(await one.offer(project.publish({ counter: 8 }))).toBe('bundle.bad-signature')
  expect(await one.again().offer(project.publish({ counter: 8 }), { stick: true })).toBe('bundle.bad-signature')
  // What it signed while it was trusted still loads after a restart.
  const { keyId } = project.publish().signed
  expect(one.again().trust.whenReleasedBy(keyId).current().version).toBe(2)
  expect(await one.offer(project.publish({ counter: 9 }, fresh))).toBe('installed')
})

test('RF10 any byte of manifest or certificate changed: never installed, never a crash', async () => {
  const { signed, chain } = project.publish()
  const text = JSON.stringify({ signed, chain })
  const one = told(null)
  let offered = 0
  for (let at = 0; at < text.length; at += 1) {
    const bytes = Buffer.from(text)
    bytes[at] = (bytes[at] ?? 0) ^ (1 << (at % 7))
    const changed = parse(bytes)
    if (changed === undefined) continue
    offered += 1
    expect(await one.offer(changed, { stick: true })).not.toBe('installed')
  }
  expect(offered).toBeGreaterThan(900)
})

test('RF11 under an expired root nothing is installed, until the next one comes', async () => {
  const one = told(null)
  const expired = project.rotate(project.release, { expiresAtMs: NOW - 1 })
  one.trust.hear({ roots: [project.signRoot(expired, project.holders.slice(0, 2))], freshness: null })
  expect(await one.offer(project.publish(), { stick: true })).toBe('key.root-expired')
  const next = project.rotate(project.release, { version: 4 })
  one.trust.hear({ roots: [project.signRoot(next, project.holders.slice(0, 2))], freshness: null })
  expect(await one.offer(project.publish(), { stick: true })).toBe('installed')
})

test('RF12 the highest root document is remembered, and no old one leads back', async () => {
  const one = told().again()
  expect(one.trust.current().version).toBe(2)
  one.trust.hear({ roots: [project.roots[0]], freshness: null })
  expect(one.trust.current().version).toBe(2)
  const release = project.publish({}, createSigningKey())
  const old = signDocument(centre, RELEASE_KEY_PURPOSE, release.chain.body)
  expect(await one.offer({ signed: release.signed, chain: old }, { stick: true })).toBe('bundle.bad-signature')
})

/** All devices in one ring that is open. */
const rollout = (
  counter: number,
  said: Partial<RolloutOrder> & { orderNumber: number },
  releaseKey = project.release,
) => makeTestRollout({ releaseKey, release: project.publish({ counter }, releaseKey), said })
/** What is fresh names an order on release 9. */
const statedIn = (orderNumber: number, state: 'halted' | 'complete' = 'halted') => ({
  orders: { vulnerability: { releaseId: 'release-9', counter: 9, orderNumber, state } },
})
const stating = (orderNumber: number, changes = {}) => project.state({ ...statedIn(orderNumber), ...changes })

describe('RF13 an order that is kept back', () => {
  test('a withheld halt is seen: nothing of the model is installed, by line or stick, and the centre is told', async () => {
    const one = told(stating(21))
    expect(await one.order(rollout(9, { orderNumber: 20 }))).toBe('nothing')
    expect(one.withheld()).toEqual([
      { kind: 'withheld', modelName: 'vulnerability', orderNumber: 21, heard: 20, atMs: NOW },
    ])
    expect(await one.offer(project.publish({ counter: 9 }))).toBe('nothing')
    expect(await one.again().order(rollout(9, { orderNumber: 20 }), { stick: true })).toBe('nothing')
    expect(one.asked()).toBe(0)
    // It comes, and it was a halt; then what it was resumed by.
    expect(await one.order(rollout(9, { orderNumber: 21, state: 'halted' }))).toBe('nothing')
    expect(one.withheld()).toEqual([])
    expect(await one.order(rollout(9, { orderNumber: 22 }))).toBe('installed')
  })

  test('an earlier statement of the same hour does not take it back, nor does a restart; another key does', async () => {
    const one = told(stating(21))
    expect(one.trust.hear({ roots: [], freshness: stating(20) })).toEqual([])
    expect(await one.again().order(rollout(9, { orderNumber: 20 }))).toBe('nothing')
    expect(one.trust.hear(freshBy(createSigningKey(), 3, statedIn(20)))).toEqual([])
    expect(await one.order(rollout(9, { orderNumber: 20 }))).toBe('installed')
  })

  test('where none was ever heard, as after an update, what is fresh says by itself what is held back', async () => {
    expect(await told(stating(21)).offer(project.publish({ counter: 9 }))).toBe('nothing')
    expect(await told(stating(21)).offer(project.publish({ counter: 8 }))).toBe('installed')
    const one = told(project.state(statedIn(21, 'complete')))
    expect(await one.offer(project.publish({ counter: 9 }))).toBe('installed')
    expect(one.withheld()).toEqual([])
  })

  test('what is said of one model holds up no other, whatever it is called', async () => {
    const orders = JSON.parse('{"__proto__":{"releaseId":"x","counter":1,"orderNumber":99}}') as never
    expect(told().trust.hear({ roots: [], freshness: project.state({ orders }) })).toHaveLength(1)
    expect(await told(stating(21)).offer(project.publish({ modelName: 'constructor' }))).toBe('installed')
  })
})

describe('RF5 what a stolen release key has counted up is forgotten with it', () => {
  const [fresh, years] = [createSigningKey(), Math.floor(NOW / 1_000) + 50_000_000]
  const replaced = () => ({
    roots: [project.signRoot(project.rotate(fresh), project.holders.slice(1))],
    freshness: project.state({ rootVersion: 3 }),
  })

  test('the number of a release', async () => {
    const one = told()
    expect(await one.offer(project.publish({ counter: years }))).toBe('installed')
    expect(one.trust.hear(replaced())).toEqual([])
    expect(await one.again().offer(project.publish({ counter: 9 }, fresh))).toBe('installed')
    expect(await one.again().offer(project.publish({ counter: 8 }, fresh))).toBe('bundle.counter-not-higher')
  })

  test('the number of an order, and one that lies beyond belief is not heard at all', async () => {
    const one = told()
    expect(await one.order(rollout(9, { orderNumber: Number.MAX_SAFE_INTEGER, state: 'halted' }))).toBe('nothing')
    expect(await one.order(rollout(7, { orderNumber: 19 }))).toBe('installed')
    expect(await one.order(rollout(9, { orderNumber: years, state: 'halted' }))).toBe('nothing')
    expect(await one.order(rollout(9, { orderNumber: 20 }))).toBe('nothing')
    expect(one.trust.hear(replaced())).toEqual([])
    expect(await one.again().order(rollout(10, { orderNumber: 20 }, fresh))).toBe('installed')
  })
})

describe('RF14 the clock of the device', () => {
  test('a year ahead: nothing is installed, and why is said; set right, the same release is', async () => {
    let nowMs = NOW + 400 * DAY_MS
    const one = told(project.state(), { clock: () => nowMs })
    const release = project.publish({ expiresAtMs: NOW + 90 * DAY_MS })
    expect(await one.offer(release)).toBe('key.root-expired')
    nowMs = NOW + 300 * DAY_MS
    expect(await one.offer(release)).toBe('bundle.expired')
    expect(await one.offer(project.publish())).toBe('freshness.refused')
    nowMs = NOW
    expect(await one.offer(release)).toBe('installed')
  })

  test('dead, in 1970 at each start: what is fresh is installed, and nothing comes in that has gone', async () => {
    const one = told(project.state(), { nowMs: 0 })
    expect(await one.offer(project.publish({ expiresAtMs: NOW - 1 }), { stick: true })).toBe('bundle.expired')
    expect(await one.offer(project.publish({ counter: Math.floor(NOW / 1_000) }))).toBe('installed')
    const later = { issuedAtMs: NOW + 20 * DAY_MS, expiresAtMs: NOW + 27 * DAY_MS }
    await one.order(rollout(9, { orderNumber: 4, state: 'halted' }))
    expect(one.again(0).trust.hear({ roots: [], freshness: stating(5, later) })).toEqual([])
    expect(one.again(0).trust.hear({ roots: [], freshness: project.state() })).toHaveLength(1)
    expect(one.again(0).withheld()).toHaveLength(1)
  })
})

test('a device whose project has no root document yet goes by the key of its enrolment', async () => {
  const one = device()
  expect(await one.offer(project.publish())).toBe('installed')
})

function parse(bytes: Uint8Array): TestRelease | undefined {
  try {
    const read = JSON.parse(Buffer.from(bytes).toString('utf8')) as Partial<TestRelease>
    return read.signed === undefined || read.chain === undefined ? undefined : (read as TestRelease)
  } catch {
    return undefined
  }
}
