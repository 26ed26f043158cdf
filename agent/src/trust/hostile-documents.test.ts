/**
 * Signed documents in which anything was changed: each as it comes from a link or a stick, to whatever reads it.
 * None is believed, none throws, and what the device keeps is what it kept.
 *
 * Not here: which attack is refused by which fault (`refusals.test.ts`).
 */
import { createSigningKey } from '@murram/seal'
import { verifyRelease, verifyRolloutOrder } from '@murram/score'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { silentLog } from '../diagnostics/log.ts'
import type { EnrolmentFile } from '../enrolment/enrolment-file.ts'
import { makeTestRollout } from '../test-house/test-release.ts'
import { createTestTrust } from '../test-house/test-trust.ts'
import { openTrustStore } from './trust-store.ts'

const NOW = Date.UTC(2026, 10, 22)
const centre = createSigningKey()
const project = createTestTrust(centre, 'kilifi', NOW)
const certificate = { body: { projectId: 'kilifi', demo: true } }
const enrolment = { rootPublicKey: centre.publicKey, certificate } as EnrolmentFile
const release = project.publish()
const rollout = makeTestRollout({ releaseKey: project.release, release, said: { orderNumber: 7 } })
const orders = { vulnerability: { releaseId: 'release-7', counter: 7, orderNumber: 7, state: 'complete' as const } }
const freshness = project.state({ orders })

function open(values = new Map<string, string>()) {
  const kept = { get: (name: string) => values.get(name) ?? null, set: (n: string, v: string) => void values.set(n, v) }
  return { values, trust: openTrustStore({ values: kept, enrolment, now: () => NOW, log: silentLog }) }
}
const told = open()
told.trust.hear({ roots: [...project.roots], freshness: null })
const context = { rootPublicKey: centre.publicKey, trust: told.trust, projectId: 'kilifi', allowDemo: true, nowMs: NOW }

const deep: unknown = JSON.parse(`${'['.repeat(20_000)}${']'.repeat(20_000)}`)
const primitives = [null, undefined, true, -1, -0, 0.5, 1e300, 2 ** 53, 7n, Number.NaN, Number.POSITIVE_INFINITY]
const texts = ['', '\0', '\ud800', 'x'.repeat(70_000), JSON.parse('{"__proto__":{"a":1}}') as unknown]
const objects = [[], {}, deep, new Uint8Array(3), new Map([['a', 1]]), new Date(0), () => 1, { toString: null }]
const values: readonly unknown[] = [...primitives, ...texts, ...objects]
const nasty = fc.constantFrom(...values)
const names = fc.constantFrom('__proto__', 'constructor', 'toString', 'extra', '')

type Change = {
  readonly at: number
  readonly how: 'drop' | 'put' | 'add' | 'flip' | 'twice'
  readonly name: string
  readonly value: unknown
}
const change: fc.Arbitrary<Change> = fc.record({
  at: fc.nat(),
  how: fc.constantFrom('drop', 'put', 'add', 'flip', 'twice'),
  name: names,
  value: nasty,
})

/** A copy, changed in one place. */
function changed(document: unknown, { at, how, name, value }: Change): unknown {
  const copy = structuredClone({ document }) as Record<string, unknown>
  const places: [Record<string, unknown>, string][] = []
  const walk = (holder: Record<string, unknown>): void => {
    for (const key of Object.keys(holder)) {
      places.push([holder, key])
      if (typeof holder[key] === 'object' && holder[key] !== null) walk(holder[key] as Record<string, unknown>)
    }
  }
  walk(copy)
  const [holder, key] = places[at % places.length]!
  const old = holder[key]
  if (how === 'drop') delete holder[key]
  else if (how === 'add')
    Object.defineProperty(holder, name, { value, enumerable: true, configurable: true, writable: true })
  else if (how === 'flip' && typeof old === 'string' && old !== '')
    holder[key] = String.fromCharCode(old.charCodeAt(0) ^ 1) + old.slice(1)
  else if (how === 'flip' && typeof old === 'number') holder[key] = old + 1
  else if (how === 'twice' && Array.isArray(old)) holder[key] = [...(old as unknown[]), ...(old as unknown[])]
  else holder[key] = value
  return copy['document']
}

/** Fails where something is believed that the true one does not say. */
const untrue = (document: unknown, read: (given: unknown) => unknown) =>
  fc.check(
    fc.property(change, one => {
      const said = read(changed(document, one))
      return said === null || JSON.stringify(said) === JSON.stringify(read(document))
    }),
    { numRuns: 100 },
  ).counterexample

const valueOf = (read: { readonly ok: boolean; readonly value?: unknown }) => (read.ok ? read.value : null)

test('a root document', () => {
  const found = untrue([...project.roots], roots => {
    const one = open()
    one.trust.hear({ roots: Array.isArray(roots) ? roots : [roots], freshness: null })
    const { version } = one.trust.current()
    // The first of the two may have been whole.
    return version < 2 && open(one.values).trust.current().version === version ? null : one.trust.current()
  })
  expect(found).toBeNull()
})

test('what is fresh', () => {
  const found = untrue(freshness, said => {
    const one = open(new Map(told.values))
    const refused = one.trust.hear({ roots: [], freshness: said })
    const isKept = JSON.stringify([...one.values]) === JSON.stringify([...told.values])
    return refused.length > 0 && !isKept ? 'something was kept' : one.trust.statement()
  })
  expect(found).toBeNull()
})

test('a manifest and its certificate', () => {
  const check = { highestCounter: -1, formVersions: ['1'], ...context }
  const read = (given: unknown) => valueOf(verifyRelease({ ...check, ...(given as typeof release) }))
  expect(untrue({ signed: release.signed, chain: release.chain }, read)).toBeNull()
})

test('an order on how far a release goes out', () => {
  const read = (given: unknown) =>
    valueOf(verifyRolloutOrder({ ...context, heard: () => 0, ...(given as typeof rollout) }))
  expect(read(rollout)).toMatchObject({ orderNumber: 7 })
  expect(untrue({ order: rollout.order, chain: rollout.chain }, read)).toBeNull()
})
