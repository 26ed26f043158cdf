/** Labels, hints and messages: literal text, `<output/>`, itext. */
import type { Text, TextForms, TextPart } from '../program.ts'
import type { ExpressionPool } from './expression-pool.ts'
import { attribute, childrenNamed, invalid, textOf, type XmlElement } from './xml.ts'

const ITEXT = /^\s*jr:itext\(\s*(?:'([^']*)'|"([^"]*)")\s*\)\s*$/

/** `jr:itext('id')` with a literal id, as labels and messages write it. */
export function itextId(source: string): string | undefined {
  const found = ITEXT.exec(source)
  return found === null ? undefined : (found[1] ?? found[2])
}

/** Mixed content: text and outputs. */
export function readContent(element: XmlElement, pool: ExpressionPool, place: string): Text {
  const [only] = element.content
  if (element.content.length === 1 && typeof only === 'string' && !only.includes('\n')) {
    const text = only.trim()
    return text === '' ? [] : [text]
  }
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
  /** What a person reads: the value without a form, else the long one, else the short one. */
  readonly itext: Readonly<Record<string, Readonly<Record<string, Text>>>>
  readonly textForms: TextForms
}

export function readItext(models: readonly XmlElement[], pool: ExpressionPool): ReadItext {
  const translations = models
    .flatMap(model => childrenNamed(model, 'itext'))
    .flatMap(one => childrenNamed(one, 'translation'))
  const itext: Record<string, Record<string, Text>> = {}
  const textForms: Record<string, Record<string, Readonly<Record<string, Text>>>> = {}
  let defaultLanguage: string | undefined
  for (const translation of translations) {
    const language = attribute(translation, 'lang')
    if (language === undefined) throw invalid(`line ${translation.line}: a translation has no lang`)
    const isDefault = attribute(translation, 'default')
    if (isDefault !== undefined && !/^false(\(\))?$/.test(isDefault.trim())) defaultLanguage ??= language
    const texts = (itext[language] ??= {})
    const forms = (textForms[language] ??= {})
    for (const text of childrenNamed(translation, 'text')) {
      const id = attribute(text, 'id')
      if (id === undefined) continue
      const values = childrenNamed(text, 'value')
      const [only] = values
      if (values.length === 1 && attribute(only!, 'form') === undefined) {
        texts[id] = readContent(only!, pool, `itext ${id}`)
        continue
      }
      const named = new Map(
        values.map(value => [attribute(value, 'form') ?? '', readContent(value, pool, `itext ${id}`)] as const),
      )
      const plain = named.get('') ?? named.get('long') ?? named.get('short')
      if (plain !== undefined) texts[id] = plain
      named.delete('')
      if (named.size > 0) forms[id] = Object.fromEntries(named)
    }
  }
  const languages = Object.keys(itext)
  return { languages, defaultLanguage: defaultLanguage ?? languages[0] ?? 'default', itext, textForms }
}

const MEDIA: ReadonlySet<string> = new Set(['image', 'big-image', 'audio', 'video'])

/** File names of the media that texts show: `jr://images/roof.jpg` → `roof.jpg`. */
export function mediaFiles(textForms: TextForms): readonly string[] {
  const found = new Set<string>()
  for (const texts of Object.values(textForms))
    for (const forms of Object.values(texts))
      for (const [form, [part, ...more]] of Object.entries(forms))
        if (MEDIA.has(form) && typeof part === 'string' && more.length === 0)
          found.add(part.trim().slice(part.trim().lastIndexOf('/') + 1))
  found.delete('')
  return [...found]
}
