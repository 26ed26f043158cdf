import { asDevice, entity, settlement, shuffled, without, writesOf } from './fold-fixtures.ts'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { placeWrites, type EntityWrite, type PlacedWrite } from './entity-write.ts'
import { foldEntity } from './fold-entity.ts'

const roof = (folded: ReturnType<typeof foldEntity>): string | undefined => folded.properties['roof']?.answer
const ledger = (folded: ReturnType<typeof foldEntity>): string[] =>
  folded.conflicts.map(
    ({ stands, other, settledBy }) => `${stands.answer} over ${other.answer}${settledBy === null ? '' : ', settled'}`,
  )

const iron = entity('iron', { at: 1, set: { roof: 'iron' }, kind: 'create' })

describe('what stands', () => {
  test('an update that saw what stood follows it, without a conflict', () => {
    const tile = entity('tile', { at: 2, saw: { roof: 'iron' }, set: { roof: 'tile' } })
    const slate = entity('slate', { at: 3, saw: { roof: 'tile' }, set: { roof: 'slate' } })
    const folded = foldEntity([slate, iron, tile])
    expect([roof(folded), ledger(folded)]).toEqual(['slate', []])
  })

  test("one laptop's unsent chain of updates is no conflict, and stays one rival of another's", () => {
    const tile = entity('tile', { at: 2, by: asDevice('a'), saw: { roof: 'iron' }, set: { roof: 'tile' } })
    const slate = entity('slate', { at: 4, by: asDevice('a'), saw: { roof: 'tile' }, set: { roof: 'slate' } })
    expect(ledger(foldEntity([iron, tile, slate]))).toEqual([])
    const thatch = entity('thatch', { at: 3, by: asDevice('b'), saw: { roof: 'iron' }, set: { roof: 'thatch' } })
    expect(ledger(foldEntity([iron, tile, slate, thatch]))).toEqual(['slate over thatch'])
  })

  test('a third who saw one of two rivals leaves the other in the ledger, once and under the same name', () => {
    const tile = entity('tile', { at: 2, saw: { roof: 'iron' }, set: { roof: 'tile' } })
    const thatch = entity('thatch', { at: 3, saw: { roof: 'iron' }, set: { roof: 'thatch' } })
    const slate = entity('slate', { at: 4, saw: { roof: 'tile' }, set: { roof: 'slate' } })
    const before = foldEntity([iron, tile, thatch])
    const after = foldEntity([iron, tile, thatch, slate])
    expect([roof(before), ledger(before)]).toEqual(['thatch', ['thatch over tile']])
    expect([roof(after), ledger(after)]).toEqual(['slate', ['slate over thatch']])
    expect(after.conflicts[0]?.conflictId).toBe(before.conflicts[0]?.conflictId)
  })

  test('three rivals are two conflicts', () => {
    const rivals = ['tile', 'thatch', 'slate'].map((answer, i) =>
      entity(answer, { at: 2 + i, saw: { roof: 'iron' }, set: { roof: answer } }),
    )
    const folded = foldEntity([iron, ...rivals])
    expect(ledger(folded).sort()).toEqual(['slate over thatch', 'slate over tile'])
    expect(new Set(folded.conflicts.map(c => c.conflictId)).size).toBe(2)
  })

  test('both the same is no conflict, and a follower of one follows both', () => {
    const here = entity('here', { at: 2, saw: { roof: 'iron' }, set: { roof: 'tile' } })
    const there = entity('there', { at: 3, saw: { roof: 'iron' }, set: { roof: 'tile' } })
    const slate = entity('slate', { at: 4, saw: { roof: 'tile' }, set: { roof: 'slate' } })
    expect(ledger(foldEntity([iron, here, there]))).toEqual([])
    expect(ledger(foldEntity([iron, here, there, slate]))).toEqual([])
  })

  test('who only confirmed what they saw has changed nothing, however late', () => {
    const tile = entity('tile', { at: 2, saw: { roof: 'iron' }, set: { roof: 'tile' } })
    const confirmed = entity('confirmed', { at: 9, saw: { roof: 'iron' }, set: { roof: 'iron', wall: 'mud' } })
    const folded = foldEntity([iron, tile, confirmed])
    expect([roof(folded), ledger(folded)]).toEqual(['tile', []])
    expect(folded.properties['wall']?.answer).toBe('mud')
  })

  test('different properties of one entity do not meet', () => {
    const a = entity('a', { at: 2, saw: { roof: 'iron' }, set: { roof: 'tile' } })
    const b = entity('b', { at: 3, saw: { wall: 'mud' }, set: { wall: 'brick' } })
    const folded = foldEntity([iron, a, b])
    expect([roof(folded), folded.properties['wall']?.answer, ledger(folded)]).toEqual(['tile', 'brick', []])
  })

  test('a blank answer is an answer', () => {
    const blank = entity('blank', { at: 2, saw: { roof: 'iron' }, set: { roof: '' } })
    expect(roof(foldEntity([iron, blank]))).toBe('')
  })

  test('a property may have any name', () => {
    const odd = JSON.parse('{"__proto__":"x","constructor":"y"}') as Record<string, string>
    const folded = foldEntity([entity('odd', { at: 1, set: odd })])
    expect(Object.keys(folded.properties).sort()).toEqual(['__proto__', 'constructor'])
  })

  test('the label is the last that was given', () => {
    const renamed = entity('renamed', { at: 2, label: 'Otieno', set: {} })
    const silent = entity('silent', { at: 3, set: {} })
    expect(foldEntity([renamed, { ...iron, label: 'Household 4' }, silent]).label).toBe('Otieno')
  })
})

