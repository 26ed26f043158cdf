import { encode } from 'cborg'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonicalText } from './canonical-text.ts'

const written = (value: unknown) => Buffer.from(encode(value, { ignoreUndefinedProperties: true })).toString('latin1')

const text = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.constantFrom(
    '',
    'é',
    '\ud800',
    'x'.repeat(23),
    'x'.repeat(24),
    'x'.repeat(255),
    'x'.repeat(256),
    'x'.repeat(70_000),
  ),
)
const number = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.constantFrom(
    0,
    -0,
    23,
    24,
    255,
    256,
    65_535,
    65_536,
    2 ** 32 - 1,
    2 ** 32,
    -24,
    -25,
    -(2 ** 32),
    0.5,
    1.1,
    1e300,
    5e-324,
  ),
)
const { value } = fc.letrec<{ value: unknown }>(tie => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    text,
    number,
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 30 }),
    fc.dictionary(
      fc.oneof(fc.stringMatching(/^[a-zA-Z_/]{0,30}$/), fc.constant('__proto__'), text),
      fc.option(tie('value'), { nil: undefined }),
    ),
    fc.uint8Array({ maxLength: 20 }),
  ),
}))

test('what is written here is what the library writes', () => {
  let ours = 0
  fc.assert(
    fc.property(value, one => {
      const own = canonicalText(one)
      if (own === null) return
      ours += 1
      expect(own).toBe(written(one))
    }),
    { numRuns: 2_000 },
  )
  expect(ours).toBeGreaterThan(500)
})

test('the header of a submission is written here', () => {
  const header = {
    instanceId: 'uuid:6f1c',
    version: '2026-11-01',
    assessment: {
      counter: 1_795_000_000,
      probabilities: [0.9921, 0.0079],
      sure: true,
      label: 'vulnérable',
      missing: [],
    },
    base: {},
    deprecatedId: null,
    left: undefined,
  }
  expect(canonicalText(header)).toBe(written(header))
})

test('what may be written differently is left to the library', () => {
  for (const one of [
    new Uint8Array(2),
    [undefined],
    undefined,
    Number.NaN,
    0.5,
    2 ** 40,
    { é: 1 },
    new Date(0),
    new Map(),
  ])
    expect(canonicalText(one)).toBeNull()
})
