/**
 * A form's author in front of the preview: the real command, the real page in Chromium. A
 * mistake in the file is told beside the form, a correction shows by itself, and the answers
 * that were given stay.
 */
import { AxeBuilder } from '@axe-core/playwright'
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openBrowser } from '../browser.ts'

const root = resolve(import.meta.dirname, '..', '..', '..', '..')
const folder = mkdtempSync(join(tmpdir(), 'murram-preview-'))
const file = join(folder, 'visit.csv')

const form = (ageRow: string): string =>
  [
    'survey,type,name,label,constraint,constraint_message,required,soft_constraint,soft_constraint_message',
    ',text,head,Who is the head?,,,yes',
    `,${ageRow}`,
    'settings,form_title,form_id,version',
    ',Visit,visit,1',
  ].join('\n')

/** As a spreadsheet program does it: a new file, renamed over the old one. */
function save(text: string): void {
  writeFileSync(`${file}.new`, text)
  renameSync(`${file}.new`, file)
}

let command: ChildProcess
let browser: Browser
let page: Page
beforeAll(async () => {
  save(form('integer,age,How old?,. < 120,Below 120,,. > 17,Seldom so young'))
  command = spawn(
    process.execPath,
    [join(root, 'apps/cli/src/main.ts'), 'form', 'preview', file, '--no-open', '--json'],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const said = await new Promise<string>((done, reject) => {
    command.stdout?.once('data', (chunk: Buffer) => done(String(chunk)))
    command.once('exit', code => reject(new Error(`the preview ended with ${code} before it was up`)))
  })
  browser = await openBrowser()
  page = await (await browser.newContext()).newPage()
  await page.goto((JSON.parse(said) as { page: string }).page)
}, 60_000)
afterAll(async () => {
  await browser?.close()
  command.kill('SIGTERM')
  rmSync(folder, { recursive: true })
})

const field = (ref: string) => page.locator(`[data-ref="${ref}"] input`)
const told = (name: string) => page.locator(`[data-test="${name}"]`)

test('an author sees the form, breaks it, mends it, and keeps the answers', async () => {
  await field('head').fill('Akello')
  await field('head').blur()
  await field('age').fill('130')
  await field('age').blur()
  await page.getByText('Below 120').waitFor()
  await told('answers').getByText('Akello').waitFor()
  expect(await told('findings').textContent()).toContain('The form converts and opens')
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([])

  save(form('integer,age,How old?,. < 120 and,Below 120,,,'))
  await told('findings').getByText('survey, row 3').waitFor()
  await page.getByText('Below is the last version without').waitFor()
  expect(await field('head').inputValue()).toBe('Akello')

  save(form('integer,age,How old in years?,. < 120,Below 120,,. > 17,Seldom so young'))
  await page.getByText('How old in years?').waitFor()
  expect(await field('head').inputValue()).toBe('Akello')
  await field('age').fill('15')
  await field('age').blur()
  await told('answers').getByText('15').waitFor()
  await told('finalise').click()
  await told('missing').getByText('Seldom so young').waitFor()
  await told('doubtful').locator('textarea').fill('her parents died')
  await told('doubtful').locator('textarea').blur()
  await told('answers').getByText('her parents died').waitFor()
  await told('finalise').click()
  await told('finished').waitFor()
}, 60_000)

test('when the command ends, the page says so and how to go on', async () => {
  command.kill('SIGTERM')
  await page.getByText('The preview was stopped').waitFor()
  expect(await page.getByText('murram form preview visit.csv').count()).toBe(1)
}, 30_000)
