/** How deep an expression is: what is nested in it, whether by brackets or by a chain of operators. */
import type { Expression } from './expression.ts'

export function partsOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'number':
    case 'text':
      return []
    case 'negate':
      return [expression.operand]
    case 'binary':
    case 'union':
      return [expression.left, expression.right]
    case 'call':
      return expression.arguments
    case 'path': {
      const { from, steps } = expression
      return [...(from.at === 'value' ? [from.of, ...from.where] : []), ...steps.flatMap(step => step.where)]
    }
  }
}

/** Stops counting beyond `most`. Without recursion, for that is what it protects. */
export function depthOf(expression: Expression, most: number): number {
  let deepest = 0
  const left: (readonly [Expression, number])[] = [[expression, 1]]
  for (let one = left.pop(); one !== undefined && deepest <= most; one = left.pop()) {
    const [at, depth] = one
    deepest = Math.max(deepest, depth)
    for (const part of partsOf(at)) left.push([part, depth + 1])
  }
  return deepest
}
