/**
 * One OpenLineage run event: what a run of a job read and wrote, as far as it had come.
 *
 * The shapes are those of OpenLineage 2-0-2, cut to what this house says: other tools read
 * them as they are, and what we did not write is no event of ours.
 *
 * Laws, in `run-event.test.ts`:
 *   L1 a run's events are one START and at most one end, in that order
 *   L2 each event says all that is known by then, so the last one alone tells the run
 *
 * Not here: where events are kept, and who asks for them (collector/retrain).
 *
 * @see OpenLineage.json 2-0-2, `#/$defs/RunEvent`.
 */
import { z } from 'zod'

const PRODUCER = 'urn:murram:collector'
const FACETS = 'https://openlineage.io/spec/facets'
const RUN_EVENT = 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent'

const Facet = z.looseObject({ _producer: z.string(), _schemaURL: z.url() })
const Facets = z.record(z.string(), Facet)
const LineageDataset = z.strictObject({ namespace: z.string().min(1), name: z.string().min(1), facets: Facets })

export const RunEventSchema = z.strictObject({
  eventType: z.enum(['START', 'RUNNING', 'COMPLETE', 'ABORT', 'FAIL', 'OTHER']),
  eventTime: z.iso.datetime(),
  producer: z.string(),
  schemaURL: z.literal(RUN_EVENT),
  run: z.strictObject({ runId: z.uuid(), facets: Facets }),
  job: z.strictObject({ namespace: z.string().min(1), name: z.string().min(1), facets: Facets }),
  inputs: z.array(LineageDataset.extend({ inputFacets: Facets.optional() })),
  outputs: z.array(LineageDataset.extend({ outputFacets: Facets.optional() })),
})
export type RunEvent = z.infer<typeof RunEventSchema>
export type RunEventType = RunEvent['eventType']

/** What a run reads or writes, by the name under which it is found again. */
export interface LineageDataset {
  readonly name: string
  /** The version of it that was meant, a digest for instance. */
  readonly version?: string
  readonly rows?: number
  readonly sizeBytes?: number
}

export interface RunState {
  readonly type: RunEventType
  readonly atMs: number
  readonly runId: string
  /** One for each project: names below it are the project's. */
  readonly namespace: string
  readonly jobName: string
  /** Why this run was started, in words. */
  readonly because: string
  readonly inputs: readonly LineageDataset[]
  readonly outputs: readonly LineageDataset[]
  /** Why it failed or was cancelled. */
  readonly error?: string
}

const facet = (file: string, name: string, rest: Readonly<Record<string, unknown>>) => ({
  _producer: PRODUCER,
  _schemaURL: `${FACETS}/${file}/${name}.json#/$defs/${name}`,
  ...rest,
})

const versionOf = ({ version }: LineageDataset) =>
  version === undefined ? {} : { version: facet('1-0-1', 'DatasetVersionDatasetFacet', { datasetVersion: version }) }

export function runEvent(state: RunState): RunEvent {
  const { type, atMs, runId, namespace, jobName, because, inputs, outputs, error } = state
  return {
    eventType: type,
    eventTime: new Date(atMs).toISOString(),
    producer: PRODUCER,
    schemaURL: RUN_EVENT,
    run: {
      runId,
      facets: {
        // Ours: OpenLineage has no facet for why a run was started.
        murram_trigger: { _producer: PRODUCER, _schemaURL: 'urn:murram:facets:trigger:1', because },
        ...(error === undefined
          ? {}
          : {
              errorMessage: facet('1-0-1', 'ErrorMessageRunFacet', {
                message: error,
                programmingLanguage: 'TypeScript',
              }),
            }),
      },
    },
    job: {
      namespace,
      name: jobName,
      facets: {
        jobType: facet('2-0-3', 'JobTypeJobFacet', {
          processingType: 'BATCH',
          integration: 'MURRAM',
          jobType: 'TRAINING',
        }),
      },
    },
    inputs: inputs.map(one => ({
      namespace,
      name: one.name,
      facets: versionOf(one),
      ...(one.rows === undefined
        ? {}
        : {
            inputFacets: {
              dataQualityMetrics: facet('1-0-2', 'DataQualityMetricsInputDatasetFacet', {
                rowCount: one.rows,
                ...(one.sizeBytes === undefined ? {} : { bytes: one.sizeBytes }),
                columnMetrics: {},
              }),
            },
          }),
    })),
    outputs: outputs.map(one => ({
      namespace,
      name: one.name,
      facets: versionOf(one),
      ...(one.sizeBytes === undefined
        ? {}
        : {
            outputFacets: {
              outputStatistics: facet('1-0-2', 'OutputStatisticsOutputDatasetFacet', { size: one.sizeBytes }),
            },
          }),
    })),
  }
}

const ENDS: readonly RunEventType[] = ['COMPLETE', 'ABORT', 'FAIL']

/** May this be the next event of a run that has said `before`? (L1) */
export function mayFollow(before: readonly RunEventType[], next: RunEventType): boolean {
  if (before.some(type => ENDS.includes(type))) return next === 'OTHER'
  return (next === 'START') === (before.length === 0)
}
