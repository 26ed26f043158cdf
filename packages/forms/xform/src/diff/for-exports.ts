/** A table of submissions has a column a question; rows of a repeat are a table of their own. */
import { listed, missing } from './for-drafts.ts'
import type { FormChange } from './form-change.ts'
import type { Matched, Pair } from './match-questions.ts'
import type { QuestionFacts } from './question-facts.ts'
import { typeChange } from './type-change.ts'

type Found = Omit<FormChange, 'concern'>

const isColumn = ({ info }: QuestionFacts): boolean => info.kind !== 'note'

export function changesForExports({ kept, moved, gone, added }: Matched): readonly Found[] {
  return [
    ...gone.filter(isColumn).map(({ path, called }): Found => ({
      severity: 'breaks',
      kind: 'question-gone',
      path,
      message: `The column ${called} is gone: newer rows have none.`,
    })),
    ...moved.filter(({ after }) => isColumn(after)).flatMap(pair => [renamed(pair), ...retyped(pair)]),
    ...added.filter(isColumn).map(({ path, called }): Found => ({
      severity: 'fine',
      kind: 'question-added',
      path,
      message: `The column ${called} is new: older rows are blank in it.`,
    })),
    ...kept.flatMap(retyped),
  ]
}

const renamed = ({ before, after }: Pair): Found => ({
  severity: 'breaks',
  kind: before.info.repeat === after.info.repeat ? 'question-moved' : 'repeat-changed',
  path: after.path,
  was: before.path,
  message:
    before.info.repeat === after.info.repeat
      ? `The column ${before.path} is called ${after.path} now.`
      : `The column ${before.path} stands in another table now: ${after.path}.`,
})

function retyped({ before, after }: Pair): readonly Found[] {
  const { path } = after
  const found: Found[] = []
  const add = (severity: Found['severity'], kind: Found['kind'], message: string): void =>
    void found.push({ severity, kind, path, message })
  if (before.path === path && before.info.repeat !== after.info.repeat)
    add('breaks', 'repeat-changed', `The column ${before.called} stands in another table now.`)
  const change = typeChange(before, after)
  if (change !== null && isColumn(after))
    add(change.column, 'type-changed', `The column ${before.called} held ${change.was} and holds ${change.is} now.`)
  if (before.calculation !== after.calculation && before.calculation !== '' && after.calculation !== '')
    add(
      'fine',
      'calculation-changed',
      `${before.called} is calculated in another way: older rows hold the older result.`,
    )
  const fresh = missing(after.choices, before.choices)
  if (fresh.length > 0 && change === null)
    add('fine', 'choices-added', `The column ${before.called} may hold ${listed(fresh)} too.`)
  if (before.info.sensitive !== after.info.sensitive)
    add(
      after.info.sensitive === 'plain' ? 'fine' : 'breaks',
      'sensitivity-changed',
      `The column ${before.called} was ${before.info.sensitive} and is ${after.info.sensitive} now.`,
    )
  return found
}
