/** An open interview as the page shows it: whole, so that a page never has to guess what changed. */
import type { Capture } from '../capture/capture.ts'
import type { Saved } from '../capture/finalise-interview.ts'
import { reasonsInWords } from '@murram/score'
import { inWords, type Answers, type Form, type QuestionState } from '@murram/xform'
import { takesFile } from '../attachments/file-answer.ts'
import type { AssessmentJson, DraftJson, FileJson, InterviewJson, QuestionJson, SavedJson } from './api-types.ts'
import { shownChoices } from './search-choices.ts'
import type { DraftDoc } from '../store/collections.ts'

/** A capture of the agent's, or an interview of a preview that is never stored. */
export type OpenInterview = Omit<Capture, 'save' | 'finalise'>

/** @param files That the interview names. */
export function interviewJson(capture: OpenInterview, files: readonly FileJson[]): InterviewJson {
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
    questions: Object.fromEntries(questions.map(state => [state.ref, questionJson(state, files)])),
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

const questionJson = (state: QuestionState, files: readonly FileJson[]): QuestionJson => {
  const { ref, name, kind, label, hint, value, required, readOnly, violations } = state
  const choices = shownChoices(state.choices, value)
  const choiceCount = state.choices.length
  const shown = { ref, name, kind, label, hint, value, required, readOnly, choices, choiceCount, violations }
  return takesFile(state) ? { ...shown, kind: 'file', upload: uploadJson(state, files) } : shown
}

function uploadJson(
  { mediaType = '', appearance, parameters, value }: QuestionState,
  files: readonly FileJson[],
): NonNullable<QuestionJson['upload']> {
  const wishes = appearance.split(/\s+/)
  const isOfKind = /^(?:image|audio|video)\//.test(mediaType)
  const found = files.find(file => file.name === value)
  return {
    accept: isOfKind ? mediaType : '',
    capture: wishes.includes('new-front') ? 'user' : wishes.includes('new') ? 'environment' : null,
    maxPixels: Number(parameters['max-pixels'] ?? '') || null,
    isDrawn: wishes.includes('draw') || wishes.includes('signature'),
    file: found ?? (value === '' ? null : { name: value, sizeBytes: 0, mediaType, isHere: false }),
  }
}

export const draftJson = ({ interviewId, formId, updatedAtMs, body }: DraftDoc): DraftJson => {
  const { version, label, entityId, correct, answered, relevant } = body
  return { interviewId, formId, version, label, entityId, correct, answered, relevant, updatedAtMs }
}

export const savedJson = (
  { instanceId, n, digest, assessment, answers }: Saved,
  form: Form | null,
  language = form?.defaultLanguage,
): SavedJson => ({
  instanceId,
  n,
  digest,
  assessment: assessment === null ? null : assessmentJson(assessment, form, answers, language),
})

/** One that was kept by an earlier build says no age. */
type AnyAssessment = Omit<NonNullable<Saved['assessment']>, 'modelAgeDays'> & { readonly modelAgeDays?: number }

/** Reasons are named by question; a person reads its label, and a sentence in their language. */
export function assessmentJson(
  assessment: AnyAssessment,
  form: Form | null,
  answers: Answers,
  language = form?.defaultLanguage ?? '',
): AssessmentJson {
  const { releaseId, counter, label, positive, probability, sure, abstains, reasons, missing } = assessment
  const { modelAgeDays = null, override = null } = assessment
  return {
    releaseId,
    counter,
    label,
    positive,
    probability,
    labelProbability: label === positive ? probability : 1 - probability,
    sure,
    abstains: abstains ?? null,
    missing,
    modelAgeDays,
    override,
    reasons: reasonsInWords(reasons, {
      positive,
      language,
      asked: form === null ? () => ({ label: '', answer: null }) : inWords(form, answers, language),
    }),
  }
}
