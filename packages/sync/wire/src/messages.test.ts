import type { DeviceId, EntityId, FormId, InstanceId, ProjectId, Sha256, StoreId } from '@murram/ground'
import { keyIdOf, sha256, signDocument } from '@murram/seal'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DEVICE_CERTIFICATE_PURPOSE } from './device-certificate.ts'
import { decodeDown, encodeDown, type Down } from './down.ts'
import type { FeedRow } from './feed-row.ts'
import { readFeedBody } from './feed-bodies.ts'
import { encodeFrame } from './frame.ts'
import { pageChecksum } from './page-checksum.ts'
import { decodeUp, encodeUp, type Up } from './up.ts'
import { MAX_PIECE_BYTES } from './up/piece.ts'
import { deviceKey, sender } from './wire-fixtures.ts'

const projectId = 'demo' as ProjectId
const certificate = signDocument(deviceKey, DEVICE_CERTIFICATE_PURPOSE, {
  projectId,
  deviceId: sender.deviceId,
  publicKey: deviceKey.publicKey,
  officer: 'Achieng',
  demo: true,
  issuedAtMs: 1,
})
const hash: Sha256 = sha256('x')
const entityId = '11111111-1111-4111-8111-111111111111' as EntityId
const instanceId = `uuid:${entityId}` as InstanceId

const ups: readonly Up[] = [
  {
    type: 'hello',
    protocol: 1,
    projectId,
    deviceId: sender.deviceId,
    storeId: 'b'.repeat(32) as StoreId,
    certificate,
    agentVersion: '0.1.0',
    clockMs: 5.5,
    lastN: 0,
  },
  { type: 'auth', answer: certificate.signature },
  { type: 'pull', from: { epoch: 1, number: 0 }, maxBytes: 64_000 },
  { type: 'want', sha256: hash, offset: 0, length: 32_000 },
  {
    type: 'report',
    reports: [
      { kind: 'release', releaseId: 'v-1', counter: 3, state: 'refused', fault: { fault: 'bundle.expired' }, atMs: 1 },
      { kind: 'status', queued: 0, modelCounter: 0, atMs: 1 },
    ],
  },
  { type: 'ping' },
  { type: 'offer', offer: 1, sha256: hash, sizeBytes: 5, mediaType: 'image/jpeg', purpose: 'attachment' },
]
const downs: readonly Down[] = [
  {
    type: 'challenge',
    challenge: { nonce: deviceKey.publicKey, projectId, collectorId: 'c', serverTimeMs: 1 },
    protocol: 1,
    minProtocol: 1,
  },
  {
    type: 'welcome',
    epoch: 1,
    durableUpto: 0,
    safeUpto: 0,
    serverTimeMs: 1,
    feedNumber: 0,
    creditBytes: 1,
    maxFrameBytes: 1,
  },
  {
    type: 'page',
    epoch: 1,
    from: 0,
    to: 9,
    rows: [{ number: 9, kind: 'entity', key: 'k', body: null }],
    checksum: '1-00',
    more: false,
  },
  { type: 'refused', fault: { fault: 'sync.device-revoked', detail: 'left' } },
  { type: 'hint', feedNumber: 3 },
  { type: 'pong' },
  { type: 'have', offer: 1, haveBytes: 3, complete: false },
]

describe('messages', () => {
  test('come back as they went', () => {
    for (const message of ups) expect(decodeUp(encodeUp(message))).toEqual({ ok: true, value: message })
    for (const message of downs) expect(decodeDown(encodeDown(message))).toEqual({ ok: true, value: message })
    const piece = decodeUp(encodeUp({ type: 'piece', offer: 1, offset: 7, bytes: Uint8Array.from([1, 2]) }))
    expect(piece.ok && piece.value.type === 'piece' && [...piece.value.bytes]).toEqual([1, 2])
    const chunk = decodeDown(
      encodeDown({ type: 'chunk', sha256: hash, offset: 0, totalBytes: 3, bytes: Uint8Array.from([1, 2, 3]) }),
    )
    expect(chunk.ok && chunk.value.type === 'chunk' && [...chunk.value.bytes]).toEqual([1, 2, 3])
  })

  test('with a member more or less are refused, and so is what the other side should say', () => {
    for (const [decode, messages, others] of [
      [decodeUp, ups, downs],
      [decodeDown, downs, ups],
    ] as const) {
      for (const message of messages) {
        expect(decode(encodeFrame({ ...message, extra: 1 })).ok, `${message.type} is for the other side`).toBe(false)
        for (const name of Object.keys(message)) {
          const { [name as 'type']: _gone, ...rest } = message
          expect(decode(encodeFrame(rest)).ok, `${message.type} without ${name}`).toBe(false)
        }
      }
      for (const message of others)
        expect(decode(encodeFrame(message)).ok, `${message.type} is for the other side`).toBe(false)
    }
  })

  test('a piece without bytes, or with more than may wait before what is urgent, is refused', () => {
    for (const sizeBytes of [0, MAX_PIECE_BYTES + 1]) {
      const read = decodeUp(encodeFrame({ type: 'piece', offer: 1, offset: 0, bytes: new Uint8Array(sizeBytes) }))
      expect(read.ok ? null : read.error.fault).toBe('wire.malformed')
    }
  })

  test('a fault that this build does not know is read, not refused', () => {
    const read = decodeDown(encodeFrame({ type: 'refused', fault: { fault: 'moon.full', detail: 'tonight' } }))
    expect(read).toEqual({
      ok: true,
      value: { type: 'refused', fault: { fault: 'wire.unexpected', detail: 'moon.full: tonight' } },
    })
  })
})

