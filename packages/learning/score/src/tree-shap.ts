/**
 * Shapley values of a tree ensemble, exact and path-dependent: how far each input moves the
 * sum from what the model says of nobody in particular.
 *
 * Take one leaf of value v whose path asks d different inputs. Input j lets a share z_j of
 * the training rows through (a product of cover ratios), and lets this row through (h_j = 1)
 * or not (0). Shapley's weights k!(d-1-k)!/d! are the integrals of u^k (1-u)^(d-1-k), so
 *
 *     input i adds  v · (h_i - z_i) · ∫₀¹ Π_{j≠i} ( z_j (1-u) + h_j u ) du
 *
 * a polynomial of degree d-1, which Gauss's rule of ⌈d/2⌉ points integrates exactly. So a walk
 * carries the product at each point from the root down, brings the sums of v · product back
 * up, and each branch adds what its input changed there: nodes × points, not leaves × depth².
 *
 * Laws: the contributions and the expectation add up to the sum; they are the Shapley values
 * of the definition (both in tree-shap.test.ts).
 *
 * @see Lundberg et al. 2020, "From local explanations to global understanding with
 *   explainable AI for trees" (the definition); the integral is our own way of summing it.
 */
import { gaussRule } from './gauss-rule.ts'
import type { Tree } from './model-format-1.ts'
import { goesLeft } from './tree-features.ts'

export interface TreeExplainer {
  /** The sum before anything is known of the household. */
  readonly expected: number
  /** Adds what each input contributes, in the order of the inputs. */
  readonly addContributions: (features: Float32Array, into: Float64Array) => void
}

interface PreparedTree {
  readonly tree: Tree
  readonly points: number
  readonly depth: number
  /** Of a node's training rows, the share that comes from its parent's. */
  readonly share: Float64Array
}

export function createTreeExplainer(base: number, trees: readonly Tree[], inputs: number): TreeExplainer {
  const prepared = trees.map(prepareTree)
  const most = prepared.reduce((high, { points }) => Math.max(high, points), 1)
  const deepest = prepared.reduce((high, { depth }) => Math.max(high, depth), 0)
  const rules = Array.from({ length: most + 1 }, (_, points) => gaussRule(Math.max(points, 1)))
  const expected = trees.reduce((sum, tree) => sum + expectationOf(tree), base)

  // One set of buffers a walk: what is known of each input on the way, and a row of points a depth.
  const share = new Float64Array(inputs)
  const passes = new Uint8Array(inputs)
  const products = new Float64Array((deepest + 1) * most)
  const sums = new Float64Array((deepest + 1) * most)

  return {
    expected,
    addContributions(features, into) {
      share.fill(1)
      passes.fill(1)
      for (const one of prepared) {
        const { tree, points } = one
        const { at, weight } = rules[points]!
        products.fill(1, 0, points)

        /** Fills `sums` at this depth with Σ v · product over the leaves below. */
        const walk = (node: number, depth: number): void => {
          const here = depth * most
          const input = tree.feature[node]!
          if (input < 0) {
            const value = tree.value[node]!
            for (let q = 0; q < points; q++) sums[here + q] = value * products[here + q]!
            return
          }
          const below = here + most
          const knownShare = share[input]!
          const knownPass = passes[input]!
          const left = goesLeft(tree, node, features) ? tree.left[node]! : tree.right[node]!
          for (let q = 0; q < points; q++) sums[here + q] = 0
          for (let side = 0; side < 2; side++) {
            const child = side === 0 ? tree.left[node]! : tree.right[node]!
            const nextShare = knownShare * one.share[child]!
            const nextPass = child === left ? knownPass : 0
            for (let q = 0; q < points; q++) {
              const before = knownShare * (1 - at[q]!) + knownPass * at[q]!
              const after = nextShare * (1 - at[q]!) + nextPass * at[q]!
              products[below + q] = (products[here + q]! / before) * after
            }
            share[input] = nextShare
            passes[input] = nextPass
            walk(child, depth + 1)
            let added = 0
            for (let q = 0; q < points; q++) {
              const before = knownShare * (1 - at[q]!) + knownPass * at[q]!
              const after = nextShare * (1 - at[q]!) + nextPass * at[q]!
              const sum = sums[below + q]!
              sums[here + q]! += sum
              added += weight[q]! * sum * ((nextPass - nextShare) / after - (knownPass - knownShare) / before)
            }
            into[input]! += added
          }
          share[input] = knownShare
          passes[input] = knownPass
        }
        walk(0, 0)
      }
    },
  }
}

function prepareTree(tree: Tree): PreparedTree {
  const share = new Float64Array(tree.feature.length).fill(1)
  let [deepest, mostInputs] = [0, 1]
  const visit = (node: number, depth: number, asked: ReadonlySet<number>): void => {
    deepest = Math.max(deepest, depth)
    mostInputs = Math.max(mostInputs, asked.size)
    const input = tree.feature[node]!
    if (input < 0) return
    const known = new Set(asked).add(input)
    for (const child of [tree.left[node]!, tree.right[node]!]) {
      share[child] = tree.cover[child]! / tree.cover[node]!
      visit(child, depth + 1, known)
    }
  }
  visit(0, 0, new Set())
  return { tree, points: Math.ceil(mostInputs / 2), depth: deepest, share }
}

function expectationOf(tree: Tree): number {
  const visit = (node: number): number => {
    if (tree.feature[node]! < 0) return tree.value[node]!
    const [left, right] = [tree.left[node]!, tree.right[node]!]
    return (tree.cover[left]! * visit(left) + tree.cover[right]! * visit(right)) / tree.cover[node]!
  }
  return visit(0)
}