describe('F6 a correction takes the place of what it corrects', () => {
  const january = entity('january', { at: 1, set: { roof: 'tile' }, kind: 'create' })
  const march = entity('march', { at: 3, saw: { roof: 'tile' }, set: { roof: 'slate' } })
  const correction = entity('correction', { at: 5, corrects: january, saw: { roof: 'slate' }, set: { roof: 'thatch' } })

  test("a late correction of January does not overwrite March's visit, and is not lost either", () => {
    const folded = foldEntity([january, march, correction])
    expect([roof(folded), ledger(folded)]).toEqual(['slate', ['slate over thatch']])
    expect([folded.live, folded.superseded]).toEqual([[correction.instanceId, march.instanceId], [january.instanceId]])
  })

  test('nor where March only confirmed what January said', () => {
    const confirmed = entity('confirmed', { at: 3, saw: { roof: 'tile' }, set: { roof: 'tile' } })
    const folded = foldEntity([january, confirmed, correction])
    expect([roof(folded), ledger(folded)]).toEqual(['tile', ['tile over thatch']])
  })

  test('a correction alone simply replaces', () => {
    const folded = foldEntity([january, correction])
    expect([roof(folded), ledger(folded)]).toEqual(['thatch', []])
  })

  test('a correction of something else leaves the property as it was', () => {
    const wall = entity('wall', { at: 5, corrects: january, set: { roof: 'tile', wall: 'mud' } })
    const folded = foldEntity([january, march, wall])
    expect([roof(folded), ledger(folded)]).toEqual(['slate', []])
  })

  test('what a correction takes back is gone, and what stood before it stands again', () => {
    const before = entity('before', { at: 0, set: { roof: 'grass' }, kind: 'create' })
    const changed = entity('changed', { at: 1, saw: { roof: 'grass' }, set: { roof: 'tile' } })
    const takenBack = entity('takenBack', { at: 5, corrects: changed, set: {} })
    expect(roof(foldEntity([before, changed, takenBack]))).toBe('grass')
    const follower = entity('follower', { at: 3, saw: { roof: 'tile' }, set: { roof: 'slate' } })
    expect(ledger(foldEntity([before, changed, takenBack, follower]))).toEqual([])
    const confirmer = entity('confirmer', { at: 3, saw: { roof: 'tile' }, set: { roof: 'tile' } })
    const confirmed = foldEntity([before, changed, takenBack, confirmer])
    expect([roof(confirmed), ledger(confirmed)]).toEqual(['tile', []])
  })

  test('among rival corrections of one parent their own stamps decide, property by property', () => {
    const parent = entity('parent', { at: 1, set: { roof: 'tile', wall: 'mud', floor: 'earth' } })
    const first = entity('first', { at: 6, corrects: parent, set: { roof: 'thatch', wall: 'mud', floor: 'sand' } })
    const second = entity('second', { at: 5, corrects: parent, set: { roof: 'tile', wall: 'brick', floor: 'stone' } })
    const folded = foldEntity([parent, first, second])
    expect(Object.values(folded.properties).map(p => p.answer)).toEqual(['sand', 'thatch', 'brick'])
    expect(ledger(folded)).toEqual(['sand over stone'])
    // A correction of the correction keeps the first one's place among them, whatever its own stamp.
    const again = entity('again', { at: 9, corrects: second, set: { roof: 'tile', wall: 'brick', floor: 'cement' } })
    expect(foldEntity([parent, first, second, again]).properties['floor']?.answer).toBe('sand')
  })

  test('a circle of corrections hides nothing', () => {
    const a = { ...january, deprecatedId: march.instanceId }
    const b = { ...march, deprecatedId: january.instanceId }
    expect(foldEntity([a, b]).live).toHaveLength(2)
  })
})

