/** Labels, hints and messages: literal text, `<output/>`, itext. */
import type { Text, TextPart } from '../program.ts'
import type { ExpressionPool } from './expression-pool.ts'
import { attribute, childNamed, childrenNamed, elementsOf, invalid, textOf, type XmlElement } from './xml.ts'

const ITEXT = /^\s*jr:itext\(\s*(?:'([^']*)'|"([^"]*)")\s*\)\s*$/

/** `jr:itext('id')` with a literal id, as labels and messages write it. */
export function itextId(source: string): string | undefined {
  const found = ITEXT.exec(source)
  return found === null ? undefined : (found[1] ?? found[2])
}

/** Mixed content: text and outputs. */
export function readContent(element: XmlElement, pool: ExpressionPool, place: string): Text {
  const parts: TextPart[] = element.content.map(part => {
    if (typeof part === 'string') return part.replace(/[ \t]*\n\s*/g, '\n')
    const source = attribute(part, 'value') ?? attribute(part, 'ref')
    return part.local === 'output' && source !== undefined ? { output: pool.add(source, place) } : textOf(part)
  })
  return trimmed(parts)
}

function trimmed(parts: readonly TextPart[]): Text {
  const last = parts.length - 1
  return parts
    .map((part, i) => {
      if (typeof part !== 'string') return part
      const started = i === 0 ? part.trimStart() : part
      return i === last ? started.trimEnd() : started
    })
    .filter(part => part !== '')
}

/** A `<label>` or `<hint>`: by reference, or by content. */
export function readText(element: XmlElement | undefined, pool: ExpressionPool, place: string): Text {
  if (element === undefined) return []
  const reference = attribute(element, 'ref')
  if (reference === undefined) return readContent(element, pool, place)
  const id = itextId(reference)
  return [id === undefined ? { output: pool.add(reference, place) } : { itext: id }]
}

/** A message in an attribute: literal, or `jr:itext('…')`. */
export function readMessage(source: string | undefined): Text {
  if (source === undefined) return []
  const id = itextId(source)
  return [id === undefined ? source : { itext: id }]
}

export interface ReadItext {
  readonly languages: readonly string[]
  readonly defaultLanguage: string
  readonly itext: Readonly<Record<string, Readonly<Record<string, Text>>>>
}

/** The plain form of each text; `form="image"` and its like are left to the screen's own lookup. */
export function readItext(model: XmlElement, pool: ExpressionPool): ReadItext {
  const translations = childrenNamed(childNamed(model, 'itext') ?? model, 'translation')
  const itext: Record<string, Record<string, Text>> = {}
  let defaultLanguage: string | undefined
  for (const translation of translations) {
    const language = attribute(translation, 'lang')
    if (language === undefined) throw invalid(`line ${translation.line}: a translation has no lang`)
    if (attribute(translation, 'default') !== undefined) defaultLanguage ??= language
    const texts = (itext[language] ??= {})
    for (const text of elementsOf(translation)) {
      const value = childrenNamed(text, 'value').find(one => attribute(one, 'form') === undefined)
      const id = attribute(text, 'id')
      if (id !== undefined && value !== undefined) texts[id] = readContent(value, pool, `itext ${id}`)
    }
  }
  const languages = Object.keys(itext)
  return { languages, defaultLanguage: defaultLanguage ?? languages[0] ?? 'default', itext }
}
