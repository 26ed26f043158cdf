/** An instance's XML made comparable: values by ref, or its elements line by line. Tests only. */
import { elementsOf, parseXml, textOf, type XmlElement } from '../read/xml.ts'

/** The oracle forgets to declare prefixes that the form declared further out. */
function read(xml: string): XmlElement {
  for (let text = xml, tries = 0; ; tries++) {
    const parsed = parseXml(text)
    if (parsed.ok) return parsed.value
    const prefix = /unbound namespace prefix: "([^"]+)"/.exec(parsed.error.detail ?? '')?.[1]
    if (prefix === undefined || tries > 9)
      throw new Error(`an instance that cannot be read: ${parsed.error.detail ?? ''}`)
    text = text.replace(/<[\w:.-]+(?=[\s>])/, start => `${start} xmlns:${prefix}="urn:${prefix}"`)
  }
}

/** Values of elements without elements, by ref; a group without anything in it shows as blank. */
export function flatInstance(xml: string, isRepeat: (path: string) => boolean): Readonly<Record<string, string>> {
  const found: Record<string, string> = {}
  const visit = (element: XmlElement, ref: string, path: string): void => {
    const children = elementsOf(element)
    if (children.length === 0) found[ref] = textOf(element)
    const rows = new Map<string, number>()
    for (const child of children) {
      const below = path === '' ? child.local : `${path}/${child.local}`
      const row = (rows.get(child.local) ?? 0) + 1
      rows.set(child.local, row)
      const own = isRepeat(below) ? `${child.local}[${row}]` : child.local
      visit(child, ref === '' ? own : `${ref}/${own}`, below)
    }
  }
  visit(read(xml), '', '')
  return found
}

/** One line an element: depth, name with namespace, attributes by their local names. */
export function instanceLines(xml: string): readonly string[] {
  const lines: string[] = []
  const visit = (element: XmlElement, depth: number): void => {
    const attributes = element.attributes
      .filter(({ tag }) => tag !== 'xmlns' && !tag.startsWith('xmlns:'))
      .map(({ local, value }) => `${local}=${value}`)
      .sort()
    lines.push(`${'  '.repeat(depth)}{${element.uri}}${element.local} ${attributes.join(' ')}`.trimEnd())
    for (const child of elementsOf(element)) visit(child, depth + 1)
  }
  visit(read(xml), 0)
  return lines
}
