/**
 * What it was worth to train again: by wave, how well the laptops' scores ranked households and how
 * far they were off, beside what the first trained model would have said of the same visits. The
 * truth is the panel's own, lies not counted.
 */
import { auc, predict } from '@murram/learn'
import { Model1Schema } from '@murram/score'
import type { DoneVisit } from './make-visits.ts'
import { codesOf, tableOf } from './panel-table.ts'
import type { Panel } from './panel.ts'

export interface Worth {
  /** `null` where one class is absent. */
  readonly auc: number | null
  /** Mean probability − share that was positive. */
  readonly offBy: number
}

export interface WaveWorth {
  readonly wave: string
  readonly visits: number
  /** Of the first model that was trained, had it stayed; `null` before there was one. */
  readonly never: Worth | null
  /** As officers saw it. */
  readonly retrained: Worth
  /** The same of the new region alone. */
  readonly inNewRegion: { readonly visits: number; readonly never: Worth | null; readonly retrained: Worth } | null
}

export interface FirstTrained {
  readonly releaseId: string
  /** `trees.json` of its bundle. */
  readonly file: Uint8Array
}

export function worthByWave(
  panel: Panel,
  done: readonly DoneVisit[],
  first: FirstTrained | null,
): readonly WaveWorth[] {
  const model = first === null ? null : Model1Schema.parse(JSON.parse(new TextDecoder().decode(first.file)))
  const since = done.find(({ releaseId }) => releaseId === first?.releaseId)?.wave ?? Number.POSITIVE_INFINITY
  return panel.waves.flatMap(({ name }, wave) => {
    const visits = done.filter(one => one.wave === wave && one.outcome !== null && one.probability !== null)
    if (visits.length === 0) return []
    const both = (some: readonly DoneVisit[]) => ({
      visits: some.length,
      retrained: worthOf(
        panel,
        some,
        Float64Array.from(some, ({ probability }) => probability ?? Number.NaN),
      ),
      never: model === null || wave < since ? null : worthOf(panel, some, predict(model, tableOf(panel, some))),
    })
    const there = visits.filter(({ answers }) => answers[panel.region ?? ''] === panel.newcomer?.region)
    return [{ wave: name, ...both(visits), inNewRegion: there.length === 0 ? null : both(there) }]
  })
}

function worthOf(panel: Panel, visits: readonly DoneVisit[], said: Float64Array): Worth {
  const codes = codesOf(panel, visits)
  const ranked = auc(said, codes)
  const mean = (values: ArrayLike<number>) => Array.from(values).reduce((sum, value) => sum + value, 0) / values.length
  return { auc: Number.isFinite(ranked) ? ranked : null, offBy: mean(said) - mean(codes) }
}

export const inWords = (worth: Worth | null): readonly [string, string] =>
  worth === null
    ? ['–', '–']
    : [worth.auc?.toFixed(3) ?? '–', `${worth.offBy >= 0 ? '+' : '−'}${(100 * Math.abs(worth.offBy)).toFixed(1)} %`]
