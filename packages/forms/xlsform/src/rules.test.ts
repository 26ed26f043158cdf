/** The rules of the sheets, one by one: what is refused or warned of, and at which cell. */
import { describe, expect, test } from 'vitest'
import { convertXlsform } from './convert.ts'
import type { Diagnostic } from './diagnostic.ts'

async function diagnosticsOf(markdown: string): Promise<readonly Diagnostic[]> {
  const converted = await convertXlsform(new TextEncoder().encode(markdown), { fileName: 'form.md' })
  return converted.ok ? converted.value.warnings : (converted.error.data?.['diagnostics'] as readonly Diagnostic[])
}

/** Rows of the survey sheet, without the frame of a table. */
const survey = (header: string, ...rows: readonly string[]): string =>
  ['| survey |', ...[header, ...rows].map(row => `| | ${row} |`)].join('\n')
const sheet = (name: string, header: string, ...rows: readonly string[]): string =>
  ['', `| ${name} |`, ...[header, ...rows].map(row => `| | ${row} |`)].join('\n')

const BASE = 'type | name | label'
const yesNo = sheet('choices', 'list_name | name | label', 'yn | y | Yes', 'yn | n | No')

type Expected = Partial<Diagnostic> & { readonly code: string }
type Rule = readonly [what: string, form: string, expected: Expected]

const parameters = (type: string, text: string): string => survey(`${BASE} | parameters`, `${type} | q | Q | ${text}`)
const badParameters: Expected = { code: 'bad-parameters', sheet: 'survey', row: 2, column: 'parameters' }

