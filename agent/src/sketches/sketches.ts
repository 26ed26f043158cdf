/**
 * How the answers and the probabilities of this device are spread, counted by the plan of the
 * model in force: no answer of a household leaves by it.
 *
 *     (store, release, region, week) ── packed counts, probabilities, abstentions, unscored
 *
 * Laws, in `sketches.test.ts`:
 *   SK1 an interview is counted in the transaction that stores it: with it, or not at all
 *   SK2 a correction, a draft, a settlement are counted by nobody
 *   SK3 counts only rise, so what is told twice is told once
 *   SK4 counting never stops an interview
 *   SK5 a device tells of few regions: beyond them all others are one; a sealed answer is none
 *
 * Not here: what the counts mean (collector/watching), when they are told (sync).
 */
import type { StoreId } from '@murram/ground'
import type { SqliteHandle } from '@murram/rxdb-sqlite'
import {
  createSketcher,
  isoWeek,
  mergeSketches,
  packSketch,
  SCORE_BINS,
  scoreBin,
  unpackSketch,
  type Assessment,
  type Manifest,
  type SketchPlan,
} from '@murram/score'
import type { DeviceReport } from '@murram/wire'
import type { Answers, Form } from '@murram/xform'
import type { Log } from '../diagnostics/log.ts'
import { readRow } from '../scoring/read-row.ts'
import type { DeviceValues } from '../store/device-values.ts'

export type SketchReport = Extract<DeviceReport, { kind: 'sketch' }>

/** What one interview adds to one row. */
interface Added {
  readonly plan: SketchPlan
  readonly releaseId: string
  readonly region: string
  readonly week: string
  readonly packed: Uint8Array
  readonly assessment: Assessment | null
}

export interface Sketches {
  /** What this interview will add; `null` where the model in force counts nothing. */
  readonly prepare: (form: Form, answers: Answers, assessment: Assessment | null) => Added | null
  /** Until its transaction is over. */
  readonly await: (instanceId: string, added: Added | null) => Disposable
  /** SK1: inside the transaction of the submission. */
  readonly countInTransaction: (instanceId: string) => void
  /** At most so many that the collector has not told us it has. */
  readonly untold: (limit: number) => readonly SketchReport[]
  /** The collector has them. */
  readonly told: (reports: readonly SketchReport[]) => void
  /** Another collector, or the same from a backup, has none of them: then `true`, and all are untold again. */
  readonly onWelcome: (epoch: number, hears: boolean) => boolean
  /** Whether the collector that was met last knows what a sketch is. */
  readonly isHeard: () => boolean
}

export interface SketchesDeps {
  readonly values: DeviceValues
  readonly storeId: () => StoreId
  readonly manifest: (formId: string) => Manifest | null
  readonly now: () => number
  readonly log: Log
}

/** All regions beyond the first few of a release. */
export const OTHER_REGIONS = '*'
const MOST_REGIONS = 24
const MOST_REGION_CHARS = 64
const KEPT_MS = 26 * 7 * 86_400_000

const TABLE = `CREATE TABLE IF NOT EXISTS sketches (
  store_id TEXT NOT NULL,
  release_id TEXT NOT NULL,
  region TEXT NOT NULL,
  week TEXT NOT NULL,
  rows INTEGER NOT NULL,
  told_rows INTEGER NOT NULL DEFAULT 0,
  packed BLOB NOT NULL,
  rest TEXT NOT NULL,
  PRIMARY KEY (store_id, release_id, region, week)
) STRICT`

interface Row {
  readonly store_id: string
  readonly release_id: string
  readonly region: string
  readonly week: string
  readonly rows: number
  readonly packed: Buffer
  readonly rest: string
}

/** Beside the answers: probabilities by bin, abstentions by reason, interviews without a score. */
type Rest = Pick<SketchReport, 'scores' | 'abstained' | 'unscored'>

const EPOCH = 'sketches.epoch'
const HEARD = 'sketches.heard'

