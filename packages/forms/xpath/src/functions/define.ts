/** How a function enters the table: by the kind of its arguments, so that each is one line. */
import { either, numeric, textual, truthful } from '../compiled.ts'
import type { Call, Compiled, Context, FunctionEntry } from '../evaluate.ts'
import { isNodes, numberOfText, type Tree, type Value } from '../value.ts'

/** All arguments as text, and nothing else asked: `ofTexts.truth('text, part', …)`. */
export const ofTexts = {
  text: (takes: string, of: (...texts: string[]) => string): FunctionEntry => ({
    takes,
    pure: true,
    compile: call => textual(overTexts(call, of)),
  }),
  number: (takes: string, of: (...texts: string[]) => number): FunctionEntry => ({
    takes,
    pure: true,
    compile: call => numeric(overTexts(call, of)),
  }),
  truth: (takes: string, of: (...texts: string[]) => boolean): FunctionEntry => ({
    takes,
    pure: true,
    compile: call => truthful(overTexts(call, of)),
  }),
}

function overTexts<N, T>({ count, arg }: Call<N>, of: (...texts: string[]) => T): (context: Context<N>) => T {
  if (count === 1) {
    const { text } = arg(0)
    return context => of(text(context))
  }
  if (count === 2) {
    const [first, second] = [arg(0).text, arg(1).text]
    return context => of(first(context), second(context))
  }
  const texts = Array.from({ length: count }, (_, i) => arg(i).text)
  return context => of(...texts.map(text => text(context)))
}

/** All arguments as numbers. */
export const ofNumbers = (takes: string, of: (...numbers: number[]) => number): FunctionEntry => ({
  takes,
  pure: true,
  compile: <N>({ count, arg }: Call<N>) => {
    if (count === 1) {
      const { number } = arg(0)
      return numeric<N>(context => of(number(context)))
    }
    const numbers = Array.from({ length: count }, (_, i) => arg(i).number)
    return numeric<N>(context => of(...numbers.map(number => number(context))))
  },
})

/** Needs more than plain arguments: sets of nodes, laziness, the clock. */
export const ofCall = (takes: string, compile: <N>(call: Call<N>) => Compiled<N>): FunctionEntry => ({
  takes,
  pure: false,
  compile,
})

/** Of the kind that all of these are; else of either. */
export function sameKind<N>(
  tree: Tree<N>,
  parts: readonly Compiled<N>[],
  value: (context: Context<N>) => Value<N>,
  choose: (context: Context<N>) => Compiled<N>,
): Compiled<N> {
  const [first] = parts
  if (first === undefined || parts.some(part => part.gives !== first.gives)) return either(tree, value)
  return {
    gives: first.gives,
    value,
    text: context => choose(context).text(context),
    number: context => choose(context).number(context),
    truth: context => choose(context).truth(context),
  }
}

export const argsFrom = <N>({ count, arg }: Call<N>, from: number): readonly Compiled<N>[] =>
  Array.from({ length: Math.max(0, count - from) }, (_, i) => arg(i + from))

/** A value as one text a node: how ODK's `concat`, `join`, `sum` and `max` take node sets. */
export const textsOf = <N>(tree: Tree<N>, part: Compiled<N>, context: Context<N>): readonly string[] => {
  if (part.gives !== 'nodes' && part.gives !== 'any') return [part.text(context)]
  const value = part.value(context)
  return isNodes(value) ? value.map(tree.text) : [part.text(context)]
}

export const numbersOf = <N>(tree: Tree<N>, part: Compiled<N>, context: Context<N>): readonly number[] => {
  if (part.gives !== 'nodes' && part.gives !== 'any') return [part.number(context)]
  const value = part.value(context)
  const { timeZone } = context.environment
  return isNodes(value) ? value.map(node => numberOfText(tree.text(node), timeZone)) : [part.number(context)]
}

/** A value as one truth a node: how the checklists take node sets. */
export const truthsOf = <N>(tree: Tree<N>, part: Compiled<N>, context: Context<N>): readonly boolean[] => {
  const value = part.value(context)
  return isNodes(value) ? value.map(node => tree.text(node) !== '') : [part.truth(context)]
}

export const nodesOf = <N>(part: Compiled<N>, context: Context<N>): readonly N[] => {
  const value = part.value(context)
  return isNodes(value) ? value : []
}

export const words = (text: string): readonly string[] => text.split(/\s+/).filter(word => word !== '')
