/**
 * The XML that converters write, read in one go: elements, attributes, text, comments, CDATA,
 * XML's own five entities. A form is read twice as fast so as event by event.
 *
 *   P1 a tree that is returned is the tree that the full parser makes of the same text
 *   P2 whatever is unusual or wrong (a DTD, a processing instruction, a name that is not ASCII,
 *      anything not well-formed) returns `null`: the full parser has the last word and the message
 *
 * Not here: the full parser, and what is said of bad input (`xml.ts`).
 */
import type { XmlAttribute, XmlElement } from './xml-element.ts'

type Open = XmlElement & { readonly content: (string | XmlElement)[] }

/** Namespaces by prefix; `''` is the default one. */
type Scope = Readonly<Record<string, string>>

const XML = 'http://www.w3.org/XML/1998/namespace'
const XMLNS = 'http://www.w3.org/2000/xmlns/'

const DECLARATION = /^<\?xml version="1\.0"(?: encoding="[Uu][Tt][Ff]-8")?(?: standalone="(?:yes|no)")?\s*\?>/
// oxlint-disable-next-line no-control-regex
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/
const NAME = /[A-Za-z_][\w.-]*(?::[A-Za-z_][\w.-]*)?/y
const BLANK = /[ \t\n]*/y
const REFERENCE = /&(?:(lt|gt|amp|quot|apos)|#(\d{1,7})|#x([\dA-Fa-f]{1,6}));/g
const ENTITY: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

/** Attributes of one element that are still compared one with another. */
const MANY = 50

/** Thrown and caught in this file: the text is for the full parser. */
const unusual = new Error('unusual XML')

export function readPlainXml(text: string, maxDepth: number): XmlElement | null {
  if (FORBIDDEN.test(text) || !text.isWellFormed()) return null
  try {
    return read(text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text, maxDepth)
  } catch (problem) {
    if (problem === unusual) return null
    throw problem
  }
}

function read(text: string, maxDepth: number): XmlElement | null {
  const open: { readonly element: Open; readonly scope: Scope }[] = []
  let root: Open | undefined
  let at = DECLARATION.exec(text)?.[0].length ?? 0
  let line = 1
  let nextLine = text.indexOf('\n')

  /** Lines are counted as far as the end of an opening tag, as an editor numbers them. */
  function lineAt(end: number): number {
    for (; nextLine >= 0 && nextLine < end; nextLine = text.indexOf('\n', nextLine + 1)) line += 1
    return line
  }

  function addText(end: number): void {
    if (end === at) return
    const part = text.slice(at, end)
    const parent = open.at(-1)
    if (parent === undefined) {
      if (/[^ \t\n]/.test(part)) throw unusual
      return
    }
    if (part.includes(']]>')) throw unusual
    parent.element.content.push(decoded(part))
  }

  function closeTag(): void {
    const name = nameAt(text, at + 2)
    const closed = open.pop()
    const end = afterBlank(text, at + 2 + name.length)
    if (closed?.element.tag !== name || text.charCodeAt(end) !== 62) throw unusual
    at = end + 1
  }

  function openTag(): void {
    const tag = nameAt(text, at + 1)
    const { found, end } = attributesAt(text, at + 1 + tag.length)
    const isEmpty = text.charCodeAt(end) === 47
    const last = isEmpty ? end + 1 : end
    if (text.charCodeAt(last) !== 62) throw unusual
    if (found.length > MANY) throw unusual
    const scope = scopeWith(open.at(-1)?.scope ?? { xml: XML, '': '' }, found)
    const attributes = found.map(([name, value]) => attributeOf(name, value, scope))
    refuseTwice(attributes)
    const colon = tag.indexOf(':')
    const uri = colon < 0 ? scope['']! : uriOf(tag.slice(0, colon), scope)
    const element = {
      tag,
      local: colon < 0 ? tag : tag.slice(colon + 1),
      uri,
      attributes,
      content: [],
      line: lineAt(last),
    }
    if (open.length >= maxDepth) throw unusual
    const parent = open.at(-1)
    if (parent !== undefined) parent.element.content.push(element)
    else if (root !== undefined) throw unusual
    else root = element
    if (!isEmpty) open.push({ element, scope })
    at = last + 1
  }

  function aside(): void {
    if (text.startsWith('<!--', at)) {
      const end = text.indexOf('--', at + 4)
      if (end < 0 || text[end + 2] !== '>') throw unusual
      at = end + 3
    } else if (text.startsWith('<![CDATA[', at) && open.length > 0) {
      const end = text.indexOf(']]>', at + 9)
      if (end < 0) throw unusual
      open.at(-1)!.element.content.push(text.slice(at + 9, end))
      at = end + 3
    } else throw unusual
  }

  while (at < text.length) {
    const next = text.indexOf('<', at)
    addText(next < 0 ? text.length : next)
    if (next < 0) break
    at = next
    const following = text.charCodeAt(at + 1)
    if (following === 47) closeTag()
    else if (following === 33) aside()
    else openTag()
  }
  return open.length === 0 ? (root ?? null) : null
}

function nameAt(text: string, at: number): string {
  NAME.lastIndex = at
  const found = NAME.exec(text)
  if (found === null) throw unusual
  return found[0]
}

function afterBlank(text: string, at: number): number {
  BLANK.lastIndex = at
  BLANK.test(text)
  return BLANK.lastIndex
}

type Written = readonly [name: string, value: string]

function attributesAt(text: string, start: number): { readonly found: readonly Written[]; readonly end: number } {
  const found: Written[] = []
  for (let at = start; ;) {
    const next = afterBlank(text, at)
    const code = text.charCodeAt(next)
    if (code === 62 || code === 47) return { found, end: next }
    if (next === at) throw unusual
    const name = nameAt(text, next)
    const equals = afterBlank(text, next + name.length)
    const from = afterBlank(text, equals + 1)
    const quote = text[from]
    if (text[equals] !== '=' || (quote !== '"' && quote !== "'")) throw unusual
    const end = text.indexOf(quote, from + 1)
    if (end < 0) throw unusual
    const value = text.slice(from + 1, end)
    if (value.includes('<')) throw unusual
    found.push([name, decoded(/[\t\n]/.test(value) ? value.replace(/[\t\n]/g, ' ') : value)])
    at = end + 1
  }
}

function decoded(part: string): string {
  if (!part.includes('&')) return part
  let found = 0
  const text = part.replace(REFERENCE, (_, name: string | undefined, decimal?: string, hexadecimal?: string) => {
    found += 1
    if (name !== undefined) return ENTITY[name]!
    const code = decimal === undefined ? Number.parseInt(hexadecimal!, 16) : Number(decimal)
    const isCharacter = code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff) && code !== 0
    if (!isCharacter || FORBIDDEN.test(String.fromCodePoint(code))) throw unusual
    return String.fromCodePoint(code)
  })
  if (found !== part.split('&').length - 1) throw unusual
  return text
}

