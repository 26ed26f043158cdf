import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { placeEntities, type Container } from './entity-placement.ts'
import type { EntityDeclaration } from './entity-sheet.ts'
import { foundIn, linesOf, xformOf } from './fixtures/convert-markdown.ts'
import { madeNode } from './made-node.ts'
import { chainOf, repeatOf } from './node-paths.ts'
import { madeRow, type SheetRow } from './sheet-rows.ts'
import { everyNode, type SurveyNode } from './survey-node.ts'

const VISIT = `
  | survey | type         | name   | label  | save_to       |
  |        | text         | house  | House  | houses#title  |
  |        | begin repeat | person | Person |               |
  |        | begin group  | who    | Who    |               |
  |        | text         | first  | First  | people#first  |
  |        | end group    |        |        |               |
  |        | integer      | age    | Age    | people#age    |
  |        | end repeat   |        |        |               |
`

describe('an entity list is written where its questions stand', () => {
  test('alone at the top it is what a reader of 2024.1 knows', async () => {
    const xml = await xformOf(`
      | survey | type        | name | label | save_to |
      |        | begin group | g    | G     |         |
      |        | text        | a    | A     | title   |
      |        | end group   |      |       |         |
      | entities | list_name | label |
      |          | trees     | \${a} |
    `)
    expect(xml).toContain('entities:entities-version="2024.1.0"')
    expect(xml).toContain(
      '<instanceID/>\n<entity dataset="trees" create="1" id="">\n<label/>\n</entity>\n</meta>\n</data>',
    )
    expect(linesOf(xml, '/meta/entity')).toEqual([
      '<bind nodeset="/data/meta/entity/@id" type="string" readonly="true()"/>',
      '<bind nodeset="/data/meta/entity/label" type="string" readonly="true()" calculate=" /data/g/a "/>',
      '<setvalue ref="/data/meta/entity/@id" event="odk-instance-first-load" value="uuid()"/>',
    ])
    expect(linesOf(xml, 'entities:saveto')).toEqual([
      '<bind nodeset="/data/g/a" type="string" entities:saveto="title"/>',
    ])
  })

  test('a list of a repeat is written once a row, and every row has an id of its own', async () => {
    const xml = await xformOf(`${VISIT}
      | entities | list_name | label    | create_if  |
      |          | houses    | \${house} |            |
      |          | people    | \${first} | \${age} > 4 |
    `)
    expect(xml).toContain('entities:entities-version="2025.1.0"')
    expect(linesOf(xml, '<entity ')).toEqual([
      '<entity dataset="people" create="1" id="">',
      '<entity dataset="people" create="1" id="">',
      '<entity dataset="houses" create="1" id="">',
    ])
    expect(linesOf(xml, '/data/person/meta/entity')).toEqual([
      '<bind nodeset="/data/person/meta/entity/@create" type="string" readonly="true()" calculate=" ../../../age  &gt; 4"/>',
      '<bind nodeset="/data/person/meta/entity/@id" type="string" readonly="true()"/>',
      '<bind nodeset="/data/person/meta/entity/label" type="string" readonly="true()" calculate=" ../../../who/first "/>',
      '<setvalue ref="/data/person/meta/entity/@id" event="odk-instance-first-load" value="uuid()"/>',
      '<setvalue ref="/data/person/meta/entity/@id" event="odk-new-repeat" value="uuid()"/>',
    ])
    expect(linesOf(xml, 'entities:saveto').map(line => /saveto="(\w+)"/.exec(line)?.[1])).toEqual([
      'title',
      'first',
      'age',
    ])
  })

  test('an update takes the id that was chosen, and what its author saw', async () => {
    const xml = await xformOf(`
      | survey | type                        | name | label |
      |        | begin repeat                | r    | R     |
      |        | select_one_from_file trees.csv | t | Tree  |
      |        | end repeat                  |      |       |
      | entities | list_name | entity_id | update_if   |
      |          | trees     | \${t}     | \${t} != '' |
    `)
    expect(linesOf(xml, '<entity ')[0]).toBe(
      '<entity dataset="trees" update="1" id="" baseVersion="" trunkVersion="" branchId=""/>',
    )
    expect(linesOf(xml, '@baseVersion')).toEqual([
      `<bind nodeset="/data/r/meta/entity/@baseVersion" type="string" readonly="true()" calculate="instance('trees')/root/item[name= current()/../../../t ]/__version"/>`,
    ])
    expect(linesOf(xml, '<setvalue')).toEqual([])
    expect(linesOf(xml, 'id="trees"')).toEqual(['<instance id="trees" src="jr://file-csv/trees.csv"/>'])
  })

  test('the list that an update reads is declared, whoever attaches it', async () => {
    const xml = await xformOf(`
      | survey | type | name | label |
      |        | text | t    | Tree  |
      | entities | list_name | entity_id |
      |          | trees     | \${t}     |
    `)
    expect(linesOf(xml, 'id="trees"')).toEqual(['<instance id="trees" src="jr://file-csv/trees.csv"/>'])
  })

  test('the repeat column says which repeat', async () => {
    const xml = await xformOf(`
      | survey | type         | name   | label  |
      |        | begin repeat | person | Person |
      |        | text         | first  | First  |
      |        | end repeat   |        |        |
      | entities | list_name | label     | repeat     |
      |          | people    | 'someone' | \${person} |
    `)
    expect(linesOf(xml, '"/data/person/meta/entity/@id"')).toHaveLength(3)
  })
})

