/** Writes for tests: by hand, and arbitrary ones of a few devices that see some of each other's work. */
import type { DeviceId, EntityId, InstanceId } from '@murram/ground'
import fc from 'fast-check'
import type { EntityWrite } from './entity-write.ts'
import type { Stamp } from './stamp.ts'

export const HOUSEHOLD = '11111111-1111-4111-8111-111111111111' as EntityId
export const asDevice = (letter: string): DeviceId => letter.repeat(32).slice(0, 32) as DeviceId
export const stampAt = (at: number, device: DeviceId): Stamp =>
  `${(1_000 + at).toString(16).padStart(12, '0')}-0000-${device.slice(0, 8)}` as Stamp

interface WriteSketch {
  readonly at: number
  readonly by?: DeviceId
  readonly set: Readonly<Record<string, string>>
  readonly saw?: Readonly<Record<string, string>>
  readonly kind?: EntityWrite['kind']
  readonly corrects?: EntityWrite
  readonly label?: string
}

export function entity(
  name: string,
  { at, by = asDevice('a'), set, saw = {}, kind = 'update', corrects, label }: WriteSketch,
): EntityWrite {
  return {
    entityId: HOUSEHOLD,
    dataset: 'households',
    instanceId: `uuid:${name}` as InstanceId,
    effective: stampAt(at, by),
    stamp: stampAt(at, by),
    deviceId: by,
    set,
    saw,
    label: label ?? null,
    kind,
    deprecatedId: corrects?.instanceId ?? null,
  }
}

export function settlement(
  name: string,
  sketch: {
    readonly at: number
    readonly property: string
    readonly saw: string
    readonly choose: string
    readonly conflictId?: string
  },
): EntityWrite {
  const { at, property, saw, choose, conflictId } = sketch
  return {
    ...entity(name, {
      at,
      by: asDevice('c'),
      set: { [property]: choose },
      saw: { [property]: saw },
      kind: 'settlement',
    }),
    settles: { property, ...(conflictId === undefined ? {} : { conflictId }) },
  }
}

const PROPERTIES = ['roof', 'wall'] as const
const answers = fc.constantFrom('iron', 'tile', 'thatch', 'slate', '')
const someAnswers = fc.record({ roof: answers, wall: answers }, { requiredKeys: [] })

/** From 1 to 10 writes: creates, updates that saw anything at all, corrections, settlements. */
export const writesOf = ({ settlements = true } = {}): fc.Arbitrary<readonly EntityWrite[]> =>
  fc
    .array(
      fc.record({
        at: fc.nat(12),
        own: fc.nat(12),
        by: fc.constantFrom('a', 'b', 'c').map(asDevice),
        set: someAnswers,
        saw: someAnswers,
        role: fc.constantFrom(
          'create',
          'update',
          'update',
          'update',
          'correction',
          ...(settlements ? ['settlement'] : []),
        ),
        target: fc.nat(),
        property: fc.constantFrom(...PROPERTIES),
      }),
      { minLength: 1, maxLength: 10 },
    )
    .map(sketches => {
      const writes: EntityWrite[] = []
      for (const [i, { at, own, by, set, saw, role, target, property }] of sketches.entries()) {
        const parent = writes[target % Math.max(1, writes.length)]
        if (role === 'settlement')
          writes.push(
            settlement(`w${i}`, { at, property, saw: saw[property] ?? 'iron', choose: set[property] ?? 'tile' }),
          )
        else if (role === 'correction' && parent !== undefined && parent.kind !== 'settlement')
          writes.push({ ...entity(`w${i}`, { at, by, set, saw, corrects: parent }), stamp: stampAt(own, by) })
        else
          writes.push(
            entity(`w${i}`, {
              at,
              by,
              set,
              saw: role === 'create' ? {} : saw,
              kind: role === 'create' ? 'create' : 'update',
            }),
          )
      }
      return writes
    })

export function shuffled<T>(items: readonly T[], dice: { next(): IteratorResult<number> }): T[] {
  const result = [...items]
  for (let i = result.length - 1; i > 0; i -= 1) {
    const j = Number(dice.next().value) % (i + 1)
    ;[result[i], result[j]] = [result[j] as T, result[i] as T]
  }
  return result
}

export const without = (writes: readonly EntityWrite[], out: EntityWrite | undefined): readonly EntityWrite[] =>
  writes.filter(w => w !== out)
