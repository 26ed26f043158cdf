import crypto from 'node:crypto'
import { answerChallenge, createSigningKey, newNonce, verifyChallenge } from '@murram/seal'
import { expect, test } from 'vitest'
import { enterSeededWorld } from './seeded-world.ts'

const challenge = { nonce: 'A'.repeat(43), projectId: 'weather', collectorId: 'c', serverTimeMs: 5 }

test('a challenge is answered and verified in there as it is outside', () => {
  const key = createSigningKey()
  const outside = answerChallenge(key, challenge)
  const world = enterSeededWorld(1)
  const inside = answerChallenge(key, challenge)
  const verdicts = [challenge, { ...challenge, serverTimeMs: 6 }].map(one =>
    verifyChallenge(key.publicKey, one, outside),
  )
  world.leave()
  expect(inside).toBe(outside)
  expect(verdicts).toEqual([true, false])
  expect(verifyChallenge(key.publicKey, challenge, inside)).toBe(true)
})

test('what is drawn is the seed, and outside it is not', () => {
  const draw = (seed: number) => {
    const world = enterSeededWorld(seed)
    const drawn = [newNonce(), crypto.randomUUID(), Math.random()]
    world.leave()
    return drawn
  }
  expect(draw(1)).toEqual(draw(1))
  expect(draw(1)).not.toEqual(draw(2))
  expect(newNonce()).not.toBe(newNonce())
})