describe('what is wrong with a list stands at its cell', () => {
  const entities = (rows: string, survey = VISIT): string => `${survey}\n${rows}`
  for (const [what, table, found] of [
    ['no sheet', VISIT, 'save-to-without-entity survey 2 save_to'],
    [
      'which list',
      entities(
        '| entities | list_name | label |\n| | houses | 1 |\n| | people | 2 |',
        VISIT.replace('people#age', 'age'),
      ),
      'bad-save-to survey 7 save_to',
    ],
    [
      'an unknown list',
      entities('| entities | list_name | label |\n| | houses | 1 |'),
      'unknown-dataset survey 5 save_to',
    ],
    [
      'a property twice',
      entities(
        '| entities | list_name | label |\n| | houses | 1 |\n| | people | 2 |',
        VISIT.replace('people#age', 'people#first'),
      ),
      'duplicate-save-to survey 7 save_to',
    ],
    [
      'a reserved property',
      entities(
        '| entities | list_name | label |\n| | houses | 1 |\n| | people | 2 |',
        VISIT.replace('people#age', 'people#Label'),
      ),
      'bad-save-to survey 7 save_to',
    ],
    [
      'two #',
      entities(
        '| entities | list_name | label |\n| | houses | 1 |\n| | people | 2 |',
        VISIT.replace('people#age', 'people##age'),
      ),
      'bad-save-to survey 7 save_to',
    ],
    [
      'a list twice',
      entities('| entities | list_name | label |\n| | houses | 1 |\n| | people | 2 |\n| | people | 2 |'),
      'duplicate-dataset entities 4 list_name',
    ],
    [
      'a reserved name',
      entities('| entities | list_name | label |\n| | __x | 1 |', ''),
      'bad-dataset entities 2 list_name',
    ],
    ['a period', entities('| entities | list_name | label |\n| | a.b | 1 |', ''), 'bad-dataset entities 2 list_name'],
    ['no label', entities('| entities | list_name |\n| | a |', ''), 'missing-entity-label entities 2 label'],
    [
      'no id to update',
      entities('| entities | list_name | label | update_if |\n| | a | 1 | 1 |', ''),
      'missing-entity-id entities 2 update_if',
    ],
    [
      'when to update',
      entities('| entities | list_name | label | entity_id | create_if |\n| | a | 1 | 1 | 1 |', ''),
      'missing-update-if entities 2 create_if',
    ],
    [
      'saved from two rows',
      entities(
        '| entities | list_name | label |\n| | houses | 1 |\n| | people | 2 |',
        VISIT.replace('houses#title', 'people#title'),
      ),
      'save-to-other-scope survey 2 save_to',
    ],
    [
      'two lists at the top',
      entities(
        '| entities | list_name | label |\n| | a | 1 |\n| | b | 2 |',
        '| survey | type | name | label |\n| | text | q | Q |',
      ),
      'no-place-for-entity entities 3 list_name',
    ],
    [
      'a repeat that is none',
      entities('| entities | list_name | label | repeat |\n| | a | 1 | ${who} |', VISIT.replaceAll(/\w+#\w+/g, '')),
      'bad-entity-repeat entities 2 repeat',
    ],
  ] as const)
    test(`${what}`, async () => {
      const survey = table.includes('survey') ? table : `| survey | type | name | label |\n| | text | q | Q |\n${table}`
      expect(await foundIn(survey)).toContain(found)
    })
})

describe('placement', () => {
  const row: SheetRow = madeRow({ sheet: 'survey', row: 1, header: (key: string) => key } as SheetRow, {})
  const forms = fc
    .record({
      nodes: fc.array(
        fc.tuple(fc.constantFrom<SurveyNode['is']>('group', 'group', 'repeat', 'question', 'question'), fc.nat()),
        {
          minLength: 3,
          maxLength: 14,
        },
      ),
      saved: fc.array(fc.array(fc.nat(), { maxLength: 3 }), { minLength: 1, maxLength: 4 }),
    })
    .map(({ nodes, saved }) => {
      const children: SurveyNode[] = []
      const containers: SurveyNode[] = []
      for (const [i, [is, place]] of nodes.entries()) {
        const parent = containers[place % (containers.length + 1)] ?? null
        const node = madeNode(is, `n${i}`, row, parent)
        ;(parent?.children ?? children).push(node)
        if (is !== 'question') containers.push(node)
      }
      const order = [...everyNode(children)]
      const questions = order.filter(node => node.is === 'question')
      const declared = saved.map((picks, i): EntityDeclaration => ({
        dataset: `list${i}`,
        row,
        creates: true,
        updates: false,
        repeat: null,
        reads: [],
        saved:
          questions.length === 0
            ? []
            : picks.map(pick => ({ node: questions[pick % questions.length]!, property: 'p' })),
      }))
      return { order, declared }
    })
  const scopeOf = (container: Container): Container =>
    container === null || container.is === 'repeat' ? container : repeatOf(container)

  test('L1 every declaration gets a place, or something is refused', () => {
    fc.assert(
      fc.property(forms, ({ order, declared }) => {
        let refused = 0
        const placed = placeEntities(declared, order, () => refused++)
        expect(refused > 0 || placed.length === declared.length).toBe(true)
      }),
      { seed: 20261121 },
    )
  })

  test('L2 no place is given twice', () => {
    fc.assert(
      fc.property(forms, ({ order, declared }) => {
        const places = placeEntities(declared, order, () => {}).map(one => one.container)
        expect(new Set(places).size).toBe(places.length)
      }),
      { seed: 20261121 },
    )
  })

  test('L3 what a list saves stands in the row, and below the place, of its declaration, with no other in between', () => {
    fc.assert(
      fc.property(forms, ({ order, declared }) => {
        const placed = placeEntities(declared, order, () => {})
        for (const { declaration, container } of placed)
          for (const { node } of declaration.saved) {
            expect(scopeOf(node.parent)).toBe(scopeOf(container))
            const above: readonly Container[] = [null, ...chainOf(node).slice(0, -1)]
            const nearest = above.findLast(one => placed.some(other => other.container === one))
            expect(nearest).toBe(container)
          }
      }),
      { seed: 20261121, numRuns: 300 },
    )
  })
})
