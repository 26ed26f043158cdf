/** What is watched, for Prometheus: read when it is asked for, so that every collector says the same. */
import { Gauge, type Registry } from 'prom-client'
import type { ReadDb } from '../db/handles.ts'
import { countFindings, keptWatches } from './watch-repo.ts'

export function createWatchGauges(read: ReadDb, metrics: Registry): void {
  const registers = [metrics]
  const drift = new Gauge({
    name: 'murram_model_drift_psi',
    help: 'Population stability index of the question that changed most, over regions; above .2 and chance it is drift.',
    labelNames: ['model'],
    registers,
    collect: async () => {
      drift.reset()
      for (const { modelName, figures } of await keptWatches(read)) {
        const psis = figures.drift.regions.flatMap(({ questions }) => questions.flatMap(({ psi }) => psi ?? []))
        if (psis.length > 0) drift.set({ model: modelName }, Math.max(...psis))
      }
    },
  })
  const calibration = new Gauge({
    name: 'murram_model_calibration_error',
    help: 'Average probability minus the share that was verified, of regions with outcomes enough.',
    labelNames: ['model', 'region'],
    registers,
    collect: async () => {
      calibration.reset()
      for (const { modelName, figures } of await keptWatches(read))
        for (const { region, said, was, verdict } of figures.calibration)
          if (verdict !== 'too few') calibration.set({ model: modelName, region }, said - was)
    },
  })
  const age = new Gauge({
    name: 'murram_model_label_age_days',
    help: 'Median age of the outcomes that the champion learnt from.',
    labelNames: ['model'],
    registers,
    collect: async () => {
      age.reset()
      for (const { modelName, figures } of await keptWatches(read))
        if (figures.labels.medianAgeDays !== null) age.set({ model: modelName }, figures.labels.medianAgeDays)
    },
  })
  const findings = new Gauge({
    name: 'murram_model_findings',
    help: 'What holds of a model, by how grave it is.',
    labelNames: ['model', 'severity'],
    registers,
    collect: async () => {
      findings.reset()
      for (const { modelName } of await keptWatches(read))
        for (const severity of ['warning', 'alarm']) findings.set({ model: modelName, severity }, 0)
      for (const { modelName, severity } of await countFindings(read)) findings.inc({ model: modelName, severity })
    },
  })
}
