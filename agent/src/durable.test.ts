/**
 * What is called saved was on the disk before: the system calls of a real agent on a real
 * store are watched. A killed process proves less, for the page cache outlives it.
 *
 * DU1 between the last write of an interview to the log of the store and the word `saved`
 *     stands an fsync or fdatasync of that log which has returned
 */
import { join } from 'node:path'
import { unwrap } from '@murram/ground'
import { canTrace, traceProgram, type SystemCall } from '@murram/testkit'
import { expect, test } from 'vitest'
import { enrolHere, openHere, testFolder } from './test-house/test-agent.ts'
import { startTestCollector } from './test-house/test-collector.ts'

const HOUSES = ['Achieng', 'Barasa', 'Chebet', 'Driciru', 'Ekai']

interface SaidSaved {
  readonly written: boolean
  readonly synced: boolean
}

/** For each time that the screen said `saved`: was the log written, and synced after its last write? */
function promisesIn(calls: readonly SystemCall[]): readonly SaidSaved[] {
  let written = false
  let synced = false
  const events = calls.flatMap(call => [
    { at: call.begun, call, isEnd: false },
    { at: call.done, call, isEnd: true },
  ])
  return events
    .sort((a, b) => a.at - b.at || Number(a.isEnd) - Number(b.isEnd))
    .flatMap(({ call: { name, args, result }, isEnd }): SaidSaved[] => {
      const isLog = args.includes('store.sqlite-wal>')
      if (isLog && name.startsWith('pwrite') && isEnd) [written, synced] = [true, false]
      if (isLog && /^f(data)?sync$/.test(name) && isEnd && result === 0) synced = true
      if (isEnd || name !== 'write' || !args.includes('"saved uuid:')) return []
      const promise = { written, synced }
      written = false
      return [promise]
    })
}

test('the test itself notices a promise before the disk', () => {
  const call = (at: number, name: string, args: string): SystemCall => ({
    pid: 1,
    name,
    args,
    begun: at,
    done: at,
    result: 0,
  })
  const log = '3</x/store.sqlite-wal>'
  const calls = [call(0, 'pwrite64', log), call(1, 'write', '1<pipe>, "saved uuid:1"'), call(2, 'fdatasync', log)]
  expect(promisesIn(calls)).toEqual([{ written: true, synced: false }])
})

test.runIf(canTrace())('DU1 the sync of the store has returned before an interview is called saved', async () => {
  await using collector = await startTestCollector()
  collector.publishForm()
  using folder = testFolder()
  unwrap(await enrolHere(folder, collector))
  const agent = unwrap(await openHere(folder))
  unwrap(await agent.sync.syncOnce())
  await agent.close()

  const { key, dataDir } = folder
  const keyPath = key.kind === 'key-file' ? key.path : ''
  const orders = JSON.stringify({ dataDir, keyPath, names: HOUSES, sync: 'never', stay: false })
  const child = join(import.meta.dirname, 'test-house', 'officer-child.ts')
  const { calls } = await traceProgram([process.execPath, child, orders])
  expect(promisesIn(calls)).toEqual(HOUSES.map(() => ({ written: true, synced: true })))
})
