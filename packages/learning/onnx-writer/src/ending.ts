/**
 * From sums to what a model says.
 *
 *   binary      [N,1] (+ region) → Sigmoid, or a line through knots → (1 - p, p) ─┐
 *   multiclass  [N,K] → Softmax ──────────────────────────────────────────────────┴─ probabilities
 *   probabilities → ArgMax → LabelEncoder → label
 *   regression  [N,1] → value
 */
import type { Constant, Node, Parts } from './graph.ts'
import type { Isotonic, RegionOffsets, WritableModel2 } from './models-format-2.ts'

const plain = (op: string, inputs: readonly string[], output: string, attributes: Node['attributes'] = {}): Node => ({
  op,
  domain: '',
  inputs,
  outputs: [output],
  attributes,
})

export function endingParts(
  { task, classes, regions, isotonic }: Pick<WritableModel2, 'task' | 'classes' | 'regions' | 'isotonic'>,
  sums: string,
): Parts {
  if (task === 'regression') return { nodes: [plain('Identity', [sums], 'value')], constants: [] }
  const said: Parts =
    task === 'multiclass'
      ? { nodes: [plain('Softmax', [sums], 'probabilities', { axis: { integer: 1 } })], constants: [] }
      : binaryParts(sums, regions, isotonic)
  return {
    nodes: [
      ...said.nodes,
      plain('ArgMax', ['probabilities'], '#likeliest', { axis: { integer: 1 }, keepdims: { integer: 0 } }),
      {
        op: 'LabelEncoder',
        domain: 'ai.onnx.ml',
        inputs: ['#likeliest'],
        outputs: ['label'],
        attributes: {
          keys_int64s: { integers: classes.map((_, place) => place) },
          values_strings: { strings: classes },
          default_string: { string: '' },
        },
      },
    ],
    constants: said.constants,
  }
}

function binaryParts(sums: string, regions: RegionOffsets | undefined, isotonic: Isotonic | undefined): Parts {
  const nodes: Node[] = []
  const constants: Constant[] = [{ name: '#whole', shape: [1], values: [1] }]
  let logit = sums
  if (regions !== undefined) {
    nodes.push(
      {
        op: 'LabelEncoder',
        domain: 'ai.onnx.ml',
        inputs: [regions.input],
        outputs: ['#offset'],
        makes: 'float',
        attributes: {
          keys_strings: { strings: regions.values },
          values_floats: { floats: regions.offsets },
          default_float: { float: 0 },
        },
      },
      plain('Add', [sums, '#offset'], '#corrected'),
    )
    logit = '#corrected'
  }
  if (isotonic === undefined) nodes.push(plain('Sigmoid', [logit], '#positive'))
  else {
    const line = lineParts(logit, isotonic)
    nodes.push(...line.nodes)
    constants.push(...line.constants)
  }
  nodes.push(
    plain('Sub', ['#whole', '#positive'], '#negative'),
    plain('Concat', ['#negative', '#positive'], 'probabilities', { axis: { integer: 1 } }),
  )
  return { nodes, constants }
}

/** value₀ + Σ slopeᵢ · min(max(x - thresholdᵢ, 0), widthᵢ): each stretch adds what is passed of it. */
function lineParts(logit: string, { threshold, value }: Isotonic): Parts {
  const stretches = threshold.slice(1).map((end, i) => {
    const width = Math.fround(end - threshold[i]!)
    return { start: threshold[i]!, width, slope: (value[i + 1]! - value[i]!) / width }
  })
  // One knot is a level; the graph still needs a stretch.
  const all = stretches.length > 0 ? stretches : [{ start: threshold[0]!, width: 0, slope: 0 }]
  return {
    nodes: [
      plain('Sub', [logit, '#starts'], '#beyond'),
      plain('Max', ['#beyond', '#nothing'], '#entered'),
      plain('Min', ['#entered', '#widths'], '#passed'),
      plain('MatMul', ['#passed', '#slopes'], '#risen'),
      plain('Add', ['#risen', '#first'], '#positive'),
    ],
    constants: [
      { name: '#starts', shape: [1, all.length], values: all.map(({ start }) => start) },
      { name: '#nothing', shape: [1], values: [0] },
      { name: '#widths', shape: [1, all.length], values: all.map(({ width }) => width) },
      { name: '#slopes', shape: [all.length, 1], values: all.map(({ slope }) => slope) },
      { name: '#first', shape: [1], values: [value[0]!] },
    ],
  }
}
