/**
 * Arbitrary forms with most of the language in them, from one number. Tests only.
 *
 * Questions of every common type in groups, repeats and repeats in repeats (some counted by an
 * answer), relevance on questions and groups, calculations over text, numbers, dates and rows,
 * cascading selects, constraints with messages, defaults, labels with outputs in two languages.
 * Expressions read only what stands before them, so that nothing goes in a circle.
 */

type Kind = 'int' | 'decimal' | 'string' | 'date' | 'select1' | 'select'

/** A question or calculation that later expressions may read. */
interface Known {
  readonly path: string
  readonly kind: Kind
  /** Asked in every row: only such rows are the same set for both engines. */
  readonly sure: boolean
  /** Paths of the repeats around it, outermost first. */
  readonly rows: readonly string[]
}

interface Place {
  readonly path: string
  readonly sure: boolean
  readonly rows: readonly string[]
}

interface Written {
  readonly instance: string
  readonly body: string
}

const COLOURS = ['red', 'green', 'blue', 'grey'] as const
const escaped = (text: string): string =>
  text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;')

/** Mulberry32: the same form from the same number, for ever. */
function diceFrom(seed: number): (sides: number) => number {
  let state = seed >>> 0
  return sides => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % Math.max(1, sides)
  }
}

export function randomForm(seed: number): string {
  const roll = diceFrom(seed)
  const one = <T>(from: readonly T[]): T => from[roll(from.length)]!
  const known: Known[] = []
  const binds: string[] = []
  const english: string[] = []
  const french: string[] = []
  let names = 0

  /** How an expression at `place` may name a node that stands before it: one value. */
  function single(to: Known, place: Place): string {
    const shared = to.rows.filter((row, i) => place.rows[i] === row).length
    // Inside a row an absolute path is where engines part (`listed.ts`), and converters write none.
    if (shared === to.rows.length)
      return to.rows.length === 0 && roll(3) === 0 ? to.path : relative(to.path, place.path)
    const outer = to.rows.at(-1)!
    if (to.rows.length === 1)
      return one([
        `indexed-repeat(${to.path}, ${outer}, 1)`,
        `${outer}[1]${to.path.slice(outer.length)}`,
        `${outer}[position() = 2]${to.path.slice(outer.length)}`,
      ])
    return `string-length('${outer}')`
  }

  function relative(to: string, from: string): string {
    const [a, b] = [to.split('/'), from.split('/')]
    let same = 0
    while (same < Math.min(a.length, b.length) - 1 && a[same] === b[same]) same++
    const up = b.slice(same).map(() => '..')
    return [...(roll(4) === 0 ? ['current()'] : []), ...up, ...a.slice(same)].join('/')
  }

  const some = (place: Place, kinds: readonly Kind[]): string | null => {
    const fits = known.filter(({ kind }) => kinds.includes(kind))
    return fits.length === 0 ? null : single(one(fits), place)
  }
  /** Answers of all rows of a repeat that the asker stands outside of. */
  function nodeset({ rows: own }: Place, kinds: readonly Kind[]): string | null {
    const fits = known.filter(
      ({ rows, kind, sure }) => sure && rows.length === 1 && rows[0] !== own[0] && kinds.includes(kind),
    )
    return fits.length === 0 ? null : one(fits).path
  }

  /** Texts are made of whole numbers only: how a decimal is spelt is where engines part. */
  function number(place: Place, depth = 2, kinds: readonly Kind[] = ['int', 'decimal']): string {
    const leaf = (): string => some(place, kinds) ?? String(roll(20) - 4)
    if (depth === 0) return leaf()
    const next = (): string => number(place, depth - 1, kinds)
    const all = nodeset(place, ['int', 'decimal'])
    return one([
      () => `${next()} + ${next()}`,
      () => `${next()} - ${next()}`,
      () => `${next()} * ${roll(4)}`,
      () => `(${next()}) div ${1 + roll(4)}`,
      () => `(${next()}) mod ${1 + roll(5)}`,
      () => `coalesce(${leaf()}, ${roll(9)})`,
      () => `if(${truth(place, depth - 1)}, ${next()}, ${next()})`,
      () => `string-length(${text(place, depth - 1)})`,
      () => `count-selected(${some(place, ['select']) ?? "'a b'"})`,
      () => `abs(${next()})`,
      () => `int(${next()})`,
      () => `min(${leaf()}, ${roll(9)})`,
      () => `max(${leaf()}, ${roll(9)})`,
      () => `number(${leaf()})`,
      () => `floor(${next()})`,
      () => (place.rows.length > 0 ? `position(..)` : leaf()),
      () => (all === null ? leaf() : `count(${all})`),
      () => (all === null ? leaf() : `count(${all}[. > ${roll(9)}])`),
      () => (all === null ? leaf() : `count-non-empty(${all})`),
      () => `decimal-date-time(${date(place)})`,
      leaf,
    ])()
  }

  function text(place: Place, depth = 2): string {
    const leaf = (): string => some(place, ['string', 'select1', 'select', 'int']) ?? `'${one(['a', 'b c', '', 'x'])}'`
    if (depth === 0) return leaf()
    const next = (): string => text(place, depth - 1)
    const list = nodeset(place, ['string', 'int', 'select1'])
    return one([
      () => `concat(${next()}, '-', ${next()})`,
      () => `substr(${next()}, ${roll(3)}, ${2 + roll(4)})`,
      () => `substring-before(${next()}, ' ')`,
      () => `substring-after(${next()}, 'a')`,
      () => `translate(${next()}, 'abc', 'xy')`,
      () => `normalize-space(${next()})`,
      () => `string(${number(place, depth - 1, ['int'])})`,
      () => `coalesce(${leaf()}, ${next()})`,
      () => `if(${truth(place, depth - 1)}, ${next()}, ${next()})`,
      () => `selected-at(${some(place, ['select']) ?? "'a b'"}, ${roll(3)})`,
      () => `format-date(${date(place)}, '%Y-%m-%d %b %e %n')`,
      () => (list === null ? leaf() : `join('|', ${list})`),
      leaf,
    ])()
  }

  function date(place: Place): string {
    return one([
      () => some(place, ['date']) ?? 'today()',
      () => 'today()',
      () => `date('20${10 + roll(20)}-0${1 + roll(9)}-1${roll(9)}')`,
      () => `date(${some(place, ['date']) ?? "'2026-02-28'"})`,
    ])()
  }

  function truth(place: Place, depth = 2): string {
    const next = (): string => (depth === 0 ? 'true()' : truth(place, depth - 1))
    return one([
      () => `${some(place, ['int', 'decimal']) ?? roll(5)} ${one(['<', '<=', '>', '>=', '=', '!='])} ${roll(20)}`,
      () => `${some(place, ['string', 'select1']) ?? "'red'"} ${one(['=', '!='])} '${one([...COLOURS, '', '42'])}'`,
      () => `selected(${some(place, ['select', 'select1']) ?? "'red blue'"}, '${one(COLOURS)}')`,
      () => `not(${next()})`,
      () => `${next()} and ${next()}`,
      () => `${next()} or ${next()}`,
      () => `${date(place)} ${one(['<', '>='])} ${date(place)}`,
      () => `contains(${text(place, 0)}, '${one(['a', '1', ''])}')`,
      () => `starts-with(${text(place, 0)}, '${one(['A', 'x'])}')`,
      () => `regex(${text(place, 0)}, '^[a-z0-9 ]*$')`,
      () => `string-length(${text(place, 0)}) > ${roll(4)}`,
      () => `boolean-from-string(${text(place, 0)})`,
      () => `${number(place, 1)} > ${roll(10)}`,
    ])()
  }

  function label(path: string, place: Place): string {
    const id = `${path}:label`
    const output = roll(3) === 0 ? `<output value="${escaped(text(place, 1))}"/>` : ''
    english.push(`<text id="${id}"><value>Q ${path} ${output}</value></text>`)
    french.push(`<text id="${id}"><value>La ${path} ${output}</value></text>`)
    return `<label ref="jr:itext('${id}')"/>`
  }

  function conditions(path: string, place: Place, kind: Kind): string {
    const parts: string[] = []
    if (roll(3) === 0) parts.push(`relevant="${escaped(truth(place))}"`)
    if (roll(4) === 0) parts.push(`required="${roll(2) === 0 ? 'true()' : escaped(truth(place, 1))}"`)
    if (roll(6) === 0) parts.push(`readonly="${escaped(truth(place, 1))}"`)
    if (roll(3) === 0) {
      const own: Readonly<Record<Kind, () => string>> = {
        int: () => one([`. > ${roll(9)} and . < ${10 + roll(90)}`, `. != ${roll(9)} or . = (${number(place, 1)}) + 0`]),
        decimal: () => `. <= ${roll(90)}.5 and ${truth(place, 1)}`,
        string: () => one([`regex(., '^[A-Za-z ]+$')`, `string-length(.) < ${2 + roll(9)}`, `. != 'x'`]),
        date: () => one([`. <= today()`, `. > date('2000-01-01')`]),
        select1: () => `. != '${one(COLOURS)}'`,
        select: () => `count-selected(.) <= 2 and not(selected(., 'red') and selected(., 'blue'))`,
      }
      const id = `${path}:wrong`
      english.push(`<text id="${id}"><value>wrong ${path}</value></text>`)
      french.push(`<text id="${id}"><value>faux ${path}</value></text>`)
      parts.push(`constraint="${escaped(own[kind]())}" jr:constraintMsg="jr:itext('${id}')"`)
    }
    return parts.join(' ')
  }

  const DEFAULTS: Readonly<Record<Kind, readonly string[]>> = {
    int: ['', '', '3'],
    decimal: ['', '', '2.5'],
    string: ['', '', 'abc'],
    date: ['', '', '2020-02-29'],
    select1: ['', '', 'red'],
    select: ['', '', 'red blue'],
  }

  function question(above: Place): Written {
    const name = `q${++names}`
    const path = `${above.path}/${name}`
    const place = { ...above, path }
    if (roll(4) === 0) {
      const kind = one<Kind>(['string', 'int', 'decimal', 'string'])
      const expression = kind === 'string' ? text(place) : number(place, 2)
      const when = roll(4) === 0 ? ` relevant="${escaped(truth(place))}"` : ''
      binds.push(`<bind nodeset="${path}" type="${kind}" calculate="${escaped(expression)}"${when}/>`)
      known.push({ path, kind, rows: above.rows, sure: above.sure && when === '' })
      return { instance: `<${name}/>`, body: '' }
    }
    const kind = one<Kind>(['int', 'int', 'decimal', 'string', 'string', 'date', 'select1', 'select'])
    const type = kind.startsWith('select') ? 'string' : kind
    const rules = conditions(path, place, kind)
    binds.push(`<bind nodeset="${path}" type="${type}" ${rules}/>`)
    const filter = some(place, ['select1'])
    const itemset =
      filter !== null && roll(2) === 0
        ? `<itemset nodeset="${escaped(`instance('shades')/root/item[of = ${filter}]`)}"><value ref="name"/><label ref="jr:itext(itextId)"/></itemset>`
        : COLOURS.map(c => `<item><label>${c}</label><value>${c}</value></item>`).join('')
    const own = label(path, place)
    const hint = roll(4) === 0 ? `<hint>hint <output value="${escaped(number(place, 0))}"/></hint>` : ''
    const target = roll(6) === 0 ? `set${names}` : null
    let action = ''
    if (target !== null) {
      binds.push(`<bind nodeset="${above.path}/${target}" type="string"/>`)
      action = `<setvalue event="xforms-value-changed" ref="${above.path}/${target}" value="${escaped(text(place, 1))}"/>`
    }
    const body = kind.startsWith('select')
      ? `<${kind} ref="${path}">${own}${hint}${itemset}${action}</${kind}>`
      : `<input ref="${path}">${own}${hint}${action}</input>`
    known.push({ path, kind, rows: above.rows, sure: above.sure && !rules.includes('relevant=') })
    return { instance: `<${name}>${one(DEFAULTS[kind])}</${name}>${target === null ? '' : `<${target}/>`}`, body }
  }

  function several(above: Place, count: number, depth: number): Written {
    const parts = Array.from({ length: count }, () => part(above, depth))
    return { instance: parts.map(p => p.instance).join(''), body: parts.map(p => p.body).join('') }
  }

  function part(above: Place, depth: number): Written {
    const what = depth > 0 ? roll(8) : 9
    if (what === 0) return group(above, depth - 1)
    if (what === 1 && above.rows.length < 2) return repeat(above, depth - 1)
    return question(above)
  }

  function group(above: Place, depth: number): Written {
    const name = `g${++names}`
    const path = `${above.path}/${name}`
    const asked = roll(2) === 0 ? truth({ ...above, path }) : null
    if (asked !== null) binds.push(`<bind nodeset="${path}" relevant="${escaped(asked)}"/>`)
    const inner = several({ ...above, path, sure: above.sure && asked === null }, 1 + roll(4), depth)
    return {
      instance: `<${name}>${inner.instance}</${name}>`,
      body: `<group ref="${path}">${label(path, { ...above, path })}${inner.body}</group>`,
    }
  }

  function repeat(above: Place, depth: number): Written {
    const name = `r${++names}`
    const path = `${above.path}/${name}`
    const counter = known.filter(({ kind, rows }) => kind === 'int' && rows.length === 0)
    const counted = above.rows.length === 0 && counter.length > 0 && roll(3) === 0
    const asked = roll(4) === 0 ? truth({ ...above, path }) : null
    if (asked !== null) binds.push(`<bind nodeset="${path}" relevant="${escaped(asked)}"/>`)
    const inner = several({ path, rows: [...above.rows, path], sure: above.sure && asked === null }, 1 + roll(4), depth)
    const how = counted ? one(counter).path : ''
    const count = counted ? ` jr:count="if(${how} &gt; 3, 3, if(${how} &gt; 0, ${how}, 0))"` : ''
    const template = `<${name} jr:template="">${inner.instance}</${name}>`
    const row = `<${name}>${inner.instance}</${name}>`
    return {
      // A template within a row is not what converters write, nor what the oracle reads as one.
      instance: above.rows.length > 0 ? row : one([template, row, `${template}${row}`]),
      body: `<group ref="${path}"><label>${name}</label><repeat nodeset="${path}"${count}>${inner.body}</repeat></group>`,
    }
  }

  const all = several({ path: '/data', rows: [], sure: true }, 4 + roll(8), 3)
  const shades = COLOURS.flatMap(of =>
    ['light', 'dark'].map(
      tone => `<item><name>${tone}_${of}</name><of>${of}</of><itextId>shade-${tone}</itextId></item>`,
    ),
  )
  const itext = (language: string, texts: readonly string[], light: string, dark: string): string =>
    `<translation lang="${language}"${language === 'English' ? ' default="true()"' : ''}><text id="shade-light"><value>${light}</value></text><text id="shade-dark"><value>${dark}</value></text>${texts.join('')}</translation>`
  return `<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml" xmlns:jr="http://openrosa.org/javarosa" xmlns:orx="http://openrosa.org/xforms"><h:head><h:title>random ${seed}</h:title><model>
<itext>${itext('English', english, 'light', 'dark')}${itext('French', french, 'clair', 'foncé')}</itext>
<instance><data id="random" version="1">${all.instance}<orx:meta><orx:instanceID/></orx:meta></data></instance>
<instance id="shades"><root>${shades.join('')}</root></instance>
${binds.join('\n')}
<bind nodeset="/data/orx:meta/orx:instanceID" type="string" readonly="true()" jr:preload="uid"/></model></h:head><h:body>${all.body}</h:body></h:html>`
}
