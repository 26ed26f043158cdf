/**
 * A model reads features by their place in the form and learned from the values they had; the
 * outcome is what it learned to say. The one in force goes on reading newer submissions.
 */
import { listed, missing } from './for-drafts.ts'
import type { FormChange } from './form-change.ts'
import type { Matched, Pair } from './match-questions.ts'
import type { QuestionFacts } from './question-facts.ts'
import { typeChange } from './type-change.ts'

type Found = Omit<FormChange, 'concern'>

const roleOf = ({ info }: QuestionFacts): 'feature' | 'outcome' | null =>
  info.outcome ? 'outcome' : info.feature ? 'feature' : null

export function changesForModels({ kept, moved, gone, added }: Matched): readonly Found[] {
  return [
    ...gone.flatMap(before => roleGone(before)),
    ...moved.flatMap(roleMoved),
    ...kept.flatMap(roleKept),
    ...added.flatMap(after => roleNew(after)),
  ]
}

const roleGone = (before: QuestionFacts): readonly Found[] => {
  const role = roleOf(before)
  if (role === null) return []
  const message = `The ${role} ${before.called} is not asked any more: the model ${role === 'feature' ? 'reads nothing there' : 'learns nothing new'}.`
  return [{ severity: 'breaks', kind: 'question-gone', path: before.path, message }]
}

function roleMoved({ before, after }: Pair): readonly Found[] {
  const role = roleOf(before)
  if (role === null) return roleOf(after) === null ? [] : roleNew(after)
  const message = `The ${role} ${before.called} is now ${after.path}: the model looks for it where it was.`
  return [{ severity: 'breaks', kind: 'question-moved', path: after.path, was: before.path, message }]
}

const roleNew = (after: QuestionFacts): readonly Found[] => {
  const role = roleOf(after)
  if (role === null) return []
  const message = `${after.called} is a new ${role}: the model in force does not know it, the next one may.`
  return [{ severity: 'fine', kind: 'question-added', path: after.path, message }]
}

function roleKept({ before, after }: Pair): readonly Found[] {
  const [was, is] = [roleOf(before), roleOf(after)]
  const { path } = after
  if (was === null) return is === null ? [] : roleNew(after)
  const found: Found[] = []
  const add = (severity: Found['severity'], kind: Found['kind'], message: string): void =>
    void found.push({ severity, kind, path, message })
  if (was !== is)
    add(
      was === 'outcome' ? 'breaks' : 'asks-again',
      'role-changed',
      `${before.called} was ${was === 'outcome' ? 'the' : 'a'} ${was} and is ${is === null ? 'none' : `${is}`} now: train again.`,
    )
  const change = typeChange(before, after)
  if (change !== null)
    add(
      change.column,
      'type-changed',
      `The ${was} ${before.called} was ${change.was} and is ${change.is} now: the model learned from ${change.was}.`,
    )
  if (before.info.repeat !== after.info.repeat)
    add('breaks', 'repeat-changed', `The ${was} ${before.called} stands in other rows now.`)
  const changed = [...missing(before.choices, after.choices), ...missing(after.choices, before.choices)]
  const isGone = missing(before.choices, after.choices).length > 0
  if (changed.length > 0 && change === null)
    add(
      was === 'outcome' ? 'breaks' : 'asks-again',
      isGone ? 'choices-gone' : 'choices-added',
      `The choices of the ${was} ${before.called} are others now (${listed(changed)}): the model learned from the older ones.`,
    )
  if (before.calculation !== after.calculation)
    add('asks-again', 'calculation-changed', `The ${was} ${before.called} is calculated in another way: train again.`)
  return found
}
