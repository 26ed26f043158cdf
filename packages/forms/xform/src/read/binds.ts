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
}

const isYes = (text: string | undefined): boolean =>
  text === 'true' || text === 'yes' || text === '1' || text === 'true()'

export function bindPaths(model: XmlElement): ReadonlySet<string> {
  return new Set(childrenNamed(model, 'bind').map(pathOf))
}

function pathOf(bind: XmlElement): string {
  const nodeset = attribute(bind, 'nodeset') ?? attribute(bind, 'ref')
  if (nodeset === undefined) throw invalid(`line ${bind.line}: a bind has no nodeset`)
  return plainPath(nodeset)
}

/** Prefixes are only decoration in the paths of binds and controls. */
export const plainPath = (path: string): string => path.trim().replace(/(^|[/@])[\w.-]+:(?=[^/])/g, '$1')

export function readBind(bind: XmlElement, pool: ExpressionPool): Bind {
  const path = pathOf(bind)
  const expression = (name: string): number | null => {
    const source = attribute(bind, name)
    return source === undefined || source.trim() === '' ? null : pool.add(source, `${name} of ${path}`)
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
    calculate: expression('calculate'),
    constraintMessage: message,
    rules,
    reasonFor: reasonFor === undefined ? undefined : plainPath(reasonFor),
    requiredMessage: readMessage(attribute(bind, 'requiredMsg', NS.jr)),
    preload: preload === undefined ? null : { kind: preload, parameter: attribute(bind, 'preloadParams', NS.jr) ?? '' },
    feature: isYes(attribute(bind, 'feature', NS.murram)),
    outcome: isYes(attribute(bind, 'outcome', NS.murram)),
    sensitive: sensitive === 'masked' || sensitive === 'sealed' ? sensitive : 'plain',
    saveTo: attribute(bind, 'saveto', NS.entities) ?? null,
  }
}
