/**
 * What a patch costs beside the whole file, for what changes while a project runs. Made as the
 * collector makes it: zstd with the older file as its dictionary (collector/src/patches).
 */
import { createHash } from 'node:crypto'
import { constants, deflateRawSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { unwrap } from '@murram/ground'
import { trainTrees, type Table } from '@murram/learn'
import { toOnnx } from '@murram/onnx-writer'
import { readPrograms } from './first-sync-form.ts'
import { formXml, soakFormXml } from './sync-fixtures.ts'

export interface Delta {
  readonly what: string
  readonly wholeBytes: number
  /** As it travels without a patch: a frame deflates each piece. */
  readonly deflatedBytes: number
  readonly patchBytes: number
}

export async function measureDeltas(): Promise<readonly Delta[]> {
  const xml = soakFormXml() ?? formXml()
  const [before, after] = await readPrograms([xml, revise(xml)])
  return [
    deltaOf(
      `a form of ${Math.round((before?.length ?? 0) / 1_000)} kB, one label and the version changed`,
      before,
      after,
    ),
    deltaOf('a list of 50,000 rows, 200 of them changed', listOf(0), listOf(200)),
    deltaOf('a model of trees, trained again with 50 more outcomes', modelOf(1_200), modelOf(1_250)),
  ]
}

const revise = (xml: string): string =>
  xml
    .replace(/(<[^?>]*\bid="[^"]*"[^>]*\bversion=")[^"]*/, '$12099-01-01')
    .replace(/(<label>|<value>)([^<]{4,})(<)/, '$1A better question than before$3')

function deltaOf(what: string, before: Uint8Array | undefined, after: Uint8Array | undefined): Delta {
  if (before === undefined || after === undefined) throw new Error(`${what}: nothing to compare`)
  const windowLog = Math.max(10, Math.ceil(Math.log2(before.length + after.length + 1)))
  const params = {
    [constants.ZSTD_c_compressionLevel]: 12,
    [constants.ZSTD_c_windowLog]: windowLog,
    [constants.ZSTD_c_enableLongDistanceMatching]: 1,
  }
  const patch = zstdCompressSync(after, { dictionary: before, params })
  if (!zstdDecompressSync(patch, { dictionary: before }).equals(after)) throw new Error(`${what}: not the same`)
  return { what, wholeBytes: after.length, deflatedBytes: deflateRawSync(after).length, patchBytes: patch.length }
}

function listOf(changed: number): Uint8Array {
  const rows = Array.from({ length: 50_000 }, (_, i) => {
    const hex = createHash('sha1')
      .update(`${i < changed * 250 && i % 250 === 0 ? 'new' : 'old'} ${i}`)
      .digest('hex')
    return `${hex.slice(0, 12)},Person ${hex.slice(12, 20)},village ${i % 311},${parseInt(hex.slice(20, 24), 16)}`
  })
  return Buffer.from(['name,label,village,size', ...rows].join('\n'))
}

function modelOf(rows: number): Uint8Array {
  const at = (row: number, salt: number, sides: number): number =>
    (Math.imul(row + 1, 2_654_435_761 + 2 * salt) >>> 12) % sides
  const table: Table = {
    rows,
    columns: [
      { name: 'roof', kind: 'category', values: Array.from({ length: rows }, (_, row) => `roof ${at(row, 1, 4)}`) },
      { name: 'size', kind: 'number', values: Float32Array.from({ length: rows }, (_, row) => 1 + at(row, 3, 12)) },
      {
        name: 'distance',
        kind: 'number',
        values: Float32Array.from({ length: rows }, (_, row) => at(row, 4, 4_000) / 3),
      },
    ],
  }
  const codes = Uint8Array.from({ length: rows }, (_, row) =>
    at(row, 1, 4) * 3 + at(row, 3, 12) + at(row, 5, 8) > 15 ? 1 : 0,
  )
  const groups = Array.from({ length: rows }, (_, row) => `h${row}`)
  const model = unwrap(trainTrees(table, { classes: ['no', 'yes'], codes }, { seed: 1, groups, rounds: 100 }))
  return toOnnx(model, { name: 'trees' })
}
