/**
 * What a newer version of a form breaks, before it is published: for the drafts that were begun
 * on the older one, for whoever reads its exports, for the models that read its answers, for
 * the entities it writes.
 *
 *   D1 a form differs from itself in nothing
 *   D2 what one direction adds, the other takes away
 *   D3 a sentence for each change, naming the question by its label and its path
 *
 * Not here: moving a draft (whoever holds it does, by path), and other texts than those that
 * name a question: another wording breaks nothing.
 */
import type { Form } from '../form.ts'
import { changesForDrafts } from './for-drafts.ts'
import { changesForEntities } from './for-entities.ts'
import { changesForExports } from './for-exports.ts'
import type { Concern, FormChange, FormDiff, Severity } from './form-change.ts'
import { changesForModels } from './for-models.ts'
import { matchQuestions } from './match-questions.ts'
import { questionFacts } from './question-facts.ts'

const ORDER: readonly Severity[] = ['breaks', 'asks-again', 'fine']

export function diffForms(older: Form, newer: Form): FormDiff {
  const matched = matchQuestions(questionFacts(older), questionFacts(newer))
  const about = (concern: Concern, all: readonly Omit<FormChange, 'concern'>[]): readonly FormChange[] =>
    all.map(one => ({ concern, ...one }))
  const found = [
    ...about('drafts', changesForDrafts(matched)),
    ...about('exports', changesForExports(matched)),
    ...about('models', changesForModels(matched)),
    ...about('entities', changesForEntities(older, newer)),
  ]
  const changes = [...changesOfForm(older, newer, found.length > 0), ...found]
  const bySeverity = changes.toSorted((a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity))
  return {
    formId: newer.formId,
    older: older.version,
    newer: newer.version,
    severity: bySeverity[0]?.severity ?? 'fine',
    changes: bySeverity,
  }
}

function changesOfForm(older: Form, newer: Form, differs: boolean): readonly FormChange[] {
  if (older.formId !== newer.formId) {
    const message = `The form was called ${older.formId} and is ${newer.formId} now: to drafts and exports it is another form.`
    return [{ concern: 'drafts', severity: 'breaks', kind: 'form-id-changed', path: '', message }]
  }
  if (!differs || older.version !== newer.version) return []
  const message = `Both say version ${newer.version || '(none)'}: raise it before publishing, a version is published once.`
  return [{ concern: 'drafts', severity: 'fine', kind: 'version-not-raised', path: '', message }]
}