const REFUSED: readonly Rule[] = [
  ['the type column is missing', survey('name | label', 'q | Q'), { code: 'missing-column', row: 1, column: 'type' }],
  [
    'two names of one column',
    survey(`${BASE} | relevant | relevance`, 'text | q | Q'),
    { code: 'duplicate-column', row: 1, column: 'relevance' },
  ],
  ['a row without a type', survey(BASE, ' | q | Q'), { code: 'missing-type', row: 2, column: 'type' }],
  ['a list whose name has a space', survey(BASE, 'select_one my list | q | Q'), { code: 'unknown-type', row: 2 }],
  ['a control that is none', survey(BASE, 'begin dance | q | Q'), { code: 'unknown-type', row: 2 }],
  ['a question without label or hint', survey(BASE, 'text | q | '), { code: 'missing-label', row: 2, column: 'label' }],
  [
    'guidance alone shows nothing',
    survey(`${BASE} | guidance_hint`, 'text | q | | More'),
    { code: 'missing-label', row: 2 },
  ],
  [
    'a big image without an image',
    survey('type | name | label | media::big-image', 'text | q | Q | a.png'),
    { code: 'big-image-alone', row: 2, column: 'media::big-image' },
  ],
  [
    'media that no form shows',
    survey(`${BASE} | media::smell`, 'text | q | Q | rose.txt'),
    { code: 'unknown-media', row: 2 },
  ],
  [
    'a calculate without a calculation',
    survey(BASE, 'calculate | q | '),
    { code: 'missing-calculation', row: 2, column: 'calculation' },
  ],
  ['the reserved name', survey(BASE, 'text | meta | Q'), { code: 'reserved-name', row: 2, column: 'name' }],
  [
    'a repeat’s name in another repeat',
    survey(
      BASE,
      'begin group | g | G',
      'begin repeat | r | R',
      'text | a | A',
      'end repeat',
      'end group',
      'begin repeat | r | R',
      'text | b | B',
      'end repeat',
    ),
    { code: 'duplicate-name', row: 7, column: 'name' },
  ],
  [
    'a name that the count of a repeat takes',
    survey(
      `${BASE} | repeat_count`,
      'text | r_count | C | ',
      'begin repeat | r | R | 2 + 1',
      'text | a | A | ',
      'end repeat',
    ),
    { code: 'duplicate-name', row: 3 },
  ],
  [
    'a name that or_other takes',
    survey(BASE, 'select_one yn or_other | q | Q', 'text | q_other | O') + yesNo,
    { code: 'duplicate-name', row: 3 },
  ],
  [
    'a repeat called as the form',
    survey(BASE, 'begin repeat | visit | V', 'text | a | A', 'end repeat') + sheet('settings', 'name', 'visit'),
    { code: 'repeat-named-as-form', row: 2 },
  ],
  [
    'or_other with a filter',
    survey(`${BASE} | choice_filter`, 'select_one yn or_other | q | Q | name = "y"') + yesNo,
    { code: 'or-other-with-filter', row: 2, column: 'choice_filter' },
  ],
  [
    'choices from a file of another kind',
    survey(BASE, 'select_one_from_file a.pdf | q | Q'),
    { code: 'bad-file', row: 2, column: 'type' },
  ],
  [
    'no external choices',
    survey(`${BASE} | choice_filter`, 'select_one_external x | q | Q | a = 1'),
    { code: 'missing-list', row: 2, column: 'type' },
  ],
  [
    'a loop over nothing',
    survey(BASE, 'begin loop | l | L', 'text | q | Q', 'end loop'),
    { code: 'missing-list', row: 2 },
  ],
  [
    'a loop over an unknown list',
    survey(BASE, 'begin loop over zz | l | L', 'text | q | Q', 'end loop') + yesNo,
    { code: 'missing-list', row: 2 },
  ],
  [
    'two lists in one table',
    survey(
      `${BASE} | appearance`,
      'begin group | g | G | table-list',
      'select_one yn | a | A | ',
      'select_one zz | b | B | ',
      'end group',
    ) +
      yesNo +
      '\n| | zz | 1 | One |',
    { code: 'table-list-mismatch', row: 4 },
  ],
  [
    'a trigger that names nothing',
    survey(`${BASE} | trigger | calculation`, 'text | a | A | b | 1'),
    { code: 'bad-trigger', row: 2, column: 'trigger' },
  ],
  [
    'triggers without a comma',
    survey(`${BASE} | trigger | calculation`, 'text | a | A | | ', 'text | b | B | | ', 'text | c | C | ${a} ${b} | 1'),
    { code: 'bad-trigger', row: 4, column: 'trigger' },
  ],
  [
    'a background-geopoint without a trigger',
    survey(BASE, 'background-geopoint | q | '),
    { code: 'missing-trigger', row: 2, column: 'trigger' },
  ],
  [
    'a reference with spaces',
    survey(`${BASE} | relevant`, 'text | a | A | ', 'text | b | B | ${ a } = 1'),
    { code: 'bad-reference', row: 3, column: 'relevant' },
  ],
  [
    'a reference that is not closed',
    survey(BASE, 'text | a | A', 'text | b | Hello ${a'),
    { code: 'bad-reference', row: 3, column: 'label' },
  ],
  [
    'a reference in a translated choice',
    survey('type | name | label::English (en)', 'select_one l | q | Q') +
      sheet('choices', 'list_name | name | label::English (en)', 'l | a | ${zz}'),
    { code: 'unknown-reference', sheet: 'choices', row: 2, column: 'label::English (en)' },
  ],
  [
    'a reference in the settings',
    survey(BASE, 'text | a | A') + sheet('settings', 'instance_name', '${zz}'),
    { code: 'unknown-reference', sheet: 'settings', row: 2, column: 'instance_name' },
  ],
  [
    'one name for a list and a file',
    survey(BASE, 'select_one_from_file yn.csv | a | A') + yesNo,
    { code: 'ambiguous-instance', row: 2 },
  ],
  [
    'the same file attached twice',
    survey(
      BASE,
      'csv-external | towns | ',
      'begin group | g | G',
      'csv-external | towns | ',
      'text | a | A',
      'end group',
    ),
    { code: 'duplicate-instance', row: 4 },
  ],
  [
    'search() on a list that others use',
    survey(`${BASE} | appearance`, "select_one yn | a | A | search('x')", 'select_one yn | b | B | ') + yesNo,
    { code: 'search-shares-list', row: 2, column: 'appearance' },
  ],
  [
    'a choices sheet without names',
    survey(BASE, 'text | a | A') + sheet('choices', 'list_name | label', 'yn | Yes'),
    { code: 'missing-column', sheet: 'choices', row: 1 },
  ],
  [
    'a choice without a name',
    survey(BASE, 'text | a | A') + sheet('choices', 'list_name | name | label', 'yn | | Yes'),
    { code: 'missing-choice-name', sheet: 'choices', row: 2 },
  ],
  [
    'a form name that is none',
    survey(BASE, 'text | a | A') + sheet('settings', 'name', '1 form'),
    { code: 'bad-name', sheet: 'settings', row: 2, column: 'name' },
  ],
  [
    'encryption without an instanceID',
    survey(BASE, 'text | a | A') + sheet('settings', 'omit_instanceID | public_key', 'yes | abc'),
    { code: 'omitted-instance-id', sheet: 'settings', row: 2 },
  ],
  [
    'an unknown column of the entities',
    survey(BASE, 'text | a | A') + sheet('entities', 'list_name | label | colour', 'people | ${a} | red'),
    { code: 'unknown-column', sheet: 'entities', row: 1, column: 'colour' },
  ],
  ['an audit with a name', survey(BASE, 'audit | log | '), { code: 'bad-audit-name', row: 2, column: 'name' }],
  [
    'an audit that locates halfway',
    parameters('audit', 'location-priority=balanced').replace('| q |', '| |'),
    badParameters,
  ],
  [
    'an audit older than its interval',
    parameters('audit', 'location-priority=balanced location-min-interval=60 location-max-age=30').replace(
      '| q |',
      '| |',
    ),
    badParameters,
  ],
  ['parameters that are no pairs', parameters('text', 'rows:3'), badParameters],
  ['a parameter of another type', parameters('text', 'quality=low'), badParameters],
  ['rows that are no number', parameters('text', 'rows=three'), badParameters],
  ['an app that is no package', parameters('image', 'max-pixels=10 app=camera'), badParameters],
  ['a quality that is none', parameters('background-audio', 'quality=external'), badParameters],
  ['an accuracy that is no number', parameters('geopoint', 'capture-accuracy=near'), badParameters],
  ['incremental as no', parameters('geotrace', 'incremental=no'), badParameters],
  ['a geometry from nowhere', parameters('geoshape', 'reference-geometry=zz'), badParameters],
  ['a seed without random order', parameters('select_one yn', 'seed=1') + yesNo, badParameters],
  ['a seed that is no number', parameters('select_one yn', 'randomize=true seed=often') + yesNo, badParameters],
  ['a value column that is no name', parameters('select_one_from_file a.csv', 'value=1st'), badParameters],
  ['a range that stands still', parameters('range', 'start=1 end=5 step=0'), badParameters],
  ['a step over the end', parameters('range', 'start=1 end=5 step=10'), badParameters],
  ['ticks between the steps', parameters('range', 'start=0 end=10 step=2 tick_interval=3'), badParameters],
  ['a placeholder beyond the end', parameters('range', 'start=0 end=10 step=2 placeholder=12'), badParameters],
  ['tick labels that are no numbers', parameters('range', 'tick_labelset=yn') + yesNo, badParameters],
]

