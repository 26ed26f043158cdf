/** Functions that choose and test. Branches not taken are not evaluated. */
import type { FunctionTable } from '../evaluate.ts'
import { toBoolean, toText } from '../value.ts'
import { ofTexts, ofValues, words } from './define.ts'

export const logicFunctions: FunctionTable = {
  true: ofValues(0, 0, () => true),
  false: ofValues(0, 0, () => false),
  not: ofValues(1, 1, ({ value }) => !toBoolean(value(0))),
  boolean: ofValues(1, 1, ({ value }) => toBoolean(value(0))),
  'boolean-from-string': ofTexts(1, 1, text => text === '1' || text === 'true'),
  if: ofValues(3, 3, ({ value }) => (toBoolean(value(0)) ? value(1) : value(2))),
  coalesce: ofValues(2, Infinity, ({ count, text }) => {
    for (let i = 0; i < count; i++) {
      const got = text(i)
      if (got !== '') return got
    }
    return ''
  }),
  /** Keeps what the node holds: a draw or a UUID is made only once. */
  once: ofValues(1, 1, ({ tree, context, text }) => {
    const held = (tree.held ?? tree.text)(context.current)
    return held === '' ? text(0) : held
  }),
  checklist: ofValues(2, Infinity, ({ count, number, value }) => {
    let truths = 0
    for (let i = 2; i < count; i++) if (toBoolean(value(i))) truths++
    return within(truths, number(0), number(1))
  }),
  'weighted-checklist': ofValues(4, Infinity, ({ count, number, value }) => {
    let weight = 0
    for (let i = 2; i + 1 < count; i += 2) if (toBoolean(value(i))) weight += number(i + 1)
    return within(weight, number(0), number(1))
  }),
  selected: ofTexts(2, 2, (list, one) => words(list).includes(one.trim())),
  'selected-at': ofValues(2, 2, ({ text, number }) => words(text(0))[number(1)] ?? ''),
  'count-selected': ofTexts(1, 1, list => words(list).length),
  uuid: ofValues(0, 1, ({ context }) => context.environment.uuid()),
  'jr:itext': ofValues(1, 1, ({ context, text }) => context.environment.translate(text(0))),
  'jr:choice-name': ofValues(2, 2, ({ tree, context, value, text }) =>
    context.environment.choiceLabel(toText(tree, value(0)), text(1), context.current),
  ),
}

/** -1 is no bound. */
const within = (value: number, least: number, most: number): boolean =>
  (least < 0 || value >= least) && (most < 0 || value <= most)
