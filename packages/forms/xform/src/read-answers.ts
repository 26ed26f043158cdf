/** How a finished interview is read by others: its answers by question name, and as a person reads them. */
import { createAnswersEvaluator } from './evaluate-answers.ts'
import type { Answers, Form, QuestionInfo } from './form.ts'

/** For whoever reads interviews of this form by name, and computes expressions over them. */
export const readingOf = (form: Form) => ({
  /** What the form asks once a household; a question that was not asked is blank. */
  byName: (answers: Answers): ReadonlyMap<string, string> => {
    const byName = new Map<string, string>()
    for (const { name, path, repeat } of form.questions) if (repeat === null) byName.set(name, answerAt(answers, path))
    return byName
  },
  prepare: (expressions: Parameters<typeof createAnswersEvaluator>[1]) => createAnswersEvaluator(form, expressions),
})

/** A question and its answer in a language; `answer` is null where the form asks no such question once. */
export function inWords(
  form: Form,
  answers: Answers,
  language: string,
): (name: string) => { readonly label: string; readonly answer: string | null } {
  return name => {
    const question = form.questions.find(one => one.name === name && one.repeat === null)
    return question === undefined
      ? { label: '', answer: null }
      : { label: question.label(language), answer: answerText(question, answerAt(answers, question.path), language) }
  }
}

/** A question may be called `constructor`. */
const answerAt = (answers: Answers, path: string): string => (Object.hasOwn(answers, path) ? (answers[path] ?? '') : '')

/** A choice by its label; what was chosen of many, one after the other. */
function answerText({ choices }: QuestionInfo, answer: string, language: string): string {
  const listed = choices(language)
  if (listed.length === 0) return answer
  const labelOf = (value: string): string => listed.find(choice => choice.value === value)?.label ?? value
  return answer.split(' ').filter(Boolean).map(labelOf).join(', ')
}
