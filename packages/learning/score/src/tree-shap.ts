/**
 * Shapley values of a tree ensemble, exact and path-dependent: how far each input moves the
 * logit from what the model says of nobody in particular.
 *
 * Take one leaf of value v. It asks d different inputs; input j lets a share z_j of the
 * training rows through (a product of cover ratios) and lets this row through or not. If
 * a set S of inputs is known, the leaf's expectation is
 *
 *     v · Π_{j in S} [row passes j] · Π_{j not in S} z_j
 *
 * so only sets inside the inputs that pass (the "hot" ones) count, and the Shapley sum over
 * sets of size k needs the coefficients of Π_{hot}(z_j + t) alone:
 *
 *     W(c, d) = Σ_k c_k · k! (d-1-k)! / d!        c_k the coefficient of t^k
 *     hot i   adds  v · Z · (1 - z_i) · W(the product without i, d)
 *     cold i  adds -v · Z · W(the product, d)      Z = Π_{cold} z_j
 *
 * Law: the contributions and the expectation add up to the logit.
 *
 * @see Lundberg et al. 2020, "From local explanations to global understanding with
 *   explainable AI for trees" (the definition; the sum over leaves above is our own).
 */
import { goesLeft } from './evaluate.ts'
import type { Tree, TreeModel } from './model.ts'

export interface Explanation {
  /** The logit before anything is known of the household. */
  readonly expected: number
  /** Logits, in the order of the inputs. */
  readonly contributions: Float64Array
}

/** The inputs asked on the way to a node: each once, at `[0, depth)`. */
interface Path {
  readonly inputs: Int32Array
  readonly shares: Float64Array
  readonly passes: Uint8Array
}

export function explainTrees(model: TreeModel, features: Float32Array): Explanation {
  const contributions = new Float64Array(model.inputs.length)
  const most = model.inputs.length + 1
  const path: Path = { inputs: new Int32Array(most), shares: new Float64Array(most), passes: new Uint8Array(most) }
  const product = new Float64Array(most + 1)
  const weights = createWeights()
  let expected = model.base

  for (const tree of model.trees)
    walkLeaves(tree, features, path, (value, depth) => {
      expected += value * addLeaf(value, depth, path, product, weights, contributions)
    })
  return { expected, contributions }
}

/** Calls `leaf` with the path filled in; visits left before right. */
function walkLeaves(
  tree: Tree,
  features: Float32Array,
  path: Path,
  leaf: (value: number, depth: number) => void,
): void {
  const visit = (node: number, depth: number): void => {
    const input = tree.feature[node]!
    if (input < 0) return leaf(tree.value[node]!, depth)
    let slot = 0
    while (slot < depth && path.inputs[slot] !== input) slot++
    const isNew = slot === depth
    const share = isNew ? 1 : path.shares[slot]!
    const passes = isNew ? 1 : path.passes[slot]!
    const left = goesLeft(tree, node, features) ? 1 : 0
    path.inputs[slot] = input
    for (const [child, onPath] of [
      [tree.left[node]!, left],
      [tree.right[node]!, 1 - left],
    ] as const) {
      path.shares[slot] = (share * tree.cover[child]!) / tree.cover[node]!
      path.passes[slot] = passes * onPath
      visit(child, isNew ? depth + 1 : depth)
      path.inputs[slot] = input
    }
    path.shares[slot] = share
    path.passes[slot] = passes
  }
  visit(0, 0)
}

/** Adds one leaf; returns the share of all training rows that reach it. */
function addLeaf(
  value: number,
  depth: number,
  { inputs, shares, passes }: Path,
  product: Float64Array,
  weights: (size: number) => Float64Array,
  contributions: Float64Array,
): number {
  let cold = 1
  let all = 1
  let hot = 0
  product[0] = 1
  for (let slot = 0; slot < depth; slot++) {
    const share = shares[slot]!
    all *= share
    if (passes[slot] === 0) {
      cold *= share
      continue
    }
    product[hot + 1] = 0
    for (let k = hot + 1; k >= 0; k--) product[k] = product[k]! * share + (k === 0 ? 0 : product[k - 1]!)
    hot++
  }
  if (cold === 0 || depth === 0) return all

  const weight = weights(depth)
  const scale = value * cold
  let whole = 0
  if (hot < depth) for (let k = 0; k <= hot; k++) whole += product[k]! * weight[k]!
  for (let slot = 0; slot < depth; slot++) {
    if (passes[slot] === 0) contributions[inputs[slot]!]! -= scale * whole
    else
      contributions[inputs[slot]!]! += scale * (1 - shares[slot]!) * withoutFactor(product, hot, shares[slot]!, weight)
  }
  return all
}

/** W of the product divided by (t + share): synthetic division from the top, shares <= 1. */
function withoutFactor(product: Float64Array, degree: number, share: number, weight: Float64Array): number {
  let quotient = 0
  let sum = 0
  for (let k = degree; k > 0; k--) {
    quotient = product[k]! - share * quotient
    sum += quotient * weight[k - 1]!
  }
  return sum
}

/** `weights(d)[k]` is k! (d-1-k)! / d!. */
function createWeights(): (size: number) => Float64Array {
  const known: Float64Array[] = []
  return size => {
    const found = known[size]
    if (found !== undefined) return found
    const weights = new Float64Array(size)
    weights[0] = 1 / size
    for (let k = 1; k < size; k++) weights[k] = (weights[k - 1]! * k) / (size - k)
    known[size] = weights
    return weights
  }
}
