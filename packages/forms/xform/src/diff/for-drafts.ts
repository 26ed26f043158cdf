/**
 * A draft moves to a newer version with its answers by path. What finds no place is lost; what
 * is new, stricter or elsewhere is asked again.
 */
import type { FormChange } from './form-change.ts'
import type { Matched, Pair } from './match-questions.ts'
import type { QuestionFacts } from './question-facts.ts'
import { typeChange } from './type-change.ts'

type Found = Omit<FormChange, 'concern'>

export function changesForDrafts({ kept, moved, gone, added }: Matched): readonly Found[] {
  return [
    ...gone.filter(({ asked }) => asked).map(lost),
    ...moved
      .filter(({ before, after }) => before.asked && after.asked)
      .flatMap(pair => [elsewhere(pair), ...stricter(pair)]),
    ...added.filter(({ asked }) => asked).map(isNew),
    ...kept.flatMap(pair => [...retyped(pair), ...stricter(pair)]),
  ]
}

const lost = ({ path, called }: QuestionFacts): Found => ({
  severity: 'breaks',
  kind: 'question-gone',
  path,
  message: `${called} is not asked any more: what drafts answered to it is lost.`,
})

function elsewhere({ before, after }: Pair): Found {
  const inOtherRows = before.info.repeat !== after.info.repeat
  return {
    severity: inOtherRows ? 'breaks' : 'asks-again',
    kind: inOtherRows ? 'repeat-changed' : 'question-moved',
    path: after.path,
    was: before.path,
    message: inOtherRows
      ? `${before.called} is now ${after.path}, ${inRows(after)}: its answers do not go with it.`
      : `${before.called} is now ${after.path}: drafts are asked again, for answers are kept by path.`,
  }
}

const inRows = ({ info }: QuestionFacts): string =>
  info.repeat === null ? 'outside of any repeat' : `in the rows of ${info.repeat}`

const isNew = ({ path, called, required }: QuestionFacts): Found => ({
  severity: required === '' ? 'fine' : 'asks-again',
  kind: 'question-added',
  path,
  message:
    required === ''
      ? `${called} is new; drafts may leave it blank.`
      : `${called} is new and required: drafts that were ready are not.`,
})

function retyped({ before, after }: Pair): readonly Found[] {
  const found: Found[] = []
  const change = typeChange(before, after)
  if (before.info.repeat !== after.info.repeat)
    found.push({
      severity: 'breaks',
      kind: 'repeat-changed',
      path: after.path,
      message: `${before.called} was ${inRows(before)} and is now ${inRows(after)}: its answers find no place.`,
    })
  if (change !== null && before.asked && after.asked)
    found.push({
      severity: change.answers,
      kind: 'type-changed',
      path: after.path,
      message:
        change.answers === 'breaks'
          ? `${before.called} was ${change.was} and is now ${change.is}: answers that are none of that are refused.`
          : `${before.called} was ${change.was} and is now ${change.is}: every answer still fits.`,
    })
  return found
}

function stricter({ before, after }: Pair): readonly Found[] {
  if (!after.asked) return []
  const { path } = after
  const called = before.called
  const found: Found[] = []
  const lostChoices = missing(before.choices, after.choices)
  if (lostChoices.length > 0)
    found.push({
      severity: 'asks-again',
      kind: 'choices-gone',
      path,
      message: `${called} offers ${listed(lostChoices)} no more: drafts that chose it are asked again.`,
    })
  if (before.required !== after.required)
    found.push(
      after.required === ''
        ? { severity: 'fine', kind: 'required-changed', path, message: `${called} is not required any more.` }
        : {
            severity: 'asks-again',
            kind: 'required-changed',
            path,
            message: `${called} is required ${after.required === 'true()' ? 'now' : 'after other answers than before'}: drafts that left it blank are not ready.`,
          },
    )
  found.push(...constraintChange(called, path, before.constraints, after.constraints, false))
  found.push(...constraintChange(called, path, before.soft, after.soft, true))
  if (before.relevance !== after.relevance)
    found.push({
      severity: 'asks-again',
      kind: 'relevance-changed',
      path,
      message: `${called} is asked after other answers than before: drafts may have to answer it, or lose it.`,
    })
  return found
}

function constraintChange(
  called: string,
  path: string,
  before: ReadonlySet<string>,
  after: ReadonlySet<string>,
  soft: boolean,
): readonly Found[] {
  const isNewRule = [...after].some(rule => !before.has(rule))
  if (!isNewRule && before.size === after.size) return []
  const what = soft ? 'soft constraint' : 'constraint'
  if (!isNewRule)
    return [
      { severity: 'fine', kind: 'constraint-changed', path, message: `${called} has a ${what} less: it accepts more.` },
    ]
  const then = soft ? 'answers may need a reason' : 'answers that were accepted may be refused'
  const message = `${called} has ${before.size === 0 ? 'a new' : 'another'} ${what}: ${then}.`
  return [{ severity: 'asks-again', kind: 'constraint-changed', path, message }]
}

export const missing = (from: ReadonlySet<string> | null, to: ReadonlySet<string> | null): readonly string[] =>
  from === null || to === null ? [] : [...from].filter(value => !to.has(value))

export const listed = (values: readonly string[]): string =>
  values.length <= 5 ? values.join(', ') : `${values.slice(0, 5).join(', ')} and ${values.length - 5} more`
