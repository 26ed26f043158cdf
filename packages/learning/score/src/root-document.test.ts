import { createSigningKey, keyIdOf, type SigningKey } from '@murram/seal'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createTestTrust, type TestTrust } from './fixture-trust.ts'
import { rootOfEnrolment, verifyNextRoot, walkRoots, type RootDocument } from './root-document.ts'

const enrolledIn = ({ centre }: TestTrust): RootDocument =>
  rootOfEnrolment({ projectId: 'kilifi', rootPublicKey: centre.publicKey, demo: false })

test('T1 a device goes along from the key of its enrolment to keys that lie offline', () => {
  const project = createTestTrust()
  const walked = walkRoots(enrolledIn(project), [project.first, project.offline])
  expect(walked).toMatchObject({ refused: null, root: { version: 2, roles: { root: { threshold: 2 } } } })
  expect(walked.taken).toHaveLength(2)
})

test('T1 below the threshold nothing is believed: one stolen root key signs alone, or with strangers', () => {
  const project = createTestTrust()
  const { root } = walkRoots(enrolledIn(project), [project.first, project.offline])
  const [stolen, other] = project.holders as [SigningKey, SigningKey, SigningKey]
  const mine = project.next(root, {})
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 3 }), strangers => {
      const signers = [stolen, ...Array.from({ length: strangers }, createSigningKey), project.centre, project.release]
      expect(verifyNextRoot(root, project.signRoot(mine, signers)).ok).toBe(false)
    }),
    { numRuns: 4 },
  )
  const twice = project.signRoot(mine, [stolen])
  expect(verifyNextRoot(root, { ...twice, signatures: [...twice.signatures, ...twice.signatures] }).ok).toBe(false)
  expect(verifyNextRoot(root, project.signRoot(mine, [stolen, other])).ok).toBe(true)
})

test('T1 new keys alone cannot take over, nor can old ones hand over to keys that did not sign', () => {
  const project = createTestTrust()
  const { root } = walkRoots(enrolledIn(project), [project.first, project.offline])
  const fresh = [createSigningKey(), createSigningKey()]
  const keys = Object.fromEntries(fresh.map(({ publicKey }) => [keyIdOf(publicKey), { publicKey, holder: 'new' }]))
  const taken = project.next(root, {
    keys: { ...root.keys, ...keys },
    roles: { ...root.roles, root: { keyIds: Object.keys(keys), threshold: 2 } },
  })
  expect(verifyNextRoot(root, project.signRoot(taken, fresh)).ok).toBe(false)
  expect(verifyNextRoot(root, project.signRoot(taken, project.holders.slice(0, 2))).ok).toBe(false)
  expect(verifyNextRoot(root, project.signRoot(taken, [...project.holders.slice(0, 2), ...fresh])).ok).toBe(true)
})

test('T2 no document is skipped, comes again, or is of another project or a demo', () => {
  const project = createTestTrust()
  const enrolled = enrolledIn(project)
  expect(walkRoots(enrolled, [project.offline])).toMatchObject({ root: { version: 0 }, taken: [] })
  expect(walkRoots(enrolled, [project.first, project.first]).root.version).toBe(1)
  const { root } = walkRoots(enrolled, [project.first])
  for (const change of [{ projectId: 'turkana' as never }, { demo: true }, { version: 3 }, { version: 1 }])
    expect(verifyNextRoot(root, project.signRoot(project.next(root, change), [project.centre]))).toMatchObject({
      ok: false,
      error: { fault: 'key.root-refused' },
    })
  const stranger = createTestTrust()
  expect(walkRoots(enrolled, [stranger.first]).root.version).toBe(0)
})

test('T3 an expired document is still followed by the next', () => {
  const project = createTestTrust()
  const { root } = walkRoots(enrolledIn(project), [project.first])
  const old = { ...root, expiresAtMs: 1 }
  expect(verifyNextRoot(old, project.signRoot(project.next(old, {}), [project.centre])).ok).toBe(true)
})

test('T1 bit flips: a root document in which any byte changed is never believed, and nothing crashes', () => {
  const project = createTestTrust()
  const { root } = walkRoots(enrolledIn(project), [project.first])
  const bytes = Buffer.from(JSON.stringify(project.offline))
  let read = 0
  for (let at = 0; at < bytes.length; at += 1) {
    const changed = Buffer.from(bytes)
    changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8))
    const parsed = parse(changed)
    if (parsed === undefined) continue
    read += 1
    expect(verifyNextRoot(root, parsed).ok).toBe(false)
  }
  expect(read).toBeGreaterThan(500)
})

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'))
  } catch {
    return undefined
  }
}
