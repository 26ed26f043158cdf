/**
 * Records on their way to a thread. Rows of one table have the same refs: they are sent once a
 * chunk, and a record is then only its values. (Copying 500 keys a record costs more than
 * checking it.)
 */
import type { Answers } from '../form.ts'

export interface NamedRecord {
  /** What a person calls it: an instance id, a file, a line of a table. */
  readonly name: string
  /** Answers by ref, or the instance as XML. */
  readonly record: Answers | string
}

export interface PackedRecords {
  readonly shapes: readonly (readonly string[])[]
  readonly records: readonly (string | { readonly shape: number; readonly values: readonly string[] })[]
}

export function packRecords(records: readonly NamedRecord[]): PackedRecords {
  const shapes: (readonly string[])[] = []
  const packed = records.map(({ record }) => {
    if (typeof record === 'string') return record
    const refs = Object.keys(record)
    const last = shapes.at(-1)
    const same = last?.length === refs.length && last.every((ref, i) => ref === refs[i])
    return { shape: (same ? shapes.length : shapes.push(refs)) - 1, values: Object.values(record) }
  })
  return { shapes, records: packed }
}

/** A ref may be any text, `__proto__` too. */
export function unpackRecords({ shapes, records }: PackedRecords): readonly (Answers | string)[] {
  return records.map(one => {
    if (typeof one === 'string') return one
    const answers: Record<string, string> = Object.create(null) as Record<string, string>
    for (const [i, ref] of shapes[one.shape]!.entries()) answers[ref] = one.values[i]!
    return answers
  })
}
