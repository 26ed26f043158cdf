/**
 * Makes the models that `packages/learning/score` is tested with, by the trainer and the graph
 * writer that score itself does not know. Run it again when their formats change:
 *
 *   node bench/score-fixtures.ts
 *
 * Same seed, same bytes: without a change of format nothing changes.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { unwrap } from '@murram/ground'
import { trainLogistic, trainTrees, type Model, type Table } from '@murram/learn'
import { toOnnx } from '@murram/onnx-writer'

const folder = new URL('../packages/learning/score/fixtures/', import.meta.url)
const rows = 1_200
const roofs = ['iron', 'thatch', 'tile']
const at = (row: number, salt: number, sides: number) => (Math.imul(row + 1, 2_654_435_761 + 2 * salt) >>> 12) % sides

const table: Table = {
  rows,
  columns: [
    { name: 'roof', kind: 'category', values: Array.from({ length: rows }, (_, row) => roofs[at(row, 1, 4)] ?? null) },
    { name: 'water', kind: 'category', values: Array.from({ length: rows }, (_, row) => `source ${at(row, 2, 5)}`) },
    { name: 'size', kind: 'number', values: Float32Array.from({ length: rows }, (_, row) => 1 + at(row, 3, 12)) },
    {
      name: 'distance',
      kind: 'number',
      values: Float32Array.from({ length: rows }, (_, row) => (row % 9 === 0 ? Number.NaN : at(row, 4, 4_000) / 3)),
    },
  ],
}
const [roof, , size] = table.columns.map(({ values }) => values)
const codes = Uint8Array.from({ length: rows }, (_, row) => {
  const points = (roof![row] === 'thatch' ? 4 : 0) + Number(size![row]) + at(row, 5, 8)
  return points > 11 ? 1 : 0
})
const labels = { classes: ['not poor', 'poor'], codes }
const groups = Array.from({ length: rows }, (_, row) => `h${row}`)

mkdirSync(folder, { recursive: true })
const write = (name: string, model: Model) => {
  writeFileSync(new URL(`${name}.onnx`, folder), toOnnx(model, { name }))
  writeFileSync(new URL(`${name}.json`, folder), `${JSON.stringify(model)}\n`)
}
const linear = unwrap(trainLogistic(table, labels, { seed: 1, groups }))
write('linear', linear)
write('trees', unwrap(trainTrees(table, labels, { seed: 1, groups, maxLeaves: 6, rounds: 15, learningRate: 0.3 })))
// A graph that loads, and then gives no number.
writeFileSync(new URL('not-finite.onnx', folder), toOnnx({ ...linear, intercept: Number.NaN }, { name: 'not-finite' }))
