/** An open interview as the page shows it: whole, so that a page never has to guess what changed. */
import type { Capture } from '../capture/capture.ts'
import type { Saved } from '../capture/finalise-interview.ts'
import type { Form, QuestionState } from '@murram/xform'
import type { AssessmentJson, DraftJson, InterviewJson, QuestionJson, SavedJson } from './api-types.ts'
import type { DraftDoc } from '../store/collections.ts'

/** A capture of the agent's, or an interview of a preview that is never stored. */
export type OpenInterview = Omit<Capture, 'save' | 'finalise'>

export function interviewJson(capture: OpenInterview): InterviewJson {
  const { form } = capture
  const { formId, version, title, languages } = form
  // The reason for an answer is given beside the answer; that of a calculation has no other place.
  const asked = capture.questions()
  const refs = new Set(asked.map(({ ref }) => ref))
  const questions = asked.filter(({ reasonFor }) => reasonFor === undefined || !refs.has(reasonFor))
  const shown = new Set(questions.map(({ ref }) => ref))
  return {
    interviewId: capture.interviewId,
    instanceId: capture.instanceId,
    formId,
    version,
    title,
    languages,
    language: capture.language(),
    entityId: capture.entityId,
    correct: capture.correct,
    pages: capture.pages().map(({ ref, label, questions: refs }) => ({
      ref,
      label,
      questions: refs.filter(one => shown.has(one)),
    })),
    questions: Object.fromEntries(questions.map(state => [state.ref, questionJson(state)])),
    repeats: capture.repeats().map(({ ref, label, count, canAdd }) => ({
      ref,
      label,
      count,
      canAdd,
    })),
    progress: capture.progress(),
    violations: capture.violations(),
  }
}

const questionJson = (state: QuestionState): QuestionJson => {
  const { ref, name, kind, label, hint, value, required, readOnly, choices, violations } = state
  return { ref, name, kind, label, hint, value, required, readOnly, choices, violations }
}

export const draftJson = ({ interviewId, formId, updatedAtMs, body }: DraftDoc): DraftJson => {
  const { version, label, entityId, correct, answered, relevant } = body
  return { interviewId, formId, version, label, entityId, correct, answered, relevant, updatedAtMs }
}

export const savedJson = ({ instanceId, n, digest, assessment }: Saved, form: Form | null): SavedJson => ({
  instanceId,
  n,
  digest,
  assessment: assessment === null ? null : assessmentJson(assessment, form),
})

type AnyAssessment = NonNullable<Saved['assessment']>

/** Reasons are named by question; a person reads its label. */
export function assessmentJson(assessment: AnyAssessment, form: Form | null): AssessmentJson {
  const { releaseId, counter, label, positive, probability, sure, reasons, missing } = assessment
  const labelOf = (input: string): string =>
    form?.questions.find(question => question.name === input)?.label(form.defaultLanguage) ?? ''
  return {
    releaseId,
    counter,
    label,
    positive,
    probability,
    labelProbability: label === positive ? probability : 1 - probability,
    sure,
    missing,
    reasons: reasons.map(({ input, contribution }) => ({
      input,
      label: labelOf(input),
      contribution,
    })),
  }
}