export function openSketches({ connection }: SqliteHandle, deps: SketchesDeps): Sketches {
  const { values, storeId, manifest, now, log } = deps
  connection.exec(TABLE)
  connection.prepare('DELETE FROM sketches WHERE told_rows = rows AND week < ?').run(isoWeek(now() - KEPT_MS))
  const selectOne = connection.prepare<[string, string, string, string], Row>(
    'SELECT * FROM sketches WHERE store_id = ? AND release_id = ? AND region = ? AND week = ?',
  )
  const upsert = connection.prepare<[string, string, string, string, Uint8Array, string]>(
    `INSERT INTO sketches (store_id, release_id, region, week, rows, packed, rest) VALUES (?, ?, ?, ?, 1, ?, ?)
     ON CONFLICT DO UPDATE SET rows = rows + 1, packed = excluded.packed, rest = excluded.rest`,
  )
  const selectRegions = connection.prepare<[string], { region: string }>(
    'SELECT DISTINCT region FROM sketches WHERE release_id = ?',
  )
  const selectUntold = connection.prepare<[number], Row>(
    'SELECT * FROM sketches WHERE rows > told_rows ORDER BY week, release_id, region LIMIT ?',
  )
  const mark = connection.prepare<[number, string, string, string, string]>(
    `UPDATE sketches SET told_rows = max(told_rows, ?)
     WHERE store_id = ? AND release_id = ? AND region = ? AND week = ?`,
  )
  const waiting = new Map<string, Added>()

  /** SK5 */
  const regionOf = (releaseId: string, said: string): string => {
    if (said.length > MOST_REGION_CHARS) return OTHER_REGIONS
    const known = selectRegions.all(releaseId).map(row => row.region)
    return known.includes(said) || known.length < MOST_REGIONS ? said : OTHER_REGIONS
  }

  const count = ({ plan, releaseId, region, week, packed, assessment }: Added): void => {
    const key = [storeId(), releaseId, regionOf(releaseId, region), week] as const
    const before = selectOne.get(...key)
    const [old, own] = [before === undefined ? null : unpackSketch(plan, before.packed), unpackSketch(plan, packed)]
    if (old?.ok === false || !own.ok) throw new Error(`the sketch of ${releaseId} is of another plan`)
    const sum = old === null ? own.value : mergeSketches(old.value, own.value)
    upsert.run(...key, packSketch(plan, sum), JSON.stringify(restWith(before?.rest, assessment)))
  }

  return {
    prepare: (form, answers, assessment) => {
      try {
        const model = manifest(form.formId)
        if (model?.drift === undefined) return null
        const row = readRow(form, answers, model.inputs)
        if (!row.ok) return null
        const sketcher = createSketcher(model.drift)
        sketcher.observe(row.value)
        return {
          plan: model.drift,
          releaseId: model.releaseId,
          region: answerOf(form, answers, model.region),
          week: isoWeek(now()),
          packed: packSketch(model.drift, sketcher.sketch()),
          assessment: assessment?.releaseId === model.releaseId ? assessment : null,
        }
      } catch (cause) {
        log.warn({ formId: form.formId, reason: String(cause) }, 'an interview is not counted') // SK4
        return null
      }
    },
    await: (instanceId, added) => {
      if (added !== null) waiting.set(instanceId, added)
      return { [Symbol.dispose]: () => void waiting.delete(instanceId) }
    },
    countInTransaction: instanceId => {
      const added = waiting.get(instanceId)
      if (added === undefined) return
      try {
        count(added)
      } catch (cause) {
        // What took the whole transaction back is not ours to hide.
        if (!connection.inTransaction) throw cause
        log.warn({ releaseId: added.releaseId, reason: String(cause) }, 'an interview is not counted') // SK4
      }
    },
    untold: limit => selectUntold.all(limit).map(toReport),
    told: reports => {
      for (const { storeId: id, releaseId, region, week, rows } of reports) mark.run(rows, id, releaseId, region, week)
    },
    onWelcome: (epoch, hears) => {
      if (values.get(HEARD) !== String(hears)) values.set(HEARD, String(hears))
      if (values.get(EPOCH) === String(epoch)) return false
      connection.exec('UPDATE sketches SET told_rows = 0')
      values.set(EPOCH, String(epoch))
      return true
    },
    isHeard: () => values.get(HEARD) === 'true',
  }
}

const toReport = (row: Row): SketchReport => ({
  kind: 'sketch',
  storeId: row.store_id as StoreId,
  releaseId: row.release_id,
  region: row.region,
  week: row.week,
  rows: row.rows,
  packed: new Uint8Array(row.packed),
  ...(JSON.parse(row.rest) as Rest),
})

function restWith(before: string | undefined, assessment: Assessment | null): Rest {
  const { scores, abstained, unscored }: Rest =
    before === undefined
      ? { scores: Array.from({ length: SCORE_BINS }, () => 0), abstained: {}, unscored: 0 }
      : (JSON.parse(before) as Rest)
  if (assessment === null) return { scores, abstained, unscored: unscored + 1 }
  const { probability, abstains } = assessment
  return {
    scores: scores.with(scoreBin(probability), (scores[scoreBin(probability)] ?? 0) + 1),
    abstained: abstains === null ? abstained : { ...abstained, [abstains]: (abstained[abstains] ?? 0) + 1 },
    unscored,
  }
}

/** A sealed or masked answer is no region: it would leave in the clear. */
function answerOf(form: Form, answers: Answers, name: string | undefined): string {
  const question = form.questions.find(one => one.name === name && one.repeat === null && one.sensitive === 'plain')
  return question === undefined || !Object.hasOwn(answers, question.path) ? '' : (answers[question.path] ?? '').trim()
}
