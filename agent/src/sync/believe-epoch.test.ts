import { unwrap, type ProjectId } from '@murram/ground'
import { createSigningKey, signDocument, type SigningKey } from '@murram/seal'
import { EPOCH_PURPOSE, type EpochSuccession, type Welcome } from '@murram/wire'
import { expect, test } from 'vitest'
import { createBelieveEpoch, type BelieveEpochDeps } from './believe-epoch.ts'

const root = createSigningKey()
const lives = ['a'.repeat(32), 'b'.repeat(32)]

function device(epoch?: number) {
  const kept = new Map<string, string>(epoch === undefined ? [] : [['sync.epoch', String(epoch)]])
  const values = {
    get: (name: string) => kept.get(name) ?? null,
    set: (name: string, value: string) => void kept.set(name, value),
  }
  const enrolment = {
    rootPublicKey: root.publicKey,
    collectorId: 'centre',
    certificate: { body: { projectId: 'test' } },
  } as unknown as BelieveEpochDeps['enrolment']
  const believe = createBelieveEpoch({ values, enrolment })
  return {
    /** As a session does it: what is believed is acted on. */
    meet: (welcome: Pick<Welcome, 'epoch' | 'more'>) => {
      const believed = believe(welcome)
      if (believed.ok) values.set('sync.epoch', String(welcome.epoch))
      return believed
    },
  }
}
const welcome = (epoch: number, said: Partial<EpochSuccession> = {}, key: SigningKey = root) => {
  const body = {
    projectId: 'test' as ProjectId,
    collectorId: 'centre',
    epoch,
    lineage: lives[0] ?? '',
    previous: null,
    issuedAtMs: 1,
    ...said,
  }
  return { epoch, more: { succession: signDocument(key, EPOCH_PURPOSE, body) } }
}

test('a successor that the root key signed is believed, and again at each session', () => {
  const { meet } = device()
  for (const epoch of [1, 1, 2, 2, 5]) expect(meet(welcome(epoch))).toMatchObject({ ok: true })
})

test('BE1 an epoch never goes back, signed or not', () => {
  const { meet } = device(3)
  expect(meet(welcome(2))).toMatchObject({ ok: false, error: { fault: 'sync.epoch-behind' } })
  expect(meet({ epoch: 2 })).toMatchObject({ ok: false, error: { fault: 'sync.epoch-behind' } })
})

test('BE2 another life under the number that was met is refused; a higher one ends it', () => {
  const { meet } = device()
  unwrap(meet(welcome(2)))
  expect(meet(welcome(2, { lineage: lives[1] ?? '' }))).toMatchObject({
    ok: false,
    error: { fault: 'sync.epoch-behind', detail: expect.stringContaining('another life') },
  })
  unwrap(meet(welcome(2)))
  unwrap(meet(welcome(3, { lineage: lives[1] ?? '' })))
})

test('BE3 a collector of version 1 signs nothing and is met all the same; a device of then believes the first paper', () => {
  const { meet } = device(2)
  expect(meet({ epoch: 2 })).toMatchObject({ ok: true })
  expect(meet(welcome(2, { lineage: lives[1] ?? '' }))).toMatchObject({ ok: true })
})

test('a paper that another key signed, or that speaks of something else, is refused', () => {
  const { meet } = device(1)
  const forged = [
    welcome(2, {}, createSigningKey()),
    welcome(2, { projectId: 'other' as ProjectId }),
    welcome(2, { collectorId: 'elsewhere' }),
    { ...welcome(2), epoch: 9 },
  ]
  for (const given of forged) expect(meet(given)).toMatchObject({ ok: false, error: { fault: 'sync.bad-signature' } })
})
