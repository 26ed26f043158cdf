import { signDocument } from '@murram/seal'
import { describe, expect, test } from 'vitest'
import { createTestProject, DAY_MS, fixtureBundle, NOW_MS } from './fixture-bundle.ts'
import { RELEASE_PURPOSE, type Manifest } from './manifest.ts'
import { parseManifest, verifyRelease, type ReleaseCheck } from './release.ts'

const project = createTestProject()
const { manifest } = fixtureBundle('linear')

const check = (changes: Partial<ReleaseCheck> = {}): ReleaseCheck => ({
  signed: project.sign(manifest),
  chain: project.certify(),
  rootPublicKey: project.root.publicKey,
  projectId: 'kilifi',
  highestCounter: 6,
  nowMs: NOW_MS,
  formVersions: ['2', '3'],
  allowDemo: false,
  ...changes,
})
const signed = (changes: Partial<Manifest>) => project.sign({ ...manifest, ...changes })
const refusal = (changes: Partial<ReleaseCheck>) => {
  const verified = verifyRelease(check(changes))
  return verified.ok ? 'installed' : verified.error.fault
}

test('a release of this project, newer, fresh and for a form that is here, is let in', () => {
  expect(verifyRelease(check())).toEqual({ ok: true, value: manifest })
})

test('what came through JSON verifies as well', () => {
  const travelled = JSON.parse(
    JSON.stringify({ signed: project.sign(manifest), chain: project.certify() }),
  ) as ReleaseCheck
  expect(refusal({ signed: travelled.signed, chain: travelled.chain })).toBe('installed')
})

describe('signatures', () => {
  const stranger = createTestProject()

  test('a release key that another root certified is refused', () => {
    expect(refusal({ chain: stranger.certify({ publicKey: project.release.publicKey }) })).toBe('bundle.bad-signature')
  })

  test('a manifest that another key signed is refused', () => {
    expect(refusal({ signed: stranger.sign(manifest) })).toBe('bundle.bad-signature')
  })

  test('a manifest changed after it was signed is refused, whatever was changed', () => {
    const { body, ...rest } = project.sign(manifest)
    const changes: readonly Partial<Manifest>[] = [
      { counter: 900 },
      { expiresAtMs: body.expiresAtMs + 1 },
      { threshold: 0.4 },
      { formVersions: ['3'] },
      { files: body.files.map(file => ({ ...file, sizeBytes: file.sizeBytes + 1 })) },
      { conformal: null },
    ]
    for (const change of changes)
      expect(refusal({ signed: { ...rest, body: { ...body, ...change } } })).toBe('bundle.bad-signature')
  })

  test('a document signed for another purpose is no release', () => {
    expect(refusal({ signed: signDocument(project.release, 'device-certificate', manifest) })).toBe(
      'bundle.bad-signature',
    )
    expect(refusal({ signed: signDocument(project.root, RELEASE_PURPOSE, manifest) })).toBe('bundle.bad-signature')
  })

  test('a release key serves the project it was certified for and no other', () => {
    expect(refusal({ chain: project.certify({ projectId: 'turkana' }) })).toBe('bundle.bad-signature')
  })
})

test('a demo key is refused outside the demo, and let in inside it', () => {
  const demo = { chain: project.certify({ demo: true }), signed: signed({ demo: true }) }
  expect(refusal(demo)).toBe('key.demo-refused')
  expect(refusal({ chain: project.certify({ demo: true }) })).toBe('key.demo-refused')
  expect(refusal({ ...demo, allowDemo: true })).toBe('installed')
})

test('going back: a counter that was seen is refused, also for a rollback', () => {
  expect(refusal({ highestCounter: 7 })).toBe('bundle.counter-not-higher')
  expect(refusal({ highestCounter: 8 })).toBe('bundle.counter-not-higher')
  expect(refusal({ highestCounter: 7, signed: signed({ reason: 'rollback' }) })).toBe('bundle.counter-not-higher')
  expect(refusal({ highestCounter: 7, signed: signed({ reason: 'rollback', counter: 8 }) })).toBe('installed')
})

test('freezing: an expired release is not installed', () => {
  expect(refusal({ nowMs: manifest.expiresAtMs - 1 })).toBe('installed')
  expect(refusal({ nowMs: manifest.expiresAtMs })).toBe('bundle.expired')
  expect(refusal({ nowMs: manifest.expiresAtMs + 400 * DAY_MS })).toBe('bundle.expired')
})

test('a release for another project is refused, though its keys are in order', () => {
  const other = { signed: signed({ projectId: 'turkana' }), chain: project.certify({ projectId: 'turkana' }) }
  expect(refusal(other)).toBe('bundle.incompatible')
})

test('a release for other versions of the form is refused and says which', () => {
  const verified = verifyRelease(check({ formVersions: ['1', '2'] }))
  expect(verified).toMatchObject({
    ok: false,
    error: { fault: 'bundle.incompatible', data: { formId: 'household', wanted: ['3', '4'], present: ['1', '2'] } },
  })
})

test('the first no is the answer: an unsigned release is not told that it is old', () => {
  const all = { highestCounter: 99, nowMs: manifest.expiresAtMs + 1, projectId: 'turkana', formVersions: [] }
  expect(refusal({ ...all, signed: { ...project.sign(manifest), signature: 'AAAA' } })).toBe('bundle.bad-signature')
  expect(refusal(all)).toBe('bundle.counter-not-higher')
  expect(refusal({ ...all, highestCounter: 1 })).toBe('bundle.expired')
  expect(refusal({ ...all, highestCounter: 1, nowMs: NOW_MS })).toBe('bundle.incompatible')
})

describe('what is no manifest at all', () => {
  test.each([
    ['nothing', undefined],
    ['a text', 'manifest'],
    ['no signature', { body: manifest }],
    ['a missing field', signed({ inputs: undefined as never })],
    ['a stranger field', project.sign({ ...manifest, extra: 1 } as Manifest)],
    ['a file twice', signed({ files: [...manifest.files.slice(1), manifest.files[1]!] })],
    ['a file left out', signed({ files: manifest.files.slice(1) })],
    ['a positive class that is none', signed({ positive: 'rich' })],
    ['a file of a gigabyte', signed({ files: manifest.files.map(file => ({ ...file, sizeBytes: 1e9 })) })],
  ])('%s is malformed', (_, document) => {
    expect(refusal({ signed: document })).toBe('bundle.malformed')
    expect(parseManifest(document)).toMatchObject({ ok: false, error: { fault: 'bundle.malformed' } })
  })
})