describe('F7 settlements', () => {
  const tile = entity('tile', { at: 2, saw: { roof: 'iron' }, set: { roof: 'tile' } })
  const thatch = entity('thatch', { at: 3, saw: { roof: 'iron' }, set: { roof: 'thatch' } })
  const open = foldEntity([iron, tile, thatch])
  const conflictId = open.conflicts[0]?.conflictId ?? ''

  test('the other answer may be chosen: it stands, and the conflict is settled under its name', () => {
    const chosen = settlement('chosen', { at: 4, property: 'roof', saw: 'thatch', choose: 'tile', conflictId })
    const folded = foldEntity([iron, tile, thatch, chosen])
    expect([roof(folded), ledger(folded)]).toEqual(['tile', ['tile over thatch, settled']])
    expect(folded.conflicts[0]).toMatchObject({ conflictId, settledBy: chosen.instanceId })
    expect(foldEntity([iron, tile, thatch])).toEqual(open)
  })

  test('what stands may be confirmed, with or without naming the conflict', () => {
    for (const named of [{ conflictId }, {}]) {
      const chosen = settlement('chosen', { at: 4, property: 'roof', saw: 'thatch', choose: 'thatch', ...named })
      expect(ledger(foldEntity([iron, tile, thatch, chosen]))).toEqual(['thatch over tile, settled'])
    }
  })

  test('it settles what its author saw, not what arrives later from before', () => {
    const chosen = settlement('chosen', { at: 5, property: 'roof', saw: 'thatch', choose: 'tile', conflictId })
    const late = entity('late', { at: 4, saw: { roof: 'iron' }, set: { roof: 'grass' } })
    const folded = foldEntity([iron, tile, thatch, chosen, late])
    expect(roof(folded)).toBe('tile')
    expect(ledger(folded).sort()).toEqual(['tile over grass', 'tile over thatch, settled'])
  })

  test('later work follows it, and who did not know of it is a new conflict', () => {
    const chosen = settlement('chosen', { at: 4, property: 'roof', saw: 'thatch', choose: 'tile', conflictId })
    const knowing = entity('knowing', { at: 5, saw: { roof: 'tile' }, set: { roof: 'slate' } })
    expect(ledger(foldEntity([iron, tile, thatch, chosen, knowing]))).toEqual(['tile over thatch, settled'])
    const unknowing = entity('unknowing', { at: 5, saw: { roof: 'thatch' }, set: { roof: 'slate' } })
    const folded = foldEntity([iron, tile, thatch, chosen, unknowing])
    expect([roof(folded), ledger(folded).sort()]).toEqual(['slate', ['slate over tile', 'tile over thatch, settled']])
  })

  test('a second settlement of the same conflict changes the choice and opens nothing', () => {
    const chosen = settlement('chosen', { at: 4, property: 'roof', saw: 'thatch', choose: 'tile', conflictId })
    const changed = settlement('changed', { at: 5, property: 'roof', saw: 'thatch', choose: 'thatch', conflictId })
    const folded = foldEntity([iron, tile, thatch, chosen, changed])
    expect([roof(folded), ledger(folded)]).toEqual(['thatch', ['thatch over tile, settled']])
    expect(folded.conflicts[0]?.settledBy).toBe(changed.instanceId)
    expect(ledger(foldEntity([iron, tile, thatch, changed]))).toEqual(['thatch over tile, settled'])
  })

  test('a settlement without its conflict is a choice like any other', () => {
    const chosen = settlement('chosen', { at: 4, property: 'roof', saw: 'thatch', choose: 'tile', conflictId })
    expect(roof(foldEntity([iron, thatch, chosen]))).toBe('tile')
  })
})

