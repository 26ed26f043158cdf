/**
 * The one file with ONNX Runtime: loads a graph, runs it.
 *
 * It knows no bundle and no model: what goes in and comes out is named by the caller
 * (feeds.ts, predictor.ts).
 */
import { err, fault, ok, type Fault, type Result } from '@murram/ground'
import type * as ort from 'onnxruntime-node'
import type { Feed } from './feeds.ts'

export interface GraphPort {
  readonly name: string
  /** As ONNX calls it: `float32`, `string`, `int64` …; `other` is no tensor. */
  readonly type: string
  /** A number of columns, or the name of what is open. */
  readonly shape: readonly (number | string)[]
}

export interface GraphOutput {
  readonly values: ArrayLike<number>
  readonly shape: readonly number[]
}

export interface Graph extends AsyncDisposable {
  readonly inputs: readonly GraphPort[]
  readonly outputs: readonly GraphPort[]
  /** The named output, as numbers. */
  readonly run: (feeds: readonly Feed[], rows: number, output: string) => Promise<Result<GraphOutput, Fault>>
}

type Runtime = typeof ort

/**
 * @param threads One for single households: that takes a tenth of a millisecond, and the
 *   laptop has other work. Two or more pay off in batches.
 */
export async function openGraph(bytes: Uint8Array, threads = 1): Promise<Result<Graph, Fault>> {
  let runtime: Runtime
  let session: ort.InferenceSession
  try {
    // Read when the runtime loads, hence the late import; a runtime that does not load is a fault.
    process.env['ORT_DISABLE_TELEMETRY'] ??= '1'
    runtime = await import('onnxruntime-node')
    session = await runtime.InferenceSession.create(bytes, {
      executionProviders: ['cpu'],
      executionMode: 'sequential',
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      logSeverityLevel: 3,
    })
  } catch (cause) {
    return err(fault('bundle.load-failed', messageOf(cause)))
  }
  return ok({
    inputs: session.inputMetadata.map(toPort),
    outputs: session.outputMetadata.map(toPort),
    async run(feeds, rows, output) {
      try {
        const tensors = Object.fromEntries(feeds.map(feed => [feed.port, toTensor(runtime, feed, rows)]))
        const said = (await session.run(tensors, [output]))[output]
        if (said === undefined) return err(fault('bundle.load-failed', `the graph has no output ${output}`))
        const values = toNumbers(said.data)
        return values === null
          ? err(fault('bundle.load-failed', `the output ${output} holds no numbers`))
          : ok({ values, shape: [...said.dims] })
      } catch (cause) {
        return err(fault('bundle.load-failed', messageOf(cause)))
      }
    },
    [Symbol.asyncDispose]: () => session.release(),
  })
}

const toPort = (port: ort.InferenceSession.ValueMetadata): GraphPort =>
  port.isTensor
    ? { name: port.name, type: port.type, shape: [...port.shape] }
    : { name: port.name, type: 'other', shape: [] }

function toTensor({ Tensor }: Runtime, feed: Feed, rows: number): ort.Tensor {
  const shape = [rows, feed.columns]
  switch (feed.type) {
    case 'string':
      return new Tensor('string', feed.values, shape)
    case 'float':
      return new Tensor('float32', feed.values, shape)
    case 'double':
      return new Tensor('float64', feed.values, shape)
    case 'int64':
      return new Tensor('int64', feed.values, shape)
  }
}

const toNumbers = (data: ort.Tensor['data']): ArrayLike<number> | null =>
  data instanceof Float32Array || data instanceof Float64Array
    ? data
    : data instanceof BigInt64Array
      ? Float64Array.from(data, Number)
      : null

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))
