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

/** With how old the model was by this laptop's clock: an old one is still used, and it is said. */
export type Scored = Assessment & { readonly modelAgeDays: number }
export type ScoreAnswers = (form: Form, answers: Answers) => Promise<Scored | null>

export interface ScoreAnswersDeps {
  readonly slots: Pick<ModelSlots, 'active'>
  readonly now: () => number
  readonly log: Log
}

export const createScoreAnswers =
  ({ slots, now, log }: ScoreAnswersDeps): ScoreAnswers =>
  async (form, answers) => {
    const scored = await scoreBy({ slots, now }, form, answers)
    if (scored.ok) return scored.value
    if (scored.error.fault !== 'score.no-model')
      log.warn({ formId: form.formId, fault: scored.error.fault }, 'an interview is kept without a score')
    return null // SA1
  }

async function scoreBy(
  { slots, now }: Pick<ScoreAnswersDeps, 'slots' | 'now'>,
  form: Form,
  answers: Answers,
): Promise<Result<Scored>> {
  const scorer = slots.active(form.formId)
  if (scorer === null) return err(fault('score.no-model', form.formId))
  const row = readRow(form, answers, scorer.manifest.inputs)
  if (!row.ok) return row
  const assessment = await scorer.score(row.value)
  if (!assessment.ok) return assessment
  return Number.isFinite(assessment.value.probability)
    ? ok({ ...assessment.value, modelAgeDays: ageInDays(scorer.manifest, now()) })
    : err(fault('score.not-finite', scorer.manifest.releaseId))
}

/** Whole days; by a clock that is behind, none. */
export const ageInDays = ({ createdAtMs }: { readonly createdAtMs: number }, nowMs: number): number =>
  Math.max(0, Math.floor((nowMs - createdAtMs) / 86_400_000))