const WARNED: readonly Rule[] = [
  [
    'a name that differs in case only',
    survey(BASE, 'text | a | A', 'text | A | A'),
    { code: 'near-duplicate-name', row: 3, column: 'name' },
  ],
  [
    'a repeat without a label',
    survey(BASE, 'begin repeat | r | ', 'text | a | A', 'end repeat'),
    { code: 'missing-label', row: 2 },
  ],
  [
    'a disabled row',
    survey(`${BASE} | disabled`, 'text | a | A | ', 'nonsense | b | B | yes'),
    { code: 'disabled-row', row: 3 },
  ],
  [
    'a row that only notes something',
    survey(`${BASE} | hint`, 'text | a | A | ', ' | | | to be done'),
    { code: 'comment-row', row: 3 },
  ],
  ['pictures in full size', survey(BASE, 'image | a | A'), { code: 'missing-max-pixels', row: 2 }],
  ['what devices no longer tell', survey(BASE, 'simserial | a | '), { code: 'retired-type', row: 2 }],
  [
    'a choice without a label',
    survey(BASE, 'text | a | A') + sheet('choices', 'list_name | name | label', 'yn | y | '),
    { code: 'missing-choice-label', sheet: 'choices', row: 2 },
  ],
  [
    'a choice in no list',
    survey(BASE, 'text | a | A') + sheet('choices', 'list_name | name | label', ' | y | Yes'),
    { code: 'missing-list-name', sheet: 'choices', row: 2 },
  ],
  [
    'a column that no filter can read',
    survey(BASE, 'text | a | A') + sheet('choices', 'list_name | name | label | in use', 'yn | y | Yes | 1'),
    { code: 'bad-column-name', sheet: 'choices', row: 1, column: 'in use' },
  ],
  [
    'a column that one language lacks',
    survey('type | name | label::English (en) | label::French (fr) | hint::English (en)', 'text | a | A | A | H'),
    { code: 'missing-translation', row: 1, column: 'hint::French (fr)' },
  ],
  [
    'a language without a code',
    survey('type | name | label::Klingon', 'text | a | A'),
    { code: 'bad-language-code', row: 1, column: 'label::Klingon' },
  ],
  [
    'a code that is another language’s longer one',
    survey('type | name | label::Bosnian (bos)', 'text | a | A'),
    { code: 'bad-language-code' },
  ],
  [
    'or_other in a translated form',
    survey('type | name | label::English (en)', 'select_one l or_other | a | A') +
      sheet('choices', 'list_name | name | label::English (en)', 'l | x | X'),
    { code: 'or-other-untranslated', row: 2 },
  ],
  [
    'settings nearly called so',
    survey(BASE, 'text | a | A') + sheet('setings', 'form_id', 'x'),
    { code: 'misspelt-sheet', sheet: 'setings' },
  ],
  [
    'a setting that is neither yes nor no',
    survey(BASE, 'text | a | A') + sheet('settings', 'allow_choice_duplicates', 'perhaps'),
    { code: 'bad-flag', sheet: 'settings', row: 2 },
  ],
  [
    'two ids of one form',
    survey(BASE, 'text | a | A') + sheet('settings', 'form_id | id_string', 'a | b'),
    { code: 'two-form-ids', sheet: 'settings', row: 2 },
  ],
  [
    'external choices without a filter',
    survey(BASE, 'select_one_external l | a | A') + sheet('external_choices', 'list_name | name | label', 'l | x | X'),
    { code: 'external-without-filter', row: 2 },
  ],
]

