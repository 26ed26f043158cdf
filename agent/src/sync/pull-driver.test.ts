import type { Checkpoint } from '@murram/ground'
import { noCrashPoint } from '@murram/ground'
import { pageChecksum, type Page, type Up, type Welcome } from '@murram/wire'
import { expect, test } from 'vitest'
import { silentLog } from '../diagnostics/log.ts'
import type { Mirror } from '../store/mirror.ts'
import type { Link } from './link.ts'
import { createPullDriver } from './pull-driver.ts'

test('after a disk that was full the next session asks for the page again', async () => {
  let at: Checkpoint = { epoch: 1, number: 0 }
  let isFull = true
  const mirror = {
    checkpoint: async () => at,
    applyPage: async (_rows: Page['rows'], to: Checkpoint) => {
      if (isFull) throw new Error('database or disk is full')
      at = to
    },
  } as unknown as Mirror
  const sent: Up[] = []
  const link = { send: (message: Up) => void sent.push(message), drop: () => {} } as unknown as Link
  const welcome = { epoch: 1, feedNumber: 1 } as Welcome
  const rows = [{ number: 1, kind: 'entity' as const, key: 'a', body: null }]
  const page: Page = { type: 'page', epoch: 1, from: 0, to: 1, rows, checksum: pageChecksum(rows), more: false }

  const pull = await createPullDriver({ mirror, log: silentLog, crashPoint: noCrashPoint })
  await pull.onWelcome(welcome, link)
  await expect(pull.onPage(page, link)).rejects.toThrow('full')
  pull.onLinkDown()

  isFull = false
  sent.length = 0
  await pull.onWelcome(welcome, link)
  expect(sent).toMatchObject([{ type: 'pull', from: { epoch: 1, number: 0 } }])
  await pull.onPage(page, link)
  expect(at).toEqual({ epoch: 1, number: 1 })
})
