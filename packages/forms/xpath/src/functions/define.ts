/** How a function enters the table: by the kind of its arguments, so that each is one line. */
import type { Context, FunctionEntry } from '../evaluate.ts'
import { isNodes, numberOfText, toNumber, toText, type Tree, type Value } from '../value.ts'

type Result = string | number | boolean

/** All arguments as text. */
export const ofTexts = (least: number, most: number, of: (...texts: string[]) => Result): FunctionEntry => ({
  arity: [least, most],
  compile: (tree, values) => context => of(...values.map(value => toText(tree, value(context)))),
})

/** All arguments as numbers. */
export const ofNumbers = (least: number, most: number, of: (...numbers: number[]) => Result): FunctionEntry => ({
  arity: [least, most],
  compile: (tree, values) => context => of(...values.map(value => toNumber(tree, value(context)))),
})

/** Needs values as they are: node sets, laziness, the clock. */
export const ofValues = (
  least: number,
  most: number,
  of: <N>(call: {
    readonly tree: Tree<N>
    readonly context: Context<N>
    readonly count: number
    readonly value: (i: number) => Value<N>
    readonly text: (i: number) => string
    readonly number: (i: number) => number
  }) => Value<N>,
): FunctionEntry => ({
  arity: [least, most],
  compile: (tree, values) => context => {
    const value = (i: number) => values[i]!(context)
    return of({
      tree,
      context,
      count: values.length,
      value,
      text: i => toText(tree, value(i)),
      number: i => toNumber(tree, value(i)),
    })
  },
})

/** A value as one text a node: how ODK's `concat`, `join`, `sum` and `max` take node sets. */
export const textsOf = <N>(tree: Tree<N>, value: Value<N>): readonly string[] =>
  isNodes(value) ? value.map(tree.text) : [toText(tree, value)]

export const numbersOf = <N>(tree: Tree<N>, value: Value<N>): readonly number[] =>
  typeof value === 'number' ? [value] : textsOf(tree, value).map(numberOfText)

export const words = (text: string): readonly string[] => text.split(/\s+/).filter(word => word !== '')
