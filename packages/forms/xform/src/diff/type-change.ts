/** What a question's answers are worth once it takes answers of another type. */
import type { QuestionFacts } from './question-facts.ts'
import type { Severity } from './form-change.ts'

export interface TypeChange {
  readonly was: string
  readonly is: string
  /** Do the answers that are there still fit? */
  readonly answers: Severity
  /** Does a column of them still read as before? */
  readonly column: Severity
}

const TAKES_ALL: ReadonlySet<string> = new Set(['text'])

export function typeChange(before: QuestionFacts, after: QuestionFacts): TypeChange | null {
  const was = nameOf(before)
  const is = nameOf(after)
  if (was === is) return null
  const widens = (was === 'integer' && is === 'decimal') || (was === 'select-one' && is === 'select-multiple')
  const isText = TAKES_ALL.has(is)
  return {
    was,
    is,
    answers: !before.asked || !after.asked || widens || isText ? 'fine' : 'breaks',
    column: was === 'integer' && is === 'decimal' ? 'fine' : 'breaks',
  }
}

/** A calculation is what its type says; a control that nobody has a word for is its element. */
function nameOf({ info, spec }: QuestionFacts): string {
  if (info.kind === 'calculate') return spec.type === 'string' ? 'text' : spec.type === 'int' ? 'integer' : spec.type
  return info.kind === 'other' ? `${spec.control?.element ?? 'hidden'} of ${spec.type}` : info.kind
}
