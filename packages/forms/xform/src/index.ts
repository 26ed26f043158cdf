export { checkLists, listFiles } from './check-lists.ts'
export type { CheckedLists } from './check-lists.ts'
export { diffForms } from './diff/diff-forms.ts'
export type { ChangeKind, Concern, FormChange, FormDiff, Severity } from './diff/form-change.ts'
export { entityWrite, entityWrites } from './entity-write.ts'
export type { EntityWriteOf } from './entity-write.ts'
export { createAnswersEvaluator } from './evaluate-answers.ts'
export type { EvaluateAnswers, NamedExpression } from './evaluate-answers.ts'
export type { Answers, Choice, Form, Media, QuestionInfo } from './form.ts'
export { compileXform, loadProgram } from './open-form.ts'
export { openSession } from './open-session.ts'
export { inWords, readingOf } from './read-answers.ts'
export { readInstanceXml } from './read-instance-xml.ts'
export type { InstanceFault, InstanceRead } from './read-instance-xml.ts'
export type { ListTable } from './session-types.ts'
export type { EntityDeclaration, EntitySpec, Program, QuestionKind, Sensitivity, SubmissionSpec } from './program.ts'
export type {
  Answered,
  AuditEvent,
  AuditEventName,
  Changed,
  Draft,
  Finalised,
  Fix,
  Page,
  Progress,
  QuestionState,
  RangeState,
  RepeatState,
  Session,
  SessionOptions,
  SessionTrace,
  Violation,
} from './session-types.ts'
export type { RecordViolation, RecordViolationKind } from './validate/record-violation.ts'
export { createValidator, validateAnswers } from './validate/validator.ts'
export type { Validator, ValidatorOptions } from './validate/validator.ts'