test('feed bodies are read by kind; what does not fit is refused with its reason', () => {
  const entity = {
    entityId,
    dataset: 'households',
    label: null,
    properties: { roof: '' },
    conflicted: [],
    canonicalId: entityId,
  }
  expect(readFeedBody('entity', entity)).toEqual({ ok: true, value: entity })
  expect(readFeedBody('form', entity)).toMatchObject({ ok: false, error: { fault: 'wire.malformed' } })
  expect(readFeedBody('entity', null).ok).toBe(false)
  const answer = {
    answer: 'iron',
    instanceId,
    deviceId: keyIdOf(deviceKey.publicKey) as DeviceId,
    stamp: '0197f3c2a1b0-0000-a1b2c3d4',
  }
  const conflict = {
    conflictId: 'a'.repeat(32),
    entityId,
    entityLabel: 'H',
    property: 'roof',
    stands: answer,
    other: answer,
    settledBy: null,
    forDevices: [answer.deviceId],
  }
  expect(readFeedBody('conflict', conflict)).toEqual({ ok: true, value: conflict })
  const form = {
    formId: 'household' as FormId,
    version: '1',
    title: 'Household',
    sha256: hash,
    sizeBytes: 5,
    state: 'published',
  }
  expect(readFeedBody('form', form)).toEqual({ ok: true, value: form })
  const chain = signDocument(deviceKey, 'release-key', {
    projectId,
    publicKey: deviceKey.publicKey,
    demo: true,
    issuedAtMs: 1,
  })
  const release = { signed: signDocument(deviceKey, 'release', { anything: [1] }), chain }
  expect(readFeedBody('release', release)).toEqual({ ok: true, value: release })
  const rollout = { order: signDocument(deviceKey, 'rollout', { anything: 1 }), chain, release }
  expect(readFeedBody('rollout', rollout)).toEqual({ ok: true, value: rollout })
  expect(readFeedBody('rollout', { ...rollout, challenger: release }).ok).toBe(true)
  const returned = { instanceId, entityId: null, comments: [{ path: null, text: 'Ask again.' }], atMs: 1 }
  expect(readFeedBody('return', returned)).toEqual({ ok: true, value: returned })
})

describe('page checksum', () => {
  const rows = fc.array(
    fc.record({
      number: fc.integer({ min: 1, max: 9_999 }),
      kind: fc.constantFrom('entity', 'form'),
      key: fc.string({ minLength: 1 }),
      body: fc.option(
        fc.dictionary(
          fc.string().filter(k => k !== '__proto__'),
          fc.oneof(fc.string(), fc.integer(), fc.boolean()),
          { noNullPrototype: true },
        ),
      ),
    }),
    { minLength: 1, maxLength: 6 },
  ) as fc.Arbitrary<FeedRow[]>

  test('survives the wire and the order of members', () => {
    fc.assert(
      fc.property(rows, list => {
        const read = decodeDown(
          encodeDown({ type: 'page', epoch: 1, from: 0, to: 9_999, rows: list, checksum: 'x', more: false }),
        )
        expect(read.ok && read.value.type === 'page' && pageChecksum(read.value.rows)).toBe(pageChecksum(list))
        const turned = list.map(({ number, kind, key, body }) => ({ body, key, kind, number }))
        expect(pageChecksum(turned)).toBe(pageChecksum(list))
      }),
    )
  })

  test('sees a row that is missing, doubled or changed', () => {
    fc.assert(
      fc.property(rows, fc.nat(), (list, pick) => {
        const at = pick % list.length
        const row = list[at] as FeedRow
        const others = list.filter((_, i) => i !== at)
        const wrong = [
          others,
          [...list, row],
          [...others, { ...row, number: row.number + 1 }],
          [...others, { ...row, key: `${row.key}!` }],
          [...others, { ...row, body: { changed: [row.body] } }],
        ]
        for (const changed of wrong) expect(pageChecksum(changed)).not.toBe(pageChecksum(list))
      }),
    )
  })
})
