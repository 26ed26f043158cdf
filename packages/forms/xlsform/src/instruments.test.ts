/**
 * The real instruments that are there twice, as XLSForm and as the XForm that the reference
 * converter made of it: ours says the same. Needs `../shared/forms`.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { convertXlsform } from './convert.ts'
import { factsOf, type FormFacts } from './fixtures/form-facts.ts'

const shared = join(import.meta.dirname, '../../../../../shared/forms')

const FORMS = ['who-va-2016-v1.5', 'socio-economic-survey', 'all-question-types'].filter(name =>
  existsSync(join(shared, `${name}.xlsx`)),
)

async function both(name: string): Promise<{ readonly ours: FormFacts; readonly theirs: FormFacts }> {
  const fileName = `${name}.xlsx`
  const made = await convertXlsform(readFileSync(join(shared, fileName)), { fileName })
  if (!made.ok) throw new Error(`${name}: ${made.error.detail}`)
  return { ours: factsOf(made.value.xml), theirs: factsOf(readFileSync(join(shared, `${name}.xml`), 'utf8')) }
}

/**
 * Texts stand in itext or where they are used, as each converter likes: those in both agree. For
 * a text that a language lacks theirs has a dash, ours the text of the default language.
 */
const sharedTexts = (facts: FormFacts, other: FormFacts): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(facts.texts).filter(([key, text]) => text !== '-' && (other.texts[key] ?? '-') !== '-'),
  )

describe.runIf(FORMS.length > 0)('an instrument means the same from both converters', () => {
  for (const name of FORMS)
    test(`${name}.xlsx`, async () => {
      const { ours, theirs } = await both(name)
      expect(ours.nodes).toEqual(theirs.nodes)
      expect(ours.binds).toEqual(theirs.binds)
      expect(ours.controls).toEqual(theirs.controls)
      // A list that nothing asks from is left out of ours; older converters wrote the items into the questions.
      for (const [list, items] of Object.entries(ours.lists)) expect(theirs.lists[list] ?? items).toEqual(items)
      expect(sharedTexts(ours, theirs)).toEqual(sharedTexts(theirs, ours))
    }, 30_000)
})
