/** `<bind>` elements: what a node is, and which expressions govern it. */
import type { Preload, RuleSpec, Sensitivity, Text } from '../program.ts'
import type { ExpressionPool } from './expression-pool.ts'
import { readRules } from './rules.ts'
import { readMessage } from './texts.ts'
import { attribute, childrenNamed, invalid, NS, type XmlElement } from './xml.ts'

export interface Bind {
  readonly id: string | undefined
  readonly path: string
  readonly type: string
  readonly relevant: number | null
  readonly required: number | null
  readonly readonly: number | null
  readonly constraint: number | null
  readonly calculate: number | null
  readonly constraintMessage: Text
  readonly rules: readonly RuleSpec[]
  /** Path of the question whose reason this one keeps, as written. */
  readonly reasonFor: string | undefined
  readonly requiredMessage: Text
  readonly preload: Preload | null
  readonly feature: boolean
  readonly outcome: boolean
  readonly sensitive: Sensitivity
  readonly saveTo: string | null
  readonly extras: Readonly<Record<string, string>>
}

const isYes = (text: string | undefined): boolean =>
  text === 'true' || text === 'yes' || text === '1' || text === 'true()'

/** A bind of the document, or several of one node read as one. */
export interface PlacedBind {
  readonly path: string
  readonly element: XmlElement
}

/** Every bind by the path of its node, nested ones too. `base` is the root element's path. */
export function placeBinds(models: readonly XmlElement[], base: string): readonly PlacedBind[] {
  const found = new Map<string, XmlElement>()
  const visit = (element: XmlElement, around: string): void => {
    for (const bind of childrenNamed(element, 'bind')) {
      const nodeset = attribute(bind, 'nodeset') ?? attribute(bind, 'ref')
      if (nodeset === undefined) throw invalid(`line ${bind.line}: a bind has no nodeset`)
      const path = absolutePath(nodeset, around)
      const before = found.get(path)
      found.set(path, before === undefined ? bind : joined(before, bind, path))
      visit(bind, path)
    }
  }
  for (const model of models) visit(model, base)
  return [...found].map(([path, element]) => ({ path, element }))
}

/** Two binds of one node must not say two things. */
function joined(first: XmlElement, second: XmlElement, path: string): XmlElement {
  for (const { local, uri, value } of second.attributes) {
    const before = attribute(first, local, uri)
    if (before !== undefined && before !== value && local !== 'nodeset' && local !== 'ref' && local !== 'id')
      throw invalid(`line ${second.line}: ${path} has two binds that differ in ${local}`)
  }
  const known = new Set(first.attributes.map(({ local, uri }) => `${uri} ${local}`))
  const added = second.attributes.filter(({ local, uri }) => !known.has(`${uri} ${local}`))
  return { ...first, attributes: [...first.attributes, ...added] }
}

/** Prefixes are only decoration in the paths of binds and controls. */
export const plainPath = (path: string): string => path.trim().replace(/(^|[/@])[\w.-]+:(?=[^/])/g, '$1')

/** `../age` as seen from `base`; `/data/age` as it is. */
export function absolutePath(reference: string, base: string): string {
  const path = plainPath(reference)
  if (path.startsWith('/') && !path.includes('/.')) return path
  const names = path.startsWith('/') ? [] : base.split('/').filter(name => name !== '')
  for (const name of path.replace(/^current\(\)\//, '').split('/'))
    if (name === '..') names.pop()
    else if (name !== '.' && name !== '') names.push(name)
  return `/${names.join('/')}`
}

/** What the bind says that this engine keeps for others. */
const READ = new Set(['id', 'nodeset', 'ref', 'type', 'relevant', 'required', 'readonly', 'constraint', 'calculate'])
const READ_JR = new Set(['constraintMsg', 'requiredMsg', 'preload', 'preloadParams'])

function extrasOf(bind: XmlElement): Readonly<Record<string, string>> {
  const left = bind.attributes.filter(({ tag, local, uri }) => {
    if (tag.startsWith('xmlns') || uri === NS.murram) return false
    return !(uri === '' ? READ : uri === NS.jr ? READ_JR : NO_NAMES).has(local) && uri !== NS.entities
  })
  return Object.fromEntries(left.map(({ tag, value }) => [tag, value]))
}

const NO_NAMES: ReadonlySet<string> = new Set()

/** XForms 1.0 knows `true` and `1` too; as names of elements nobody means them. */
const asExpression = (source: string): string => {
  const text = source.trim()
  return text === 'true' || text === 'false' ? `${text}()` : text
}

export function readBind({ element: bind, path }: PlacedBind, pool: ExpressionPool): Bind {
  const expression = (name: string): number | null => {
    const source = attribute(bind, name)
    return source === undefined || source.trim() === '' ? null : pool.add(asExpression(source), `${name} of ${path}`)
  }
  const preload = attribute(bind, 'preload', NS.jr)
  const sensitive = attribute(bind, 'sensitive', NS.murram)
  const reasonFor = attribute(bind, 'reason-for', NS.murram)
  const { rules, constraint, message } = readRules(bind, path, pool)
  return {
    id: attribute(bind, 'id'),
    path,
    type: (attribute(bind, 'type') ?? 'string').replace(/^(xsd|xs|jr):/, ''),
    relevant: expression('relevant'),
    required: expression('required'),
    readonly: expression('readonly'),
    constraint,
    // What is calculated from itself alone stays what it is: Community Health Toolkit forms say so.
    calculate: attribute(bind, 'calculate')?.trim() === '.' ? null : expression('calculate'),
    constraintMessage: message,
    rules,
    reasonFor: reasonFor === undefined ? undefined : plainPath(reasonFor),
    requiredMessage: readMessage(attribute(bind, 'requiredMsg', NS.jr)),
    preload: preload === undefined ? null : { kind: preload, parameter: attribute(bind, 'preloadParams', NS.jr) ?? '' },
    feature: isYes(attribute(bind, 'feature', NS.murram)),
    outcome: isYes(attribute(bind, 'outcome', NS.murram)),
    sensitive: sensitive === 'masked' || sensitive === 'sealed' ? sensitive : 'plain',
    saveTo: attribute(bind, 'saveto', NS.entities) ?? null,
    extras: extrasOf(bind),
  }
}
