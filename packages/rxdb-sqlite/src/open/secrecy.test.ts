import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, test } from 'vitest'

import { temporaryStore, type TemporaryStore } from '../testing/temporary-store.ts'
import { find, insert, open, update } from '../testing/visit-steps.ts'
import { copyEncrypted } from './copy-encrypted.ts'

const MARKER = 'Nyirabarenga of the third house'

/** The marker as it may stand in a file: UTF-8, UTF-16, and base64 from each of the three byte offsets. */
const forms: readonly Buffer[] = [
  Buffer.from(MARKER),
  Buffer.from(MARKER, 'utf16le'),
  Buffer.from(MARKER, 'utf16le').swap16(),
  ...[0, 1, 2].map(offset =>
    Buffer.from(
      Buffer.from('x'.repeat(offset) + MARKER)
        .toString('base64')
        .slice(4, -4),
    ),
  ),
]

const leaks = (store: TemporaryStore): string[] =>
  readdirSync(store.directory).filter(name =>
    forms.some(form => readFileSync(join(store.directory, name)).includes(form)),
  )

describe('an answer is in no file in the clear', () => {
  test('not in the store, its log, its copy or what lies beside them, open or closed', async () => {
    using store = temporaryStore()
    const instance = await open(store)
    await insert(
      instance,
      ...Array.from({ length: 300 }, (_, i) => ({
        id: `${MARKER}-${i}`,
        name: MARKER,
        note: `${MARKER} ${i}`.repeat(9),
      })),
    )
    await update(instance, `${MARKER}-7`, { note: MARKER })
    await find(instance, { selector: { name: { $gte: 'N' } }, sort: [{ name: 'desc' }] })
    expect(readdirSync(store.directory)).toContain('store.sqlite-wal')
    expect(leaks(store)).toEqual([])
    expect(copyEncrypted(store.handle, join(store.directory, 'copy.sqlite'))).toMatchObject({ ok: true })
    await update(instance, `${MARKER}-8`, {}, { deleted: true, lwt: 1 })
    await instance.cleanup(0)
    expect(leaks(store)).toEqual([])
    store.handle.close()
    expect(leaks(store)).toEqual([])
  })

  test('the search finds each form of it in a file that holds it', () => {
    const text = `xy${MARKER}z`
    for (const form of [
      Buffer.from(text),
      Buffer.from(text, 'utf16le'),
      Buffer.from(Buffer.from(text).toString('base64')),
    ])
      expect(forms.some(one => form.includes(one))).toBe(true)
  })

  // SQLite deletes a temporary file as it opens it: only the list of open files shows it.
  test.runIf(process.platform === 'linux')('a sort that does not fit the cache opens no temporary file', () => {
    using store = temporaryStore()
    const { connection } = store.handle
    const openTemporaryFiles = (): string[] =>
      readdirSync('/proc/self/fd').flatMap(fd => {
        try {
          return [readlinkSync(`/proc/self/fd/${fd}`)].filter(path => path.includes('etilqs_'))
        } catch {
          return [] // the directory's own entry is gone by now
        }
      })
    let seen = 0
    connection.function('peek', (i: number) => {
      if (i % 5000 === 0) seen += openTemporaryFiles().length
      return i
    })
    const filesOfSort = (): number => {
      seen = 0
      connection
        .prepare(
          `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40000)
           SELECT peek(i) FROM (SELECT i, hex(randomblob(150)) AS filler FROM n ORDER BY filler)`,
        )
        .all()
      return seen
    }
    connection.pragma('cache_size = 100')
    const inMemory = filesOfSort()
    connection.pragma('temp_store = FILE')
    expect([inMemory, filesOfSort() > 0]).toEqual([0, true])
  })
})
