/** Makers of `Compiled`: from one closure of a known kind, the other three. */
import type { Compiled, Evaluate } from './evaluate.ts'
import { numberOfText, textOfNumber, toBoolean, toNumber, toText, type Tree } from './value.ts'

type Run<N, T> = (context: Parameters<Evaluate<N>>[0]) => T

export const textual = <N>(text: Run<N, string>): Compiled<N> => ({
  gives: 'text',
  value: text,
  text,
  number: context => numberOfText(text(context), context.environment.timeZone),
  truth: context => text(context) !== '',
})

export const numeric = <N>(number: Run<N, number>): Compiled<N> => ({
  gives: 'number',
  value: number,
  text: context => textOfNumber(number(context)),
  number,
  truth: context => toBoolean(number(context)),
})

export const truthful = <N>(truth: Run<N, boolean>): Compiled<N> => ({
  gives: 'truth',
  value: truth,
  text: context => (truth(context) ? 'true' : 'false'),
  number: context => (truth(context) ? 1 : 0),
  truth,
})

/** `first`: the first node in document order, where that is cheaper than the whole set. */
export function nodal<N>(
  tree: Tree<N>,
  value: Run<N, readonly N[]>,
  first: Run<N, N | null | undefined> = context => value(context)[0],
): Compiled<N> {
  const text = (context: Parameters<Evaluate<N>>[0]): string => {
    const node = first(context)
    return node === null || node === undefined ? '' : tree.text(node)
  }
  return {
    gives: 'nodes',
    value,
    text,
    number: context => numberOfText(text(context), context.environment.timeZone),
    truth: context => {
      const node = first(context)
      return node !== null && node !== undefined
    },
  }
}

export const either = <N>(tree: Tree<N>, value: Evaluate<N>): Compiled<N> => ({
  gives: 'any',
  value,
  text: context => toText(tree, value(context)),
  number: context => toNumber(tree, value(context), context.environment.timeZone),
  truth: context => toBoolean(value(context)),
})

export function always<N>(constant: string | number | boolean): Compiled<N> {
  switch (typeof constant) {
    case 'string': {
      const made = textual<N>(() => constant)
      const isTrue = constant !== ''
      // A moment without an offset is a number only in a zone; everything else is one here and now.
      if (constant.includes('T')) return { ...made, truth: () => isTrue, constant }
      const number = numberOfText(constant)
      return { ...made, number: () => number, truth: () => isTrue, constant }
    }
    case 'number': {
      const [text, isTrue] = [textOfNumber(constant), toBoolean(constant)]
      return { ...numeric<N>(() => constant), text: () => text, truth: () => isTrue, constant }
    }
    case 'boolean':
      return { ...truthful<N>(() => constant), constant }
  }
}
