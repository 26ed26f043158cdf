/**
 * Scores for programs: the model in force, asked over the network as a device asks it. Nothing of
 * what is asked or answered is stored, and no log holds it.
 */
import { ok, type Fault, type Result } from '@murram/ground'
import { reasonsInWords } from '@murram/score'
import { createScorerThread } from '@murram/score/onnx'
import { inWords, type Form } from '@murram/xform'
import { Counter, Histogram } from 'prom-client'
import type { ApiKeys } from '../access/api-keys.ts'
import { createRecordAllowance } from '../access/record-allowance.ts'
import type { HouseDeps, Room } from '../main/room.ts'
import { createChampionScorers, type Champion } from './champion-scorers.ts'
import { predictRecords, textRecord, type Predicted } from './predict-records.ts'
import type { Answered, PredictionReply, PredictOrder } from './prediction.ts'
import { predictRoutes } from './routes.ts'

export function createPredictRoom(house: HouseDeps, { admit }: Pick<ApiKeys, 'admit'>): Room {
  const { now, metrics } = house
  const champions = createChampionScorers({ ...house, thread: createScorerThread() })
  const allowance = createRecordAllowance(() => performance.now())
  const seconds = new Histogram({
    name: 'murram_predict_seconds',
    help: 'How long a request for scores took.',
    buckets: [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1, 5, 30],
    registers: [metrics],
  })
  const records = new Counter({
    name: 'murram_predict_records_total',
    help: 'Records that programs had scored, and those that were refused.',
    labelNames: ['result'],
    registers: [metrics],
  })

  const predict = async (order: PredictOrder): Promise<Result<Answered, Fault>> => {
    const stopTimer = seconds.startTimer()
    const done = await champions.use(order.modelName, async champion => {
      const given = recordsOf(champion, order)
      if (!given.ok) return given
      const predicted = await predictRecords(champion, given.value, { reasons: order.reasons })
      return ok({
        model: modelOf(champion, now()),
        predictions: predicted.map(one => (one.ok ? ok(replyOf(champion.form, one.value, order)) : one)),
      })
    })
    stopTimer()
    if (!done.ok) return done
    if (!done.value.ok) return done.value
    const refused = done.value.value.predictions.filter(one => !one.ok).length
    records.inc({ result: 'scored' }, done.value.value.predictions.length - refused)
    records.inc({ result: 'refused' }, refused)
    return done.value
  }

  return {
    name: 'predict',
    open: predictRoutes({ admit: given => admit(given, 'predict'), take: allowance.take, predict }),
    close: async () => champions[Symbol.asyncDispose](),
  }
}

function recordsOf(champion: Champion, { given }: PredictOrder): Result<readonly unknown[], Fault> {
  if ('records' in given) return ok(given.records)
  const records: unknown[] = []
  for (const text of given.texts) {
    const record = textRecord(champion, text)
    if (!record.ok) return record
    records.push(record.value)
  }
  return ok(records)
}

function modelOf({ release, form }: Champion, nowMs: number): Answered['model'] {
  const { modelName, releaseId, counter, candidateId, createdAtMs } = release
  return {
    modelName,
    releaseId,
    counter,
    candidateId,
    formId: form.formId,
    formVersion: form.version,
    releasedAtMs: createdAtMs,
    ageMs: Math.max(0, nowMs - createdAtMs),
  }
}

function replyOf(form: Form, { answers, assessment }: Predicted, { reasons, language }: PredictOrder): PredictionReply {
  const { label, positive, probability, probabilities, sure, abstains, possible, missing } = assessment
  const told = {
    label,
    positive,
    probability,
    probabilities: { ...probabilities },
    sure,
    abstains,
    possible: [...possible],
    missing: [...missing],
  }
  if (!reasons) return told
  const ofForm = languageOf(form, language)
  return {
    ...told,
    reasons: reasonsInWords(assessment.reasons, {
      positive,
      language: language ?? ofForm,
      asked: inWords(form, answers, ofForm),
    }),
  }
}

/** `sw` is `sw`, and `Kiswahili (sw)`. */
function languageOf({ languages, defaultLanguage }: Form, wanted: string | null): string {
  const code = wanted?.toLowerCase() ?? ''
  const isWanted = (one: string) => one.toLowerCase() === code || one.toLowerCase().includes(`(${code})`)
  return (code === '' ? undefined : languages.find(isWanted)) ?? defaultLanguage
}
