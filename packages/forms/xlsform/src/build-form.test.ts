import { describe, expect, test } from 'vitest'
import { foundIn, linesOf, xformOf } from './fixtures/convert-markdown.ts'

describe('actions stand where the thing happens', () => {
  test('a dynamic default is set at the first load, and in each new row of its repeat', async () => {
    const xml = await xformOf(`
      | survey | type         | name | label | default  |
      |        | date         | day  | Day   | today()  |
      |        | begin repeat | row  | Row   |          |
      |        | begin group  | g    | G     |          |
      |        | integer      | n    | N     | \${day} + 1 |
      |        | end group    |      |       |          |
      |        | end repeat   |      |       |          |
    `)
    expect(linesOf(xml, '<setvalue')).toEqual([
      '<setvalue ref="/data/day" event="odk-instance-first-load" value="today()"/>',
      '<setvalue ref="/data/row/g/n" event="odk-instance-first-load" value=" /data/day  + 1"/>',
      '<setvalue ref="/data/row/g/n" event="odk-new-repeat" value=" /data/day  + 1"/>',
    ])
    expect(xml).toMatch(/<setvalue ref="\/data\/row\/g\/n" event="odk-new-repeat"[^>]*>\n<\/repeat>/)
  })

  test('what is triggered stands inside every question that triggers it, and is not calculated', async () => {
    const xml = await xformOf(`
      | survey | type                | name  | label | calculation      | trigger    |
      |        | text                | a     | A     |                  |            |
      |        | text                | b     | B     |                  |            |
      |        | dateTime            | seen  |       | concat(\${a}, 1) | \${a}, \${b} |
      |        | text                | clear | Clear |                  | \${b}      |
      |        | background-geopoint | place |       |                  | \${a}      |
    `)
    expect(xml).toContain(
      [
        '<input ref="/data/a">',
        '<label>A</label>',
        '<setvalue ref="/data/seen" event="xforms-value-changed" value="concat( /data/a , 1)"/>',
        '<odk:setgeopoint ref="/data/place" event="xforms-value-changed"/>',
        '</input>',
      ].join('\n'),
    )
    expect(linesOf(xml, '<setvalue', '"/data/clear"')).toEqual([
      '<setvalue ref="/data/clear" event="xforms-value-changed"/>',
    ])
    expect(linesOf(xml, 'calculate=')).toEqual([])
    expect(linesOf(xml, 'ref="/data/seen"', '<input')).toEqual([])
  })

  test('the value is read from where the node stands that is set', async () => {
    const xml = await xformOf(`
      | survey | type         | name | label | calculation | trigger |
      |        | begin repeat | row  | Row   |             |         |
      |        | text         | a    | A     |             |         |
      |        | begin group  | g    | G     |             |         |
      |        | text         | b    | B     |             |         |
      |        | text         | c    | C     | \${b}       | \${a}   |
      |        | end group    |      |       |             |         |
      |        | end repeat   |      |       |             |         |
    `)
    expect(linesOf(xml, 'xforms-value-changed')).toEqual([
      '<setvalue ref="/data/row/g/c" event="xforms-value-changed" value=" ../b "/>',
    ])
  })

  test('places and sounds are taken without asking', async () => {
    const xml = await xformOf(`
      | survey | type             | name  | label | parameters         |
      |        | start-geopoint   | where |       |                    |
      |        | background-audio | sound |       | quality=voice-only |
      |        | text             | a     | A     |                    |
    `)
    expect(linesOf(xml, '<odk:')).toEqual([
      '<odk:setgeopoint ref="/data/where" event="odk-instance-first-load"/>',
      '<odk:recordaudio ref="/data/sound" event="odk-instance-load" odk:quality="voice-only"/>',
    ])
    expect(linesOf(xml, '<bind', 'where', 'geopoint')).toHaveLength(1)
  })

  test('what nobody sees triggers nothing', async () => {
    const found = await foundIn(`
      | survey | type      | name | label | calculation | trigger |
      |        | calculate | one  |       | 5 + 4       |         |
      |        | text      | two  | Two   | now()       | \${one} |
    `)
    expect(found).toContain('hidden-trigger survey 3 trigger')
  })
})