function scopeWith(outer: Scope, found: readonly Written[]): Scope {
  if (!found.some(([name]) => name.startsWith('xmlns'))) return outer
  const own: Record<string, string> = { ...outer }
  for (const [name, value] of found) {
    if (name === 'xmlns') own[''] = value.trim()
    else if (name.startsWith('xmlns:')) {
      const prefix = name.slice(6)
      if (value.trim() === '' || prefix === 'xml' || prefix === 'xmlns') throw unusual
      own[prefix] = value.trim()
    }
  }
  if (
    Object.values(own).includes(XMLNS) ||
    Object.entries(own).some(([prefix, uri]) => uri === XML && prefix !== 'xml')
  )
    throw unusual
  return own
}

function uriOf(prefix: string, scope: Scope): string {
  const uri = Object.hasOwn(scope, prefix) ? scope[prefix] : undefined
  if (uri === undefined) throw unusual
  return uri
}

function attributeOf(tag: string, value: string, scope: Scope): XmlAttribute {
  const colon = tag.indexOf(':')
  if (colon < 0) return { tag, local: tag, uri: tag === 'xmlns' ? XMLNS : '', value }
  const prefix = tag.slice(0, colon)
  return { tag, local: tag.slice(colon + 1), uri: prefix === 'xmlns' ? XMLNS : uriOf(prefix, scope), value }
}

function refuseTwice(attributes: readonly XmlAttribute[]): void {
  for (const [i, one] of attributes.entries())
    for (let before = 0; before < i; before++) {
      const other = attributes[before]!
      if (other.local === one.local && other.uri === one.uri) throw unusual
    }
}
