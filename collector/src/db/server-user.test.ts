import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { findLaunch } from './server-user.ts'

const closed = mkdtempSync(join(tmpdir(), 'murram-closed-')) // mode 700
const inside = join(closed, 'pg')
mkdirSync(inside)
afterAll(() => rmSync(closed, { recursive: true }))

const stranger = { uid: 54_321, gid: 54_321 }

test('where every directory can be entered, nothing is put in front', () => {
  expect(findLaunch(stranger, [tmpdir()])).toEqual({ ok: true, value: { prefix: [], ...stranger } })
  expect(findLaunch({}, [inside])).toEqual({ ok: true, value: { prefix: [] } })
})

test('a closed directory is passed with one capability, the smallest that the system gives', () => {
  const launch = findLaunch(stranger, [inside], command => command.includes('--inh-caps=+dac_override'))
  expect(launch).toMatchObject({ ok: true, value: { prefix: expect.arrayContaining(['--reuid=54321']) } })
})

test('where the system gives none, the directory is named', () => {
  expect(findLaunch(stranger, [inside], () => false)).toMatchObject({
    ok: false,
    error: { fault: 'house.database-unreachable', detail: `the user postgres may not enter ${closed}` },
  })
})
