/**
 * An expression of ODK XPath as plain JSON: it survives `JSON.stringify`, so a compiled form
 * carries it and the device never parses text again.
 *
 * Not here: what an expression means (`compile.ts`), and what it reads (`reads.ts`).
 */

export type BinaryOperator = 'or' | 'and' | '=' | '!=' | '<' | '<=' | '>' | '>=' | '+' | '-' | '*' | 'div' | 'mod'

export type Axis =
  | 'child'
  | 'self'
  | 'parent'
  | 'attribute'
  | 'ancestor'
  | 'ancestor-or-self'
  | 'descendant'
  | 'descendant-or-self'
  | 'following-sibling'
  | 'preceding-sibling'
  | 'following'
  | 'preceding'
  | 'namespace'

export interface Step {
  readonly axis: Axis
  /**
   * Local name without prefix; `*` any element or attribute, `node()` anything; `text()`,
   * `comment()`, `processing-instruction()`.
   */
  readonly name: string
  /** Predicates, in order. */
  readonly where: readonly Expression[]
}

/** Where a path begins. `current` is the node that holds the expression, whatever predicate we are in. */
export type Origin =
  | { readonly at: 'root' }
  | { readonly at: 'context' }
  | { readonly at: 'current' }
  | { readonly at: 'instance'; readonly id: string }
  | { readonly at: 'value'; readonly of: Expression; readonly where: readonly Expression[] }

export interface PathExpression {
  readonly kind: 'path'
  readonly from: Origin
  readonly steps: readonly Step[]
}

export type Expression =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'text'; readonly value: string }
  | {
      readonly kind: 'binary'
      readonly operator: BinaryOperator
      readonly left: Expression
      readonly right: Expression
    }
  | { readonly kind: 'negate'; readonly operand: Expression }
  | { readonly kind: 'union'; readonly left: Expression; readonly right: Expression }
  | { readonly kind: 'call'; readonly name: string; readonly arguments: readonly Expression[] }
  | PathExpression