describe('a default is a value, unless it is written like an expression', () => {
  const table = (type: string, text: string): string => `
    | survey | type    | name | label | default |
    |        | text    | ref  | Ref   |         |
    |        | ${type} | x    | X     | ${text} |
  `
  for (const [type, text] of [
    ['text', 'f-4'],
    ['text', './f-4'],
    ['text', '(https://mysite.com)'],
    ['text', "Repeat after me: '~!@#$%^&()_"],
    ['date', '2022-03-14'],
    ['date', '-2022-03-14'],
    ['time', '01:02:55+10:00'],
    ['dateTime', '2022-03-14T01:02:55-07:00'],
    ['geopoint', '32.7377112 -117.1288399 14 5.01'],
    ['geotrace', '32.7 -117.1 14 5.01;32.7 -117.9 14 5.01'],
    ['text', 'yes (or no)'],
  ] as const)
    test(`${type} ${text} is a value`, async () => {
      expect(linesOf(await xformOf(table(type, text)), '<setvalue')).toEqual([])
    })
  for (const [type, text] of [
    ['integer', '7 - 4'],
    ['text', '3 mod 3'],
    ['text', './f - 4'],
    ['integer', 'random() + 2 * 5'],
    ['date', "concat('2022-03', '-14')"],
    ['text', '${ref}'],
    ['integer', "if(${last-saved#ref} = '', 0, ${last-saved#ref} + 1)"],
    ['text', "instance('c')/root/item[1]/label"],
  ] as const)
    test(`${type} ${text} is calculated`, async () => {
      expect(linesOf(await xformOf(table(type, text)), '<setvalue')).toHaveLength(1)
    })
})

