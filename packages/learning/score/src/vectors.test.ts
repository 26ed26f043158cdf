import { describe, expect, test } from 'vitest'
import { evaluate } from './evaluate.ts'
import { fixtureModel } from './fixture-bundle.ts'
import { makeVectors, VECTOR_ROWS, vectorRows, VectorsSchema, firstWrong } from './vectors.ts'

describe.each(['linear', 'trees'] as const)('%s', name => {
  const model = fixtureModel(name)
  const vectors = makeVectors(model)

  test('64 rows, among them: nothing answered, never seen, the largest and the smallest', () => {
    expect(vectors.rows.length).toBe(VECTOR_ROWS)
    const isBlank = (cell: unknown) => cell === null || cell === ''
    expect(vectors.rows.some(row => row.every(isBlank))).toBe(true)
    const categories = model.inputs.flatMap((input, i) =>
      input.kind === 'category' ? [{ i, known: 'order' in input ? input.order : input.values }] : [],
    )
    const isUnknown = (row: (typeof vectors.rows)[number]) =>
      categories.every(({ i, known }) => row[i] !== '' && !known.includes(String(row[i])))
    expect(vectors.rows.some(isUnknown)).toBe(true)
    const numbers = vectors.rows.flat().filter(cell => typeof cell === 'number')
    expect(Math.max(...numbers)).toBe(3.4028234663852886e38)
    expect(Math.min(...numbers)).toBe(-3.4028234663852886e38)
  })

  test('they survive JSON, and are the same when made again', () => {
    const travelled = VectorsSchema.parse(JSON.parse(JSON.stringify(vectors)))
    expect(travelled).toEqual(makeVectors(model))
    const said = vectorRows(travelled).map(row => evaluate(model, row))
    expect(firstWrong(travelled, said)).toBe(-1)
  })

  test('they tell households apart', () => {
    expect(Math.max(...vectors.expected) - Math.min(...vectors.expected)).toBeGreaterThan(0.5)
    expect(new Set(vectors.expected).size).toBeGreaterThan(VECTOR_ROWS / 4)
  })
})
