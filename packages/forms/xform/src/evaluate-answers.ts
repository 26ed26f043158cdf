/**
 * What expressions of the form language say of a finished interview: features of a model that
 * no question asks for as it is, `${rooms} div ${household_size}`.
 *
 * The answers are taken as they are stored, calculated ones included: nothing is asked,
 * filtered or calculated again. `${name}` is the question of that name; inside a repeat it is
 * all of its answers, so `sum(${age})` does what it says.
 *
 * Laws, in `evaluate-answers.test.ts`:
 *   X1 the same answers give the same values: what asks the clock, chance or the device is refused
 *   X2 nothing of one interview is left for the next
 *   X3 an expression that names no question of the form is refused where it is written
 */
import { err, fault, ok, type FaultOf, type Result } from '@murram/ground'
import { calls, compileTyped, parse, type Compiled, type Context } from '@murram/xpath'
import type { Answers, Form } from './form.ts'
import { runtimeOf } from './open-form.ts'
import { createEnvironment } from './run/environment.ts'
import type { XNode } from './run/node.ts'
import { createRecordTree } from './validate/record-tree.ts'

export interface NamedExpression {
  readonly name: string
  readonly expression: string
}

/** Values by name, as XForm strings: a truth is `true` or `false`, no number is `''`. */
export type EvaluateAnswers = (answers: Answers) => ReadonlyMap<string, string>

/** They give another value each time, or on each device. */
const NOT_OF_THE_ANSWERS = ['now', 'today', 'random', 'uuid', 'once', 'property', 'version', 'randomize']

export function createAnswersEvaluator(
  form: Form,
  expressions: readonly NamedExpression[],
): Result<EvaluateAnswers, FaultOf<'recipe.invalid'>> {
  const tree = createRecordTree(runtimeOf(form))
  const problems: string[] = []
  const ready = expressions.flatMap(({ name, expression }) => {
    const found = prepare(form, expression)
    if (typeof found === 'string') problems.push(`${name}: ${found}`)
    else {
      const compiled = compileTyped(found, tree.runtime.tree, expression)
      if (compiled.ok) return [{ name, compiled: compiled.value }]
      problems.push(`${name}: ${compiled.error.detail ?? expression}`)
    }
    return []
  })
  if (problems.length > 0) return err(fault('recipe.invalid', problems.join('; '), { lines: problems }))

  const environment = createEnvironment(
    tree.runtime,
    { now: () => 0 as never, random: () => 0, uuid: () => '', timeZone: 'UTC' },
    () => form.defaultLanguage,
    () => tree.root,
  )
  const context: Context<XNode> = { node: tree.root, current: tree.root, position: 1, size: 1, environment }
  return ok(answers => {
    tree.reset()
    for (const [ref, value] of Object.entries(answers)) {
      const place = tree.place(ref)
      if (typeof place !== 'string' && place.children.length === 0) place.value = value
    }
    tree.hang()
    return new Map(ready.map(({ name, compiled }) => [name, textOf(compiled, context)]))
  })
}

function textOf(compiled: Compiled<XNode>, context: Context<XNode>): string {
  const text = compiled.text(context)
  return text === 'NaN' || text === 'Infinity' || text === '-Infinity' ? '' : text
}

/** The expression, parsed; or what is wrong with it, in words. */
function prepare({ program, questions }: Form, expression: string) {
  const root = program.nodes[0]?.name ?? 'data'
  let unknown = ''
  const source = expression.replaceAll(/\$\{\s*([^}\s]+)\s*\}/g, (_, name: string) => {
    const question = questions.find(one => one.name === name)
    if (question === undefined) unknown = name
    return `/${root}/${question?.path ?? name}`
  })
  if (unknown !== '') return `the form has no question ${unknown}`
  const parsed = parse(source)
  if (!parsed.ok) return parsed.error.detail ?? expression
  const asked = calls(parsed.value)
  const bad = NOT_OF_THE_ANSWERS.find(name => asked.has(name))
  return bad === undefined
    ? parsed.value
    : `${bad}() says something else each time: a feature hangs on the answers alone`
}