const ACCEPTED: readonly (readonly [what: string, form: string])[] = [
  [
    'metadata of every kind',
    survey(
      BASE,
      ...[
        'start',
        'end',
        'today',
        'deviceid',
        'username',
        'email',
        'phonenumber',
        'uri:deviceid',
        'start-geopoint',
      ].map((type, i) => `${type} | m${i} | `),
    ),
  ],
  [
    'the sentences of the first years',
    survey(
      BASE,
      'add text prompt | a | A',
      'q geopoint | b | B',
      'get today | c | ',
      'add select one prompt using yn | d | D',
      'select all that apply from yn | e | E',
      'percentage | f | F',
    ) + yesNo,
  ],
  ['old headers with one colon', survey('type | name | label:English | label:French', 'text | a | A | B')],
  [
    'a table of selects',
    survey(
      `${BASE} | appearance`,
      'begin group | g | G | table-list',
      'select_one yn | a | A | ',
      'select_one yn | b | B | ',
      'end group',
    ) + yesNo,
  ],
  [
    'a loop over a list',
    survey(BASE, 'begin loop over yn | l | L', 'integer | q | How many %(label)s?', 'end loop') + yesNo,
  ],
  ['a note without a name', survey(BASE, 'note | | Hello')],
  [
    'the same choice twice, where the settings allow it',
    survey(BASE, 'select_one l | a | A') +
      sheet('choices', 'list_name | name | label', 'l | x | X', 'l | x | Y') +
      sheet('settings', 'allow_choice_duplicates', 'yes'),
  ],
  ['a range in tenths', parameters('range', 'start=0 end=1 step=0.1 tick_interval=0.3')],
  ['a range that counts down', parameters('range', 'start=10 end=0 step=2 placeholder=4')],
  [
    'ends of a range with labels',
    survey(`${BASE} | parameters | appearance`, 'range | q | Q | start=0 end=5 step=1 tick_labelset=e | no-ticks') +
      sheet('choices', 'list_name | name | label', 'e | 0 | None', 'e | 5 | All'),
  ],
  ['parameters with commas, semicolons and spaces', parameters('range', 'start = 0, end=10; step=5')],
  [
    'a choice with a space where one is chosen',
    survey(BASE, 'select_one l | a | A') + sheet('choices', 'list_name | name | label', 'l | a b | AB'),
  ],
]

describe('a form is refused at the cell that is wrong', () => {
  for (const [what, form, expected] of REFUSED)
    test(`${what}`, async () => {
      const found = await diagnosticsOf(form)
      expect(found).toContainEqual(expect.objectContaining({ severity: 'error', sheet: 'survey', ...expected }))
    })
})

describe('a form is taken, and its author warned', () => {
  for (const [what, form, expected] of WARNED)
    test(`${what}`, async () => {
      const found = await diagnosticsOf(form)
      expect(found).toContainEqual(expect.objectContaining({ severity: 'warning', sheet: 'survey', ...expected }))
      expect(found.filter(({ severity }) => severity === 'error')).toEqual([])
    })
})

describe('a form is taken without an error', () => {
  for (const [what, form] of ACCEPTED)
    test(`${what}`, async () => {
      const found = await diagnosticsOf(form)
      expect(found.filter(({ severity }) => severity === 'error')).toEqual([])
    })
})
