/** Functions that choose and test. Branches not taken are not evaluated. */
import { textual, truthful } from '../compiled.ts'
import type { Call, Compiled, Context, FunctionTable } from '../evaluate.ts'
import { argsFrom, numbersOf, ofCall, ofTexts, sameKind, truthsOf, words } from './define.ts'

/** -1 is no bound. */
const within = (value: number, least: number, most: number): boolean =>
  (least === -1 || value >= least) && (most === -1 || value <= most)

const SPACE = /\s/

/** Whether the word stands in the list, looked for without cutting the list up. */
function isAmong(list: string, one: string): boolean {
  const word = one.trim()
  if (word === '' || SPACE.test(word)) return false
  for (let at = list.indexOf(word); at >= 0; at = list.indexOf(word, at + 1)) {
    const [before, after] = [list[at - 1], list[at + word.length]]
    if ((before === undefined || SPACE.test(before)) && (after === undefined || SPACE.test(after))) return true
  }
  return false
}

const selected = ofTexts.truth('list, value', isAmong)

export const logicFunctions: FunctionTable = {
  true: { ...ofCall('', () => truthful(() => true)), pure: true },
  false: { ...ofCall('', () => truthful(() => false)), pure: true },
  not: {
    ...ofCall('condition', ({ arg }) => {
      const { truth } = arg(0)
      return truthful(context => !truth(context))
    }),
    pure: true,
  },
  boolean: { ...ofCall('value', ({ arg }) => truthful(arg(0).truth)), pure: true },
  'boolean-from-string': ofTexts.truth('text', text => text === '1' || text === 'true'),
  if: ofCall('condition, then, otherwise', <N>({ tree, arg }: Call<N>) => {
    const [test, then, otherwise] = [arg(0), arg(1), arg(2)]
    const choose = (context: Context<N>): Compiled<N> => (test.truth(context) ? then : otherwise)
    return sameKind(tree, [then, otherwise], context => choose(context).value(context), choose)
  }),
  coalesce: ofCall('first, second', ({ arg }) => {
    const [first, second] = [arg(0).text, arg(1).text]
    return textual(context => first(context) || second(context))
  }),
  /** Keeps what the node holds: a draw or a UUID is made only once. */
  once: ofCall('value', ({ tree, arg }) => {
    const held = tree.held ?? tree.text
    const { text } = arg(0)
    return textual(context => held(context.current) || text(context))
  }),
  /** Only says that something is read. */
  depend: ofCall('value, other*', ({ arg }) => arg(0)),
  checklist: ofCall('min, max, value*', call => {
    const [least, most] = [call.arg(0).number, call.arg(1).number]
    const values = argsFrom(call, 2)
    return truthful(context => {
      let truths = 0
      for (const value of values) for (const isTrue of truthsOf(call.tree, value, context)) if (isTrue) truths++
      return within(truths, least(context), most(context))
    })
  }),
  'weighted-checklist': ofCall('min, max, (value, weight)*', call => {
    const [least, most] = [call.arg(0).number, call.arg(1).number]
    const rest = argsFrom(call, 2)
    return truthful(context => {
      let weight = 0
      for (let i = 0; i + 1 < rest.length; i += 2) {
        const weights = numbersOf(call.tree, rest[i + 1]!, context)
        for (const [j, isTrue] of truthsOf(call.tree, rest[i]!, context).entries())
          if (isTrue) weight += weights[j] ?? 0
      }
      return within(weight, least(context), most(context))
    })
  }),
  selected,
  'is-selected': selected,
  'selected-at': ofCall('list, index', ({ arg }) => {
    const [list, index] = [arg(0).text, arg(1).number]
    return textual(context => words(list(context))[Math.trunc(index(context))] ?? '')
  }),
  'count-selected': ofTexts.number('list', list => words(list).length),
  'jr:itext': ofCall('id', ({ arg }) => {
    const { text } = arg(0)
    return textual(context => context.environment.translate(text(context)))
  }),
  'jr:choice-name': ofCall('value, question', ({ arg }) => {
    const [value, question] = [arg(0).text, arg(1).text]
    return textual(context => context.environment.choiceLabel(value(context), question(context), context.current))
  }),
  version: ofCall('', () => textual(({ environment }) => environment.formVersion?.() ?? '')),
  property: ofCall('name', ({ arg }) => {
    const { text } = arg(0)
    return textual(context => context.environment.property?.(text(context)) ?? '')
  }),
}
