/**
 * Forms of random sheets in the words of the language, and text that is no form at all: the
 * converter answers, and what it takes opens. Longer by hand: HOSTILE_RUNS=20000.
 *
 * A form is made sound first (names differ, groups end, references mean something), and then
 * a few of its cells are spoilt: a form of random cells alone would be refused at the first.
 */
import { compileXform } from '@murram/xform'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { convertXlsform } from './convert.ts'
import type { Diagnostic } from './diagnostic.ts'
import { knownTypes } from './question-types.ts'

const runs = Number(process.env['HOSTILE_RUNS'] ?? 400)

const COLUMNS = [
  'type',
  'name',
  'label',
  'label::fr',
  'hint',
  'relevant',
  'constraint',
  'required',
  'calculation',
  'default',
  'choice_filter',
  'repeat_count',
  'trigger',
  'parameters',
  'appearance',
  'disabled',
  'save_to',
  'media::image',
  'bind::odk:x',
] as const
type Cells = Partial<Record<(typeof COLUMNS)[number], string>>

/** `#` becomes the number of an earlier question of the same form. */
const OPTIONS: readonly Cells[] = [
  { relevant: "${q#} != 'x'" },
  { constraint: '. != ${q#}' },
  { required: 'yes' },
  { hint: 'Ask ${q#}' },
  { label: 'After ${q#} & <b>“more”</b>' },
  { 'label::fr': 'Après ${q#}' },
  { default: '${q#}' },
  { default: 'now()' },
  { relevant: '${last-saved#q#} = 1' },
  { relevant: "instance('l')/root/item[name = ${q#}]/region = 1" },
  { relevant: "pulldata('towns', 'a', 'b', ${q#}) = 1" },
  { 'media::image': 'a.png' },
  { 'bind::odk:x': '${q#}' },
  { save_to: 'pq#' },
  { appearance: 'minimal' },
  { disabled: 'yes' },
]
const ASKED: readonly Cells[] = [
  ...knownTypes()
    .filter(type => !/LIST|FILE|begin|external|calculate|background-geopoint|audit|\bosm\b/.test(type))
    .map(type => ({ type })),
  { type: 'select_one l' },
  { type: 'select_one l', choice_filter: 'region = ${q#}' },
  { type: 'select_one l or_other' },
  { type: 'select_multiple l', parameters: 'randomize=true seed=${q#}' },
  { type: 'rank l' },
  { type: 'select_one_from_file f.csv', parameters: 'value=v label=l' },
  { type: 'select_one l', appearance: "search('f')" },
  { type: 'calculate', calculation: '${q#} + 1' },
  { type: 'calculate', calculation: 'once(random())', trigger: '${q#}' },
  { type: 'background-geopoint', trigger: '${q#}' },
  { type: 'range', parameters: 'start=0 end=1 step=0.1' },
  { type: 'text', parameters: 'rows=3' },
  { type: 'geoshape', parameters: 'reference-geometry=l' },
  { type: 'osm m' },
]
const SPOILT = [
  '',
  '${',
  '${zz}',
  '${q1}',
  '=',
  '1 +',
  'q1',
  'meta',
  'yes',
  'nonsense',
  "'",
  'begin group',
  'end repeat',
  'é',
  '\\|',
  '#',
]
const SETTINGS: readonly (readonly [string, string])[] = [
  ['form_id', 'f 1'],
  ['name', 'visit'],
  ['default_language', 'fr'],
  ['omit_instanceID', 'yes'],
  ['public_key', 'k'],
  ['instance_name', '${q1}'],
  ['namespaces', 'x="http://x"'],
  ['style', 'pages'],
]

interface Row {
  readonly cells: Cells
  readonly refersTo: number
}
type Tree = Row | { readonly of: string; readonly cells: Cells; readonly inside: readonly Tree[] }

const row = fc
  .tuple(fc.constantFrom(...ASKED), fc.subarray([...OPTIONS], { maxLength: 2 }), fc.nat(20))
  .map(([asked, options, refersTo]): Row => ({ cells: Object.assign({}, ...options, asked) as Cells, refersTo }))
const { tree } = fc.letrec<{ tree: Tree }>(tie => ({
  tree: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    { weight: 5, arbitrary: row },
    {
      weight: 2,
      arbitrary: fc.record({
        of: fc.constantFrom('group', 'repeat', 'loop over l'),
        cells: fc.constantFrom<Cells>({}, { appearance: 'table-list' }, { repeat_count: '2 + 1' }, { label: '' }),
        inside: fc.array(tie('tree'), { minLength: 1, maxLength: 4 }),
      }),
    },
  ),
}))