describe('choices come from where the type says', () => {
  const CHOICES = `
    | choices | list_name | name | label | region |
    |         | c         | a    | A     | n      |
    |         | c         | b    | B     | s      |
    |         | unused    | u    | U     |        |
  `
  const survey = (type: string, more = '', extra = ''): Promise<string> =>
    xformOf(`
      | survey | type    | name | label | choice_filter | parameters | appearance |
      |        | ${type} | x    | X     | ${more === '' ? '| |' : more} |
      ${extra}
      ${CHOICES}
    `)

  test('a list stands in the form once, with its columns; what nothing asks from does not', async () => {
    const xml = await survey('select_one c', "region = 'n' | randomize=true seed=7 |", '|  | rank c | y | Y | | | |')
    expect(linesOf(xml, '<instance id')).toEqual(['<instance id="c">'])
    expect(linesOf(xml, '<region>')).toEqual(['<region>n</region>', '<region>s</region>'])
    expect(linesOf(xml, '<itemset')).toEqual([
      `<itemset nodeset="randomize(instance('c')/root/item[region = 'n'], 7)">`,
      `<itemset nodeset="instance('c')/root/item">`,
    ])
    expect(linesOf(xml, '<odk:rank ', '<bind').length + linesOf(xml, 'type="odk:rank"').length).toBe(1)
  })

  test('a list that only an expression reads is there too', async () => {
    const read = await xformOf(`
      | survey | type | name | label                                  |
      |        | note | x    | instance('unused')/root/item[1]/label |
      ${CHOICES}
    `)
    expect(linesOf(read, '<instance id')).toEqual(['<instance id="unused">'])
  })

  for (const [file, src, value, label] of [
    ['towns.csv', 'jr://file-csv/towns.csv', 'name', 'label'],
    ['towns.xml', 'jr://file/towns.xml', 'name', 'label'],
    ['towns.geojson', 'jr://file/towns.geojson', 'id', 'title'],
  ] as const)
    test(`a file: ${file}`, async () => {
      const xml = await survey(`select_one_from_file ${file}`)
      expect(xml).toContain(`<instance id="towns" src="${src}"/>`)
      expect(xml).toContain(
        `<itemset nodeset="instance('towns')/root/item">\n<value ref="${value}"/>\n<label ref="${label}"/>`,
      )
    })

  test('a file with columns of other names', async () => {
    const xml = await survey('select_multiple_from_file towns.csv', 'pop > 3 | value=code label=title |')
    expect(xml).toContain(
      `<itemset nodeset="instance('towns')/root/item[pop &gt; 3]">\n<value ref="code"/>\n<label ref="title"/>`,
    )
  })

  test('answers of a repeat: all rows that have one, or those that the filter takes', async () => {
    const xml = await xformOf(`
      | survey | type            | name   | label  | choice_filter             |
      |        | begin repeat    | person | Person |                           |
      |        | text            | first  | First  |                           |
      |        | begin group     | more   | More   |                           |
      |        | integer         | age    | Age    |                           |
      |        | end group       |        |        |                           |
      |        | select_one \${first} | friend | Friend |                      |
      |        | end repeat      |        |        |                           |
      |        | integer         | least  | Least  |                           |
      |        | select_one \${first} | head | Head | \${age} > \${least}       |
    `)
    expect(linesOf(xml, '<itemset')).toEqual([
      `<itemset nodeset="../../person[./first != '']">`,
      '<itemset nodeset="/data/person[ more/age  &gt;  /data/least ]">',
    ])
    expect(linesOf(xml, '<value ref="first"/>')).toHaveLength(2)
  })

  test('search() keeps the items in the question', async () => {
    const xml = await xformOf(`
      | survey  | type         | name | label | appearance       |
      |         | select_one c | x    | X     | search('hhs')    |
      | choices | list_name    | name | label |                  |
      |         | c            | id   | name  |                  |
    `)
    expect(xml).toContain('<item>\n<label>name</label>\n<value>id</value>\n</item>')
    expect(linesOf(xml, '<instance id')).toEqual([])
  })

  test('external choices are asked for by a query', async () => {
    const xml = await xformOf(`
      | survey           | type                     | name  | label | choice_filter   |
      |                  | text                     | state | State |                 |
      |                  | select_one_external city | city  | City  | state=\${state} |
      | external_choices | list_name                | name  | label | state           |
      |                  | city                     | sy    | Syd   | nsw             |
    `)
    expect(linesOf(xml, '<input ref="/data/city"')).toEqual([
      `<input ref="/data/city" query="instance('city')/root/item[state= /data/state ]">`,
    ])
  })

  test('a map shows a list beside its question', async () => {
    const xml = await xformOf(`
      | survey  | type     | name | label | parameters           | choice_filter |
      |         | geoshape | x    | X     | reference-geometry=c | region = 1    |
      | choices | list_name | name | label | geometry | |
      |         | c         | a    | A     | 1 2 3 4  | |
    `)
    expect(xml).toContain(`<itemset nodeset="instance('c')/root/item[region = 1]">`)
  })

  test('choices that name a question have their texts in itext', async () => {
    const xml = await xformOf(`
      | survey  | type         | name | label        |
      |         | text         | who  | Who          |
      |         | select_one c | x    | X            |
      | choices | list_name    | name | label        |
      |         | c            | a    | Like \${who} |
    `)
    expect(xml).toContain('<text id="c-0">\n<value>Like <output value=" /data/who "/>\n</value>')
    expect(xml).toContain('<label ref="jr:itext(itextId)"/>')
  })

  test('pulldata reads a file that the form declares', async () => {
    const xml = await xformOf(`
      | survey | type      | name | label | calculation                           |
      |        | text      | id   | Id    |                                       |
      |        | calculate | x    |       | pulldata('hhs', 'name', 'key', \${id}) |
      |        | calculate | y    |       | pulldata('hhs', 'age', 'key', \${id})  |
    `)
    expect(linesOf(xml, '<instance id')).toEqual(['<instance id="hhs" src="jr://file-csv/hhs.csv"/>'])
  })
})

