/**
 * Records through a champion, a few at a time: other requests go on between them, on this thread
 * and on the scorers'.
 *
 * PR1 each record has its answer in its place: an assessment, or what is wrong with this one alone
 */
import { setImmediate } from 'node:timers/promises'
import { err, fault, type Fault, type Result } from '@murram/ground'
import type { Assessment, FeatureRow } from '@murram/score'
import type { ScoreWish } from '@murram/score/onnx'
import type { Answers } from '@murram/xform'
import type { Champion } from './champion-scorers.ts'

/** Texts as a dense table cost memory: no more rows at once. */
const CHUNK = 64

export interface Predicted {
  readonly answers: Answers
  readonly assessment: Assessment
}

export async function predictRecords(
  champion: Champion,
  records: readonly unknown[],
  wish: ScoreWish,
): Promise<readonly Result<Predicted, Fault>[]> {
  const predicted: Result<Predicted, Fault>[] = []
  for (let from = 0; from < records.length; from += CHUNK) {
    if (from > 0) await setImmediate()
    const read = records.slice(from, from + CHUNK).map(record => readOne(champion, record))
    const rows = read.flatMap(one => (one.ok ? [one.value.row] : []))
    const scored = await scoreEach(champion, rows, wish)
    let at = 0
    for (const one of read) predicted.push(one.ok ? withAnswers(one.value.answers, scored[at++]!) : one)
  }
  return predicted
}

function readOne(
  { readRecord, readRow }: Champion,
  record: unknown,
): Result<{ readonly answers: Answers; readonly row: FeatureRow }, Fault> {
  const answers = readRecord(record)
  if (!answers.ok) return answers
  const row = readRow(answers.value)
  return row.ok ? { ok: true, value: { answers: answers.value, row: row.value } } : row
}

const withAnswers = (answers: Answers, scored: Result<Assessment, Fault>): Result<Predicted, Fault> =>
  scored.ok ? { ok: true, value: { answers, assessment: scored.value } } : scored

/** PR1. Together; one after the other where one of them fails all. */
async function scoreEach(
  { scorer }: Pick<Champion, 'scorer'>,
  rows: readonly FeatureRow[],
  wish: ScoreWish,
): Promise<readonly Result<Assessment, Fault>[]> {
  if (rows.length === 0) return []
  const together = await scorer.scoreMany(rows, wish)
  if (together.ok) return together.value.map(value => ({ ok: true, value }))
  if (rows.length === 1) return [together]
  const alone: Result<Assessment, Fault>[] = []
  for (const row of rows) alone.push((await scoreEach({ scorer }, [row], wish))[0]!)
  return alone
}

/** A text is the answer to the one question that the model reads as a text. */
export function textRecord({ release }: Champion, text: string): Result<Readonly<Record<string, string>>, Fault> {
  const { modelName, inputs } = release.signed.body
  const questions = inputs.filter(({ kind }) => kind === 'text').map(({ name, from }) => from ?? name)
  const [question, ...others] = questions
  if (question === undefined)
    return err(fault('predict.record-refused', `${modelName} reads no text: send record, answers by question`))
  if (others.length > 0)
    return err(
      fault('predict.record-refused', `${modelName} reads ${questions.join(', ')}: send record, and say which`),
    )
  return { ok: true, value: { [question]: text } }
}
