import type { Checkpoint, EntityId } from '@murram/ground'
import { expect, test } from 'vitest'
import { layOver, type Household } from '../households/households.ts'
import type { SubmissionDoc } from '../store/collections.ts'
import { rowBase } from './row-base.ts'

const PLOT = '11111111-1111-4111-8111-111111111111' as EntityId
const BARN = '22222222-2222-4222-8222-222222222222' as EntityId

const plot: Household = {
  entityId: PLOT,
  dataset: 'plots',
  label: 'Plot',
  properties: { crop: 'maize', size: '2' },
  conflicted: [],
  local: false,
}
const deps = (changedAt: number, checkpoint: Checkpoint) => ({
  households: { find: async () => plot },
  mirror: {
    checkpoint: async () => checkpoint,
    find: async () => ({ number: changedAt, body: {} }) as never,
  },
})
const update = {
  dataset: 'plots',
  entityId: PLOT,
  action: 'update',
  label: '',
  set: { crop: 'rice' },
  source: 'plot[1]',
} as const

test('a row that updates an entity says what its author saw of what it sets', async () => {
  const seen = { epoch: 1, number: 7 }
  expect(await rowBase(deps(7, seen), [update], null, seen)).toEqual({ [`${PLOT}/crop`]: 'maize' })
  expect(await rowBase(deps(7, seen), [{ ...update, action: 'create' }], null, seen)).toEqual({})
})

test('an entity that was chosen in the form itself is seen as a row is; the one that was opened is told elsewhere', async () => {
  const seen = { epoch: 1, number: 7 }
  const main = { ...update, source: '' }
  expect(await rowBase(deps(7, seen), [main], null, seen)).toEqual({ crop: 'maize' })
  expect(await rowBase(deps(7, seen), [main], BARN, seen)).toEqual({ crop: 'maize' })
  expect(await rowBase(deps(7, seen), [main], PLOT, seen)).toEqual({})
})

test('of what the feed changed since the interview began nothing is claimed', async () => {
  const seen = { epoch: 1, number: 7 }
  expect(await rowBase(deps(8, { epoch: 1, number: 9 }), [update], null, seen)).toEqual({})
  expect(await rowBase(deps(7, { epoch: 2, number: 9 }), [update], null, seen)).toEqual({})
  expect(await rowBase(deps(7, seen), [update], null, null)).toEqual({})
})

test('H1 what the rows of unsent work write is there as well, each under its own name', () => {
  const said = (entityId: string, label: string, set: Record<string, string>) => ({
    dataset: 'plots',
    entityId,
    label,
    set,
  })
  const doc = {
    state: 'queued',
    body: {
      submission: { instanceId: 'uuid:1', deprecatedId: null },
      write: said(PLOT, 'Plot', { crop: 'rice' }),
      rows: [said(BARN, 'Barn', { wall: 'mud' })],
    },
  } as unknown as SubmissionDoc
  const shown = layOver([], [doc])
  expect(shown.map(({ label, properties }) => [label, properties])).toEqual([
    ['Barn', { wall: 'mud' }],
    ['Plot', { crop: 'rice' }],
  ])
  const corrected = {
    ...doc,
    body: { ...doc.body, submission: { instanceId: 'uuid:2', deprecatedId: 'uuid:1' }, rows: [] },
  }
  expect(layOver([], [doc, corrected as unknown as SubmissionDoc]).map(({ label }) => label)).toEqual(['Plot'])
})