describe('columns and settings become attributes', () => {
  test('bind, body and instance columns, with references in them', async () => {
    const xml = await xformOf(`
      | survey   | type | name | label | bind::odk:length | body::accuracyThreshold | instance::esri:kind | bind::relevant2 |
      |          | text | who  | Who   |                  |                         |                     |                 |
      |          | text | x    | X     | 3                | 5                       | of \${who}          |                 |
      | settings | namespaces                         | attribute::esri:form |
      |          | esri="http://esri.com/xforms"      | yes                  |
    `)
    expect(linesOf(xml, '<bind nodeset="/data/x"')).toEqual(['<bind nodeset="/data/x" type="string" odk:length="3"/>'])
    expect(linesOf(xml, '<input ref="/data/x"')).toEqual(['<input ref="/data/x" accuracyThreshold="5">'])
    expect(linesOf(xml, '<x ')).toEqual(['<x esri:kind="of  /data/who "/>'])
    expect(linesOf(xml, '<data ')).toEqual(['<data esri:form="yes" id="form">'])
    expect(linesOf(xml, 'xmlns:esri="http://esri.com/xforms"')).toHaveLength(1)
  })

  test('an attribute whose prefix nothing declares is left out, with a warning', async () => {
    const table = `
      | survey | type | name | label | bind::esri:kind |
      |        | text | x    | X     | a               |
    `
    expect(await foundIn(table)).toEqual(['unknown-namespace survey 2 bind::esri:kind'])
    expect(await xformOf(table)).not.toContain('esri')
  })

  test('yes and no are true() and false() wherever a condition stands', async () => {
    const xml = await xformOf(`
      | survey | type    | name | label | required | read_only | relevant | calculation |
      |        | text    | a    | A     | yes      | TRUE      |          |             |
      |        | text    | b    | B     | false    | no        | No       |             |
    `)
    expect(linesOf(xml, '<bind', '"/data/a"')).toEqual([
      '<bind nodeset="/data/a" type="string" required="true()" readonly="true()"/>',
    ])
    expect(linesOf(xml, '<bind', '"/data/b"')).toEqual([
      '<bind nodeset="/data/b" type="string" relevant="false()" required="false()" readonly="false()"/>',
    ])
  })

  test('where and how the answers are sent', async () => {
    const xml = await xformOf(`
      | survey   | type | name | label |
      |          | text | a    | A     |
      | settings | submission_url      | public_key | auto_send | auto_delete | client_editable | version | instance_xmlns        | prefix | delimiter | style | name | instance_name |
      |          | https://example.org | KEY        | true      | false       | yes             | 7       | http://example.org/ns | sms    | ;         | pages | root | \${a}         |
    `)
    expect(linesOf(xml, '<submission')).toEqual([
      '<submission action="https://example.org" method="post" base64RsaPublicKey="KEY" orx:auto-send="true" orx:auto-delete="false" odk:client-editable="true"/>',
    ])
    expect(linesOf(xml, '<root ')).toEqual([
      '<root id="form" version="7" xmlns="http://example.org/ns" odk:prefix="sms" odk:delimiter=";">',
    ])
    expect(linesOf(xml, '<h:body')).toEqual(['<h:body class="pages">'])
    expect(linesOf(xml, 'instanceName"')).toEqual([
      '<bind nodeset="/root/meta/instanceName" type="string" calculate=" /root/a "/>',
    ])
  })

  test('a count is one question, or a node that calculates it', async () => {
    const xml = await xformOf(`
      | survey | type         | name | label | repeat_count |
      |        | integer      | n    | N     |              |
      |        | begin repeat | a    | A     | \${n}        |
      |        | text         | x    | X     |              |
      |        | begin repeat | b    | B     | \${n} + 1    |
      |        | text         | y    | Y     |              |
      |        | end repeat   |      |       |              |
      |        | end repeat   |      |       |              |
    `)
    expect(linesOf(xml, 'jr:count')).toEqual([
      '<repeat nodeset="/data/a" jr:count=" /data/n ">',
      '<repeat nodeset="/data/a/b" jr:count="../b_count">',
    ])
    expect(linesOf(xml, 'nodeset="/data/a/b_count"')).toEqual([
      '<bind nodeset="/data/a/b_count" type="string" readonly="true()" calculate=" /data/n  + 1"/>',
    ])
  })

  test('messages with a reference are texts of their own', async () => {
    const xml = await xformOf(`
      | survey | type    | name | label | constraint | constraint_message | guidance_hint | hint |
      |        | integer | most | Most  |            |                    | Ask slowly    | Hm   |
      |        | integer | n    | N     | . < \${most} | At most \${most} |               |      |
    `)
    expect(linesOf(xml, 'jr:constraintMsg=')[0]).toContain(`jr:constraintMsg="jr:itext('/data/n:jr:constraintMsg')"`)
    expect(xml).toContain(
      '<text id="/data/n:jr:constraintMsg">\n<value>At most <output value=" /data/most "/>\n</value>',
    )
    expect(xml).toContain('<value form="guidance">Ask slowly</value>')
  })
})
