/**
 * The two pages in a real browser on real houses: an officer leads an interview, what is
 * refused says so, the score is there when it is saved, and what another officer found arrives
 * on the open page by itself. The central team sees it, settles what differs, and says what it found out.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { AxeBuilder } from '@axe-core/playwright'
import { answerOnPage } from './answer-on-page.ts'
import { openBrowser } from './browser.ts'
import type { OfficerStatus } from './officer-requests.ts'
import { createPopulation } from './population/population.ts'
import { STAGED } from './scenes/differences.ts'
import { capture } from './scenes/capture.ts'
import { offline, settleDown } from './scenes/sync.ts'
import { createScreen } from './screen.ts'
import { openStage, type Stage } from './stage.ts'

const root = resolve(import.meta.dirname, '..', '..', '..')
const data = mkdtempSync(join(tmpdir(), 'murram-pages-'))
chmodSync(data, 0o755) // the database user must be able to enter it
const pictures = process.env.MURRAM_PICTURES
let stage: Stage
let browser: Browser
const complaints: string[] = []

beforeAll(async () => {
  browser = await openBrowser()
  stage = await openStage({
    options: { agents: 2, interviews: 4, seed: 3, exit: true, json: false, badCandidate: false, data, port: 0 },
    screen: createScreen({ write: () => {}, isTerminal: false, now: Date.now }),
    root,
  })
})

afterAll(async () => {
  await browser?.close()
  await stage?.stop()
  rmSync(data, { recursive: true, force: true })
})

async function open(url: string): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1200, height: 860 } })
  const page = await context.newPage()
  page.on('console', message => void (message.type() === 'error' && complaints.push(message.text())))
  page.on('pageerror', error => void complaints.push(error.message))
  page.on('request', request => {
    if (!request.url().startsWith('http://127.0.0.1:') && !request.url().startsWith('data:'))
      complaints.push(`fetched ${request.url()}`)
  })
  await page.goto(url)
  return page
}

const picture = async (page: Page, name: string) => {
  if (pictures !== undefined) await page.screenshot({ path: join(pictures, `${name}.png`) })
}

async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze()
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`)).toEqual([])
}

const feedNumber = async () => (await stage.walk.central.get<{ feedNumber: number }>('/api/v1/summary')).feedNumber

test('an officer leads an interview on the page: what is refused says so, and the score is there when it is saved', async () => {
  const [officer] = stage.walk.officers
  const { url } = (await officer?.house.ask<{ url: string }>('page')) ?? { url: '' }
  const page = await open(url)
  await page.locator('[data-test=start]').click()
  const { refusals } = await answerOnPage(page, createPopulation({ seed: 3 }).household(9))
  expect(refusals).toEqual([expect.stringMatching(/./)])
  await picture(page, 'field')
  await page.locator('[data-test=finalise]').click()
  await page.locator('[data-test=saved], [data-test=missing]').waitFor()
  expect(await page.locator('[data-test=missing]').allTextContents()).toEqual([])
  const score = await page.locator('[data-test=score]').textContent()
  expect(score).toMatch(/vulnerable · \d+ %/)
  await picture(page, 'score')
  await page.goto(`${url}#/outbox`)
  await page.locator('table').waitFor()
  await picture(page, 'outbox')
  // The outbox says of the stored record what the screen said of it.
  expect(await page.locator('tbody tr').first().textContent()).toContain(score?.trim().replace(' · ', ' '))
  await expectAccessible(page)
  expect(complaints).toEqual([])
  await page.close()
})

test('what another officer found is on an open page 200 ms after it arrived, and nobody asked', async () => {
  const [first, second] = stage.walk.officers
  if (first === undefined || second === undefined) throw new Error('two officers were enrolled')
  const { url } = await first.house.ask<{ url: string }>('page')
  const page = await open(`${url}#/households`)
  await page.locator('[data-test=household-count]').waitFor()
  await page.evaluate(() => {
    const note = () => (document.body.dataset.changedAtMs = String(Date.now()))
    const watched = document.querySelector('[data-test=household-count]')
    if (watched !== null)
      new MutationObserver(note).observe(watched, { characterData: true, childList: true, subtree: true })
  })
  await capture(stage.walk, [[], [{ index: STAGED.roof, staging: { as: 'first' } }]], 'one interview')
  await settleDown({ ...stage.walk, officers: [second] }, 0)
  await settleDown({ ...stage.walk, officers: [first] }, await feedNumber())
  await page.waitForFunction(() => document.body.dataset.changedAtMs !== undefined)
  const { householdsChangedAtMs } = await first.house.ask<OfficerStatus>('status')
  const shownAtMs = Number(await page.evaluate(() => document.body.dataset.changedAtMs))
  expect(shownAtMs - (householdsChangedAtMs ?? 0)).toBeLessThan(200)
  await picture(page, 'households')
  await expectAccessible(page)
  expect(complaints).toEqual([])
  await page.close()
})

test('the centre sees two answers that differ, chooses one, and the officer hears of it', async () => {
  const { central, address, adminToken, officers, found } = stage.walk
  const entityId = found.saved.find(({ index }) => index === STAGED.roof)?.entityId ?? ''
  await settleDown(stage.walk, await feedNumber())
  await offline(stage.walk)
  await capture(
    stage.walk,
    [0, 1].map(side => [{ index: STAGED.roof, staging: { as: 'roof', side: side as 0 | 1, entityId } }]),
    'two visits',
  )
  await settleDown(stage.walk, 0)
  const page = await open(`${address.url}/?token=${adminToken}#/conflicts`)
  const conflict = page.locator('[data-test=conflict]', { hasText: 'roof' })
  await conflict.waitFor()
  await picture(page, 'conflicts')
  await conflict.getByRole('button', { name: 'Choose this' }).click()
  await conflict.getByText('settled').waitFor()
  await settleDown(stage.walk, await feedNumber())
  const { conflicts } = await central.get<{ conflicts: readonly { settledBy: string | null }[] }>(
    '/api/v1/conflicts?state=open',
  )
  expect(conflicts).toEqual([])
  expect(await officers[0]?.house.ask<readonly unknown[]>('conflicts')).toEqual([])
  await page.goto(`${address.url}/#/`)
  await page.locator('[data-test=submissions]').waitFor()
  expect(Number(await page.locator('[data-test=submissions]').textContent())).toBeGreaterThanOrEqual(3)
  await picture(page, 'console')
  await expectAccessible(page)
  await page.goto(`${address.url}/#/models`)
  // A prior learnt from no rows: that is said, and nothing is concluded.
  await page.getByText('Nothing is known to be wrong').waitFor()
  await picture(page, 'models')
  await expectAccessible(page)
  // A reviewer knows better, and says so; somebody doubts it.
  await page.goto(`${address.url}/#/submissions`)
  await page.getByRole('button', { name: 'Open', exact: true }).first().click()
  const state = page.locator('[data-test=outcome-state]')
  await expect.poll(() => state.textContent()).toBe('predicted')
  await page.locator('[data-test=record-outcome]').click()
  await page.getByLabel('vulnerable', { exact: true }).check()
  await page.getByLabel('How you know').fill('phone call')
  await page.getByLabel('Your name').fill('Grace')
  await page.locator('[data-test=send-outcome]').click()
  await expect.poll(() => state.textContent()).toBe('verified')
  await page.getByRole('button', { name: 'Dispute' }).click()
  await page.getByRole('textbox', { name: 'Why' }).fill('Another household answered the call.')
  await page.locator('.order button[type=submit]').click()
  await expect.poll(() => state.textContent()).toBe('disputed')
  expect(await page.locator('[data-test=words]').textContent()).toMatch(
    /disputed by Grace .*: Another household answered/,
  )
  await picture(page, 'outcome')
  await expectAccessible(page)
  expect(complaints).toEqual([])
  await page.close()
})
