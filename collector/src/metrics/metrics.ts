/** Figures for Prometheus: one registry a collector, so that tests do not share counters. */
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'

export interface Metrics {
  readonly registry: Registry
  readonly submissions: Counter<'result'>
  readonly ingestSeconds: Histogram
  readonly bytes: Counter<'direction'>
  readonly connected: Gauge
  readonly refusals: Counter<'fault'>
}

export function createMetrics(): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const registers = [registry]
  return {
    registry,
    submissions: new Counter({
      name: 'murram_submissions_total',
      help: 'Submissions that devices pushed, by what became of them.',
      labelNames: ['result'],
      registers,
    }),
    ingestSeconds: new Histogram({
      name: 'murram_ingest_seconds',
      help: 'From a decoded batch to its commit.',
      buckets: [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 2],
      registers,
    }),
    bytes: new Counter({
      name: 'murram_gate_bytes_total',
      help: 'Bytes of frames at the gate.',
      labelNames: ['direction'],
      registers,
    }),
    connected: new Gauge({ name: 'murram_devices_connected', help: 'Devices with an open session.', registers }),
    refusals: new Counter({
      name: 'murram_gate_refusals_total',
      help: 'Sessions that the gate ended, by fault.',
      labelNames: ['fault'],
      registers,
    }),
  }
}
