/** What a model reads of one interview: answers by name, and what expressions say of them. */
import type { Result } from '@murram/ground'
import { createRowReader, type FeatureRow, type ModelInput } from '@murram/score'
import { readingOf, type Answers, type Form } from '@murram/xform'

export function readRow(form: Form, answers: Answers, inputs: readonly ModelInput[]): Result<FeatureRow> {
  const read = createRowReader(inputs, readingOf(form))
  return read.ok ? read.value(answers) : read
}
