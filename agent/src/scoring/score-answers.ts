/**
 * The assessment of one finalised interview by the model in force.
 *
 * SA1 no model, a model that does not fit or a number that is none: the interview is kept
 *     without a score. A model is never a reason to lose an interview, nor to refuse one
 * SA2 what came of it is told to the shelf, which leaves a model that fails; the interview in which that
 *     shows is scored by the one before
 * SA3 a model on trial scores beside it: whatever it does, the officer is shown the same, and waits for it
 *     no longer than a moment
 *
 * Not here: what a model reads (score/feature-row), and which one is in force (shelf).
 */
import { err, fault, ok, type Result } from '@murram/ground'
import type { Assessment } from '@murram/score'
import type { Scorer } from '@murram/score/onnx'
import type { Answers, Form } from '@murram/xform'
import type { Log } from '../diagnostics/log.ts'
import type { ModelSlots } from '../shelf/model-slots.ts'
import { readRow } from './read-row.ts'

/** With how old the model was by this laptop's clock: an old one is still used, and it is said. */
export type Scored = Assessment & { readonly modelAgeDays: number }
export type ScoreAnswers = (form: Form, answers: Answers) => Promise<Scored | null>

export interface ScoreAnswersDeps {
  readonly slots: Pick<ModelSlots, 'active' | 'shadow' | 'noteScore'>
  readonly now: () => number
  readonly log: Log
}

export const createScoreAnswers =
  ({ slots, now, log }: ScoreAnswersDeps): ScoreAnswers =>
  async (form, answers) => {
    const scored = await scoreInForce(slots, form, answers)
    if (scored.ok) {
      const { madeAtMs, ...shown } = await withShadow(slots, form, answers, scored.value)
      return { ...shown, modelAgeDays: ageInDays(madeAtMs, now()) }
    }
    if (scored.error.fault !== 'score.no-model')
      log.warn({ formId: form.formId, fault: scored.error.fault }, 'an interview is kept without a score')
    return null // SA1
  }

/** With when the model was made that said it. */
type Dated = Assessment & { readonly madeAtMs: number }
type Slots = ScoreAnswersDeps['slots']

/** SA2. Once more by the one before, where the model in force has just given way to it. */
async function scoreInForce(slots: Slots, form: Form, answers: Answers): Promise<Result<Dated>> {
  const scorer = slots.active(form.formId)
  if (scorer === null) return err(fault('score.no-model', form.formId))
  const { counter } = scorer.manifest
  const scored = await scoreBy(scorer, form, answers)
  const isReplaced = await slots.noteScore(form.formId, counter, scored.ok ? null : scored.error)
  const other = isReplaced ? slots.active(form.formId) : null
  return other === null ? scored : scoreBy(other, form, answers)
}

async function scoreBy(scorer: Scorer, form: Form, answers: Answers): Promise<Result<Dated>> {
  const row = readRow(form, answers, scorer.manifest.inputs)
  if (!row.ok) return row
  const assessment = await scorer.score(row.value)
  if (!assessment.ok) return assessment
  return Number.isFinite(assessment.value.probability)
    ? ok({ ...assessment.value, madeAtMs: scorer.manifest.createdAtMs })
    : err(fault('score.not-finite', scorer.manifest.releaseId))
}

/** An officer waits for no longer than this for a model that they are not shown. */
const SHADOW_MS = 300

/** SA3 */
async function withShadow(slots: Slots, form: Form, answers: Answers, shown: Dated): Promise<Dated> {
  const scorer = slots.shadow(form.formId)
  if (scorer === null || scorer.manifest.counter === shown.counter) return shown
  const late = new Promise<null>(resolve => void setTimeout(resolve, SHADOW_MS, null).unref())
  const scored = await Promise.race([scoreBy(scorer, form, answers), late])
  if (scored === null || !scored.ok) return shown
  const { releaseId, counter, label, probability } = scored.value
  return { ...shown, shadow: { releaseId, counter, label, probability } }
}

/** Whole days; by a clock that is behind, none. */
export const ageInDays = (madeAtMs: number, nowMs: number): number =>
  Math.max(0, Math.floor((nowMs - madeAtMs) / 86_400_000))
