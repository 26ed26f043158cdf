/**
 * The assessment of one finalised interview by the model in force.
 *
 * SA1 no model, a model that does not fit or a number that is none: the interview is kept
 *     without a score. A model is never a reason to lose an interview, nor to refuse one
 *
 * Not here: what a model reads (score/feature-row), and which one is in force (shelf).
 */
import { err, fault, ok, type Result } from '@murram/ground'
import type { Assessment } from '@murram/score'
import type { Answers, Form } from '@murram/xform'
import type { Log } from '../diagnostics/log.ts'
import type { ModelSlots } from '../shelf/model-slots.ts'
import { readRow } from './read-row.ts'

export type ScoreAnswers = (form: Form, answers: Answers) => Promise<Assessment | null>

export interface ScoreAnswersDeps {
  readonly slots: Pick<ModelSlots, 'active'>
  readonly log: Log
}

export const createScoreAnswers =
  ({ slots, log }: ScoreAnswersDeps): ScoreAnswers =>
  async (form, answers) => {
    const scored = await scoreBy(slots, form, answers)
    if (scored.ok) return scored.value
    if (scored.error.fault !== 'score.no-model')
      log.warn({ formId: form.formId, fault: scored.error.fault }, 'an interview is kept without a score')
    return null // SA1
  }

async function scoreBy(slots: Pick<ModelSlots, 'active'>, form: Form, answers: Answers): Promise<Result<Assessment>> {
  const scorer = slots.active(form.formId)
  if (scorer === null) return err(fault('score.no-model', form.formId))
  const row = readRow(form, answers, scorer.manifest.inputs)
  if (!row.ok) return row
  const assessment = await scorer.score(row.value)
  if (!assessment.ok) return assessment
  return Number.isFinite(assessment.value.probability)
    ? ok(assessment.value)
    : err(fault('score.not-finite', scorer.manifest.releaseId))
}