/** Rows of the sheet; questions are called q1, q2 … and refer to one another without circles. */
function rowsOf(trees: readonly Tree[]): string[][] {
  const rows: string[][] = []
  let count = 0
  const write = (cells: Cells): number => rows.push(COLUMNS.map(column => cells[column] ?? ''))
  const visit = (node: Tree): void => {
    const name = `q${++count}`
    if ('of' in node) {
      write({ label: 'G', ...node.cells, type: `begin ${node.of}`, name })
      for (const child of node.inside) visit(child)
      write({ type: `end ${node.of.split(' ')[0]!}` })
      return
    }
    const earlier = String(count === 1 ? 1 : 1 + (node.refersTo % (count - 1)))
    const filled = Object.entries({ label: 'Q', ...node.cells, name }).map(([key, text]) => [
      key,
      text.replaceAll('q#', `q${earlier}`),
    ])
    write(Object.fromEntries(filled) as Cells)
  }
  visit({ cells: { type: 'text' }, refersTo: 0 })
  for (const one of trees) visit(one)
  return rows
}

const spoil = fc.record({ row: fc.nat(30), column: fc.nat(COLUMNS.length - 1), text: fc.constantFrom(...SPOILT) })
const form = fc
  .record({
    trees: fc.array(tree, { minLength: 1, maxLength: 6 }),
    spoils: fc.oneof(fc.constant([]), fc.array(spoil, { minLength: 1, maxLength: 3 })),
    settings: fc.subarray([...SETTINGS], { maxLength: 3 }),
    entity: fc.constantFrom('', 'people | ${q1}', '__x | '),
  })
  .map(({ trees, spoils, settings, entity }) => {
    const rows = rowsOf(trees)
    for (const { row: at, column, text } of spoils) rows[at % rows.length]![column] = text
    return [
      table('survey', [[...COLUMNS], ...rows]),
      table('choices', [
        ['list_name | name | label | region | label::fr'],
        ['l | x | X | 1 | E'],
        ['l | y | ${q1} | 2 | '],
        ['l | none | N | | '],
      ]),
      table('osm', [['list_name | name | label'], ['m | t | T']]),
      table('settings', [settings.map(([key]) => key), settings.map(([, text]) => text)]),
      ...(entity === '' ? [] : [table('entities', [['list_name | label'], [entity]])]),
    ].join('\n')
  })

const table = (name: string, rows: readonly (readonly string[])[]): string =>
  [`| ${name} |`, ...rows.map(cells => `| | ${cells.join(' | ')} |`)].join('\n')

const errorsOf = (data: Readonly<Record<string, unknown>> | undefined): readonly Diagnostic[] =>
  ((data?.['diagnostics'] ?? []) as readonly Diagnostic[]).filter(one => one.severity === 'error')

/** The engine looks last, for what the sheets cannot show: nothing of the language may need it. */
const isPlaced = (errors: readonly Diagnostic[]): boolean =>
  errors.length > 0 &&
  errors.every(({ code, sheet, row: at }) => code !== 'not-compiled' && sheet !== undefined && at !== undefined)

test('a form in the words of the language opens, or each of its errors has a place', async () => {
  const seen = { taken: 0, refused: 0 }
  await fc.assert(
    fc.asyncProperty(form, async markdown => {
      const converted = await convertXlsform(new TextEncoder().encode(markdown), { fileName: 'form.md' })
      if (converted.ok) seen.taken++
      else seen.refused++
      expect(converted.ok ? compileXform(converted.value.xml).ok : isPlaced(errorsOf(converted.error.data))).toBe(true)
    }),
    { numRuns: runs, seed: 23 },
  )
  expect(seen.taken, JSON.stringify(seen)).toBeGreaterThan(runs / 10)
  expect(seen.refused, JSON.stringify(seen)).toBeGreaterThan(runs / 10)
})

test('text and bytes that are no form end in a fault', async () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 400 }),
    fc.string({ unit: 'binary', maxLength: 300 }).map(text => new TextEncoder().encode(text)),
    fc.stringMatching(/^[|\-#\n a-z,"]{0,200}$/).map(text => new TextEncoder().encode(text)),
  )
  const endings = fc.constantFrom('.md', '.csv', '.xlsx', '.xls', '.ods', '')
  await fc.assert(
    fc.asyncProperty(bytes, endings, async (content, ending) => {
      const converted = await convertXlsform(content, { fileName: `form${ending}` })
      expect(converted.ok || ['form.invalid', 'form.workbook-unreadable'].includes(converted.error.fault)).toBe(true)
    }),
    { numRuns: runs / 4, seed: 29 },
  )
})