const LAWS = { numRuns: 1500 }

describe('laws', () => {
  test('F1 the order of arrival does not matter', () => {
    fc.assert(
      fc.property(writesOf(), fc.infiniteStream(fc.nat()), (writes, dice) => {
        expect(foldEntity(shuffled(writes, dice))).toEqual(foldEntity(writes))
      }),
      LAWS,
    )
  })

  test('F2 a write seen twice changes nothing', () => {
    fc.assert(
      fc.property(writesOf(), fc.nat(), (writes, pick) => {
        const again = writes[pick % writes.length]
        expect(foldEntity(again === undefined ? writes : [again, ...writes, again])).toEqual(foldEntity(writes))
      }),
      LAWS,
    )
  })

  test('F3 nothing is invented', () => {
    fc.assert(
      fc.property(writesOf(), writes => {
        const { properties, conflicts, live } = foldEntity(writes)
        const said = [
          ...Object.entries(properties),
          ...conflicts.flatMap(c => [[c.property, c.stands] as const, [c.property, c.other] as const]),
        ]
        for (const [property, { answer, instanceId, deviceId }] of said) {
          const by = writes.find(w => w.instanceId === instanceId)
          expect([by?.set[property], by?.deviceId, live.includes(instanceId)]).toEqual([answer, deviceId, true])
        }
      }),
      LAWS,
    )
  })

  test('F4 taking a write out undoes exactly it', () => {
    fc.assert(
      fc.property(writesOf(), fc.nat(), (writes, pick) => {
        const out = writes[pick % writes.length]
        fc.pre(out !== undefined && writes.length > 1 && out.deprecatedId === null)
        fc.pre(!writes.some(w => w.deprecatedId === out?.instanceId))
        const [before, after] = [foldEntity(writes), foldEntity(without(writes, out))]
        for (const property of new Set([...Object.keys(before.properties), ...Object.keys(after.properties)])) {
          if (out !== undefined && Object.hasOwn(out.set, property)) continue
          expect(after.properties[property]).toEqual(before.properties[property])
          expect(after.conflicts.filter(c => c.property === property)).toEqual(
            before.conflicts.filter(c => c.property === property),
          )
        }
        expect(after.live).toEqual(before.live.filter(id => id !== out?.instanceId))
        expect(foldEntity(writes)).toEqual(before)
      }),
      LAWS,
    )
  })

  test('F5 whatever did not stand and nobody saw is in the ledger, once', () => {
    fc.assert(
      fc.property(writesOf(), writes => {
        const folded = foldEntity(writes)
        const placed = placeWrites(writes)
        for (const { write, corrects } of placed.filter(p => p.live && p.write.kind !== 'settlement')) {
          for (const [property, answer] of Object.entries(write.set)) {
            const inLedger = folded.conflicts.some(
              c => c.property === property && [c.other.answer, c.stands.answer].includes(answer),
            )
            const stands = folded.properties[property]?.answer === answer
            const seen = isKnown(answer, property, placed, write)
            const unchanged = corrects.findLast(w => w.set[property] !== undefined)?.set[property] === answer
            expect(inLedger || stands || seen || unchanged, `${write.instanceId} ${property}=${answer}`).toBe(true)
          }
        }
        const open = folded.conflicts.filter(c => c.settledBy === null)
        const others = open.map(c => `${c.property}=${c.other.answer}`)
        expect(new Set(others).size).toBe(others.length)
        for (const c of open) {
          expect(c.stands).toEqual(folded.properties[c.property])
          expect(c.other.answer).not.toBe(c.stands.answer)
        }
        const ids = folded.conflicts.map(c => c.conflictId)
        expect(new Set(ids).size).toBe(ids.length)
      }),
      LAWS,
    )
  })

  test('F5 a chain of which each saw the one before has no conflict', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('iron', 'tile', 'thatch', ''), { minLength: 1, maxLength: 12 }), answers => {
        const chain = answers.map((answer, i) =>
          entity(`w${i}`, { at: i, saw: i === 0 ? {} : { roof: answers[i - 1] ?? '' }, set: { roof: answer } }),
        )
        const folded = foldEntity(chain)
        expect([roof(folded), ledger(folded)]).toEqual([answers.at(-1), []])
      }),
    )
  })

  test('F7 settling each open conflict leaves none, and leaving the settlements out opens them again', () => {
    fc.assert(
      fc.property(writesOf({ settlements: false }), fc.infiniteStream(fc.boolean()), (writes, dice) => {
        const before = foldEntity(writes)
        const settlements: EntityWrite[] = []
        let folded = before
        for (let round = 0; round < 40; round += 1) {
          const conflict = folded.conflicts.find(c => c.settledBy === null)
          if (conflict === undefined) break
          const choose = (dice.next().value ? conflict.stands : conflict.other).answer
          settlements.push(
            settlement(`s${round}`, {
              at: 100 + round,
              property: conflict.property,
              saw: conflict.stands.answer,
              choose,
              conflictId: conflict.conflictId,
            }),
          )
          const others = folded.conflicts.filter(
            c => c.settledBy === null && c !== conflict && c.property === conflict.property,
          )
          folded = foldEntity([...writes, ...settlements])
          for (const { other } of others)
            expect(folded.conflicts.some(c => c.settledBy === null && c.other.answer === other.answer)).toBe(true)
          expect(folded.properties[conflict.property]?.answer).toBe(choose)
          expect(folded.conflicts.find(c => c.conflictId === conflict.conflictId)?.settledBy).toBe(
            settlements.at(-1)?.instanceId,
          )
        }
        expect(folded.conflicts.filter(c => c.settledBy === null)).toEqual([])
        expect(foldEntity(writes)).toEqual(before)
      }),
      LAWS,
    )
  })
})

/** What a write's author knew of a property; a correction stands in its root's place and knows what it corrects. */
function knew({ write, corrects }: PlacedWrite, property: string): readonly (string | undefined)[] {
  if (write.kind === 'settlement') return [write.set[property], write.saw[property]]
  return [
    corrects.findLast(w => w.set[property] !== undefined)?.set[property],
    [...corrects, write].map(w => w.saw[property]).find(text => text !== undefined),
  ]
}

/** Somebody who still counts knew this answer, or knew one whose author knew it. */
function isKnown(
  answer: string,
  property: string,
  placed: readonly PlacedWrite[],
  but: EntityWrite,
  asked = new Set<string>(),
): boolean {
  if (asked.has(answer)) return false
  asked.add(answer)
  return placed.some(
    p =>
      p.write !== but &&
      p.write.set[property] !== undefined &&
      knew(p, property).includes(answer) &&
      (p.live || isKnown(p.write.set[property], property, placed, but, asked)),
  )
}
