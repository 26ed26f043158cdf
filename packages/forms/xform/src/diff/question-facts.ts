/**
 * A question as a diff looks at it: everything comparable as text, so that two versions are the
 * same where their facts are equal.
 */
import type { Expression } from '@murram/xpath'
import type { Form, QuestionInfo } from '../form.ts'
import type { NodeSpec, StepKind } from '../program.ts'

export interface QuestionFacts {
  readonly path: string
  readonly name: string
  readonly info: QuestionInfo
  readonly spec: NodeSpec
  /** In words: `“Age” (roster/age)`. */
  readonly called: string
  readonly label: string
  /** A person is asked: neither calculated nor a note. */
  readonly asked: boolean
  /** `null`: its list is in a file that is not at hand. */
  readonly choices: ReadonlySet<string> | null
  /** `''`: never; `true()`: always. */
  readonly required: string
  /** What all must hold. */
  readonly constraints: ReadonlySet<string>
  readonly soft: ReadonlySet<string>
  /** Its own and those of the groups around it. */
  readonly relevance: string
  readonly calculation: string
}

export function questionFacts(form: Form): ReadonlyMap<string, QuestionFacts> {
  const { program, defaultLanguage } = form
  const { nodes, steps } = program
  const nodeByPath = new Map(nodes.map((node, i) => [node.path, i]))
  const treeOf = (expression: number): Expression => program.expressions[expression]!.tree
  const expressionOn = (node: number, kind: StepKind): Expression | null => {
    const step = steps.find(one => one.node === node && one.kind === kind)
    return step === undefined ? null : treeOf(step.expression)
  }
  const stepTexts = Map.groupBy(steps, step => step.node)
  const textOf = (node: number, kind: StepKind): string => {
    const step = stepTexts.get(node)?.find(one => one.kind === kind)
    return step === undefined ? '' : asText(treeOf(step.expression))
  }
  const relevanceOf = (node: number): string => {
    const own = textOf(node, 'relevant')
    const above = nodes[node]!.parent < 0 ? '' : relevanceOf(nodes[node]!.parent)
    return [above, own].filter(text => text !== '').join('\n')
  }
  const isMissing = form.missingAttachments.length > 0

  const facts = form.questions.map((info): QuestionFacts => {
    const node = nodeByPath.get(info.path)!
    const spec = nodes[node]!
    const label = info.label(defaultLanguage).trim()
    const constraint = expressionOn(node, 'constraint')
    const choices = new Set(info.choices(defaultLanguage).map(({ value }) => value))
    return {
      path: info.path,
      name: info.name,
      info,
      spec,
      label,
      called: label === '' || label.length > 60 ? info.path : `“${label}” (${info.path})`,
      asked: spec.control !== null && !spec.calculated && info.kind !== 'note',
      choices: choices.size === 0 && isMissing ? null : choices,
      required: spec.required ? 'true()' : textOf(node, 'required'),
      constraints: new Set(constraint === null ? [] : conjuncts(constraint).map(asText)),
      soft: new Set(spec.rules.filter(rule => rule.soft).map(rule => asText(treeOf(rule.expression)))),
      relevance: relevanceOf(node),
      calculation: textOf(node, 'calculate'),
    }
  })
  return new Map(facts.map(one => [one.path, one]))
}

const conjuncts = (tree: Expression): readonly Expression[] =>
  tree.kind === 'binary' && tree.operator === 'and' ? [...conjuncts(tree.left), ...conjuncts(tree.right)] : [tree]

/** The name of the root element says nothing: some converters give it the form's id. */
const asText = (tree: Expression): string =>
  JSON.stringify(tree, (_, value: unknown) => {
    if (!isRootPath(value)) return value
    const [root, ...others] = value.steps
    return { ...value, steps: root === undefined ? [] : [{ ...root, name: '' }, ...others] }
  })

type RootPath = Expression & { readonly kind: 'path' }

const isRootPath = (value: unknown): value is RootPath =>
  typeof value === 'object' &&
  value !== null &&
  'kind' in value &&
  value.kind === 'path' &&
  (value as RootPath).from.at === 'root'
