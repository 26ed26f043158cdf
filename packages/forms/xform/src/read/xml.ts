/**
 * XML text → a small tree, by saxes: entities other than XML's five, undeclared prefixes and
 * two roots are refused with line and column, and no DTD is expanded.
 */
import { err, fault, ok, type FaultOf, type Result } from '@murram/ground'
import { SaxesParser } from 'saxes'
import { readPlainXml } from './plain-xml.ts'
import type { XmlElement } from './xml-element.ts'

export type { XmlElement } from './xml-element.ts'

export const NS = {
  xforms: 'http://www.w3.org/2002/xforms',
  html: 'http://www.w3.org/1999/xhtml',
  jr: 'http://openrosa.org/javarosa',
  orx: 'http://openrosa.org/xforms',
  odk: 'http://www.opendatakit.org/xforms',
  entities: 'http://www.opendatakit.org/xforms/entities',
  murram: 'http://murram.org/xforms',
} as const

const MAX_DEPTH = 500

/** Thrown while a form is read; `compileXform` returns the fault. */
export class FormProblem extends Error {
  readonly fault:
    | FaultOf<'form.invalid'>
    | FaultOf<'xform.cycle'>
    | FaultOf<'xpath.syntax'>
    | FaultOf<'xpath.unknown-function'>
  constructor(problem: FormProblem['fault']) {
    super(problem.detail ?? problem.fault)
    this.fault = problem
  }
}

export const invalid = (detail: string): FormProblem => new FormProblem(fault('form.invalid', detail))

type ParsedXml = Result<XmlElement, FaultOf<'form.xml-malformed'>>

export function parseXml(text: string): ParsedXml {
  const document = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
  const plain = readPlainXml(document, MAX_DEPTH)
  return plain === null ? parseFully(document) : ok(plain)
}

/** Event by event: what the plain reader leaves to it, and what is wrong, with its line and column. */
export function parseFully(text: string): ParsedXml {
  const parser = new SaxesParser({ xmlns: true })
  const open: (XmlElement & { content: (string | XmlElement)[] })[] = []
  let root: XmlElement | undefined
  parser.on('error', error => {
    throw error
  })
  parser.on('opentag', tag => {
    const attributes = Object.values(tag.attributes).map(({ name, local, uri, value }) => ({
      tag: name,
      local,
      uri,
      value,
    }))
    const element = { tag: tag.name, local: tag.local, uri: tag.uri, attributes, content: [], line: parser.line }
    if (open.length >= MAX_DEPTH) throw new Error('elements are nested too deeply')
    const parent = open.at(-1)
    if (parent === undefined) root ??= element
    else parent.content.push(element)
    open.push(element)
  })
  const addText = (part: string): void => {
    open.at(-1)?.content.push(part)
  }
  parser.on('text', addText)
  parser.on('cdata', addText)
  parser.on('closetag', () => void open.pop())
  try {
    parser.write(text).close()
  } catch (problem) {
    const message = problem instanceof Error ? problem.message : String(problem)
    return err(fault('form.xml-malformed', message, { line: parser.line, column: parser.column }))
  }
  return root === undefined ? err(fault('form.xml-malformed', 'it has no element')) : ok(root)
}

export const elementsOf = (element: XmlElement): readonly XmlElement[] =>
  element.content.filter(part => typeof part !== 'string')

export const childrenNamed = (element: XmlElement, local: string): readonly XmlElement[] =>
  elementsOf(element).filter(child => child.local === local)

export const childNamed = (element: XmlElement, local: string): XmlElement | undefined =>
  elementsOf(element).find(child => child.local === local)

/** Attributes of no namespace when `uri` is left out. */
export const attribute = (element: XmlElement, local: string, uri = ''): string | undefined =>
  element.attributes.find(one => one.local === local && one.uri === uri)?.value

export const textOf = (element: XmlElement): string =>
  element.content.map(part => (typeof part === 'string' ? part : textOf(part))).join('')

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#x9;',
  '\n': '&#xA;',
  '\r': '&#xD;',
}

// oxlint-disable-next-line no-control-regex
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g

/** Characters that XML 1.0 cannot carry are left out; half a pair becomes U+FFFD, as UTF-8 would make it. */
const carried = (text: string): string => text.replace(FORBIDDEN, '').toWellFormed()

/** For text. A carriage return is written as a number, or a reader would turn it into a line feed. */
export const escapeXml = (text: string): string => carried(text).replace(/[&<>"\r]/g, letter => ESCAPES[letter]!)

/** For attributes, whose white space a reader turns into blanks. */
export const escapeAttribute = (text: string): string =>
  carried(text).replace(/[&<>"\t\n\r]/g, letter => ESCAPES[letter]!)
