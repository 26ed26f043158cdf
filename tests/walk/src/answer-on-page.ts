/**
 * Fills the open interview in the browser, page after page, as a household would answer. One
 * impossible age is tried first: the page must say why it is refused.
 */
import type { QuestionState } from '@murram/xform'
import type { Locator, Page } from 'playwright-core'
import type { Household } from './population/household.ts'
import { respondentOf } from './population/respondent.ts'

export interface Answered {
  /** What the page said to the impossible age. */
  readonly refusals: readonly string[]
}

export async function answerOnPage(page: Page, household: Household): Promise<Answered> {
  const respondent = respondentOf(1, household, { date: '2026-11-20', interviewer: 'Akello', slips: false })
  const refusals: string[] = []
  await page.locator('.question').first().waitFor()
  for (;;) {
    const done = new Set<string>()
    for (;;) {
      const refs = await page
        .locator('.question')
        .evaluateAll(all => all.map(each => each.getAttribute('data-ref') ?? ''))
      const ref = refs.find(each => !done.has(each))
      if (ref === undefined) break
      done.add(ref)
      const field = page.locator(`.question[data-ref="${ref}"]`)
      if (/^roster\[\d+\]\/age$/.test(ref) && refusals.length === 0) {
        await type(page, field.locator('input'), '212')
        refusals.push((await field.locator('.wrong').textContent()) ?? '')
      }
      const name = ref.split('/').at(-1) ?? ref
      const { answer } = respondent.reply({ ref, name } as QuestionState)
      if (answer === '') continue
      await give(page, field, answer).catch((cause: unknown) => {
        throw new Error(`${ref} could not be answered with ${answer}`, { cause })
      })
    }
    const row = [...done].map(ref => /^roster\[(\d+)\]/.exec(ref)?.[1]).find(found => found !== undefined)
    if (row !== undefined && Number(row) < household.members.length) {
      await settled(page, () => page.getByRole('button', { name: 'Add one' }).click(), '/repeats')
    }
    const next = page.locator('[data-test=next]')
    if ((await next.count()) === 0) return { refusals }
    await next.click()
  }
}

async function give(page: Page, field: Locator, answer: string): Promise<void> {
  if ((await field.locator('select').count()) > 0) {
    await settled(page, () => field.locator('select').selectOption(answer))
  } else if ((await field.locator('input[type=radio]').count()) > 0) {
    const choice = field.locator(`input[value="${answer}"]`)
    if (!(await choice.isChecked())) await settled(page, () => choice.check())
  } else if ((await field.locator('input[type=checkbox]').count()) > 0) {
    const labels = field.locator('.options label')
    const values = await field.locator('input').evaluateAll(all => all.map(each => (each as HTMLInputElement).value))
    for (const value of answer.split(' ')) await settled(page, () => labels.nth(values.indexOf(value)).click())
  } else if ((await field.locator('input').count()) > 0) {
    await type(page, field.locator('input'), answer)
  }
}

/** What stands there already, a default, is no answer that the page would send. */
async function type(page: Page, input: Locator, text: string): Promise<void> {
  if ((await input.inputValue()) === text) return
  await settled(page, async () => {
    await input.fill(text)
    await input.blur()
  })
}

/** The page asks the agent after each answer; the next one waits for what it says. */
async function settled(page: Page, act: () => Promise<unknown>, route = '/answers'): Promise<void> {
  const said = page.waitForResponse(response => response.url().endsWith(route), { timeout: 5_000 })
  await act()
  await said
  await page.evaluate(() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done))))
}
