import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createSums } from './evaluate.ts'
import { createExplainer, topReasons } from './explain.ts'
import { fixtureModel } from './fixture-bundle.ts'
import type { FeatureRow } from './answers.ts'
import type { Tree, TreeModel } from './model-format-1.ts'
import { asFormat2, type TreeModel2 } from './model-format-2.ts'
import { createTreeFeatures, goesLeft } from './tree-features.ts'
import { createTreeExplainer } from './tree-shap.ts'
import { makeVectors, vectorRows } from './vectors.ts'

const INPUTS = 5

/** A random tree over five numbers, to a depth of five: inputs come back along a path. */
function growTree(seed: number): Tree {
  let state = seed >>> 0
  const dice = (sides: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return (state >>> 12) % sides
  }
  const tree: { [K in keyof Tree]: number[] } = {
    feature: [],
    threshold: [],
    left: [],
    right: [],
    missingLeft: [],
    value: [],
    cover: [],
  }
  const grow = (depth: number): number => {
    const node = tree.feature.length
    const isLeaf = depth === 5 || (depth > 0 && dice(4) === 0)
    tree.feature.push(isLeaf ? -1 : dice(INPUTS))
    tree.threshold.push(isLeaf ? 0 : dice(7) - 3)
    tree.missingLeft.push(isLeaf ? 0 : dice(2))
    tree.value.push(isLeaf ? (dice(2_000) - 1_000) / 500 : 0)
    for (const list of [tree.left, tree.right]) list.push(0)
    tree.cover.push(1 + dice(40))
    if (!isLeaf) {
      const left = grow(depth + 1)
      const right = grow(depth + 1)
      tree.left[node] = left
      tree.right[node] = right
      tree.cover[node] = tree.cover[left]! + tree.cover[right]!
    }
    return node
  }
  grow(0)
  return tree
}

const models: fc.Arbitrary<TreeModel> = fc
  .record({ seeds: fc.array(fc.nat(), { minLength: 1, maxLength: 4 }), base: fc.integer({ min: -2, max: 2 }) })
  .map(({ seeds, base }) => ({
    format: 1,
    kind: 'trees',
    classes: ['no', 'yes'],
    inputs: Array.from({ length: INPUTS }, (_, i) => ({ name: `q${i}`, kind: 'number' as const })),
    base,
    trees: seeds.map(growTree),
  }))
const rows: fc.Arbitrary<FeatureRow> = fc
  .array(
    fc.oneof(
      { weight: 5, arbitrary: fc.integer({ min: -4, max: 4 }) },
      { weight: 1, arbitrary: fc.constant(Number.NaN) },
    ),
    {
      minLength: INPUTS,
      maxLength: INPUTS,
    },
  )
  .map(cells => Object.fromEntries(cells.map((cell, i) => [`q${i}`, cell])))

/** The definition: what the trees say when only the inputs in `known` are known. */
function expectation(model: TreeModel, features: Float32Array, known: number): number {
  const walk = (tree: Tree, node: number): number => {
    const input = tree.feature[node]!
    if (input < 0) return tree.value[node]!
    const [left, right] = [tree.left[node]!, tree.right[node]!]
    if ((known >> input) % 2 === 1) return walk(tree, goesLeft(tree, node, features) ? left : right)
    return (tree.cover[left]! * walk(tree, left) + tree.cover[right]! * walk(tree, right)) / tree.cover[node]!
  }
  return model.trees.reduce((sum, tree) => sum + walk(tree, 0), model.base)
}

/** Shapley's formula over all 32 sets of inputs. */
function byDefinition(model: TreeModel, features: Float32Array): number[] {
  const factorial = (n: number): number => (n <= 1 ? 1 : n * factorial(n - 1))
  const sizeOf = (set: number): number => set.toString(2).replaceAll('0', '').length
  return Array.from({ length: INPUTS }, (_, input) => {
    let sum = 0
    for (let set = 0; set < 2 ** INPUTS; set++) {
      if ((set >> input) % 2 === 1) continue
      const weight = (factorial(sizeOf(set)) * factorial(INPUTS - sizeOf(set) - 1)) / factorial(INPUTS)
      sum += weight * (expectation(model, features, set | (1 << input)) - expectation(model, features, set))
    }
    return sum
  })
}

test('contributions are the Shapley values of their definition', () => {
  fc.assert(
    fc.property(models, rows, (model, row) => {
      const [features] = createTreeFeatures(asFormat2(model) as TreeModel2)(row)
      if (features === undefined) throw new Error('a model of one output has one list of features')
      const contributions = new Float64Array(INPUTS)
      const { expected, addContributions } = createTreeExplainer(model.base, model.trees, INPUTS)
      addContributions(features, contributions)
      expect(expected).toBeCloseTo(expectation(model, features, 0), 10)
      const wanted = byDefinition(model, features)
      expect(Math.max(...wanted.map((value, i) => Math.abs(value - contributions[i]!)))).toBeLessThan(1e-10)
    }),
  )
})

test.each(['linear', 'trees'] as const)('contributions and expectation add up to the logit: %s', name => {
  const model = fixtureModel(name)
  const { explain } = createExplainer(model)
  const sums = createSums(asFormat2(model))
  for (const row of vectorRows(makeVectors(model))) {
    const { contributions, expected } = explain(row, 0)
    expect(contributions.reduce((a, b) => a + b, expected)).toBeCloseTo(sums(row)[0]!, 9)
  }
})

test('the three heaviest reasons, the heaviest first, and none that moved nothing', () => {
  const model = fixtureModel('trees')
  for (const row of vectorRows(makeVectors(model))) {
    const { contributions } = createExplainer(model).explain(row, 0)
    const reasons = topReasons(model, row, 3)
    const heaviest = [...contributions].map(Math.abs).sort((a, b) => b - a)
    expect(reasons.length).toBe(heaviest.slice(0, 3).filter(weight => weight > 1e-9).length)
    for (const [i, { contribution }] of reasons.entries()) expect(Math.abs(contribution)).toBe(heaviest[i])
  }
})
