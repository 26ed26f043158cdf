/**
 * What is converted opens elsewhere: every small form that the reference converter accepts, and
 * that we accept, loads in ODK's engine and compiles in ours. Needs `../shared/forms`; without
 * it only our own form is tried.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { compileXform } from '@murram/xform'
import { parse } from 'csv-parse/sync'
import { beforeAll, describe, expect, test } from 'vitest'
import { convertXlsform } from './convert.ts'
import { household } from './fixtures/household.ts'
import { startOdk, type LoadInOdk } from './fixtures/load-in-odk.ts'
import { makeWorkbook } from './fixtures/make-workbook.ts'

const shared = join(import.meta.dirname, '../../../../../shared/forms')
const casesFile = join(shared, 'pyxform-cases-dev.csv')

interface Case {
  readonly id: string
  readonly pyxform_test: string
  readonly converts_standalone: string
  readonly form_markdown: string
}

/** Forms that ODK's engine refuses from the reference converter too, by the case's id. */
const REFUSED_BY_ODK: Readonly<Record<string, string>> = {}

let odk: LoadInOdk
beforeAll(async () => {
  odk = await startOdk()
})

describe('what is converted loads in the ODK engine', () => {
  test('our own form', async () => {
    const made = await convertXlsform(makeWorkbook(household), { fileName: 'household.xlsx' })
    expect(made.ok && (await odk(made.value.xml))).toBe(null)
  })

  test.runIf(existsSync(casesFile))(
    'every small form that both converters accept, and compiles in ours',
    async () => {
      const cases: readonly Case[] = parse(readFileSync(casesFile, 'utf8'), { columns: true })
      const refused: Record<string, string> = {}
      const uncompiled: Record<string, string> = {}
      let tried = 0
      for (const { id, form_markdown, converts_standalone } of cases) {
        if (converts_standalone !== '1') continue
        const made = await convertXlsform(new TextEncoder().encode(form_markdown), { fileName: 'case.md' })
        if (!made.ok) continue
        tried++
        const reason = await odk(made.value.xml)
        if (reason !== null) refused[id] = reason
        const compiled = compileXform(made.value.xml)
        if (!compiled.ok) uncompiled[id] = compiled.error.detail ?? compiled.error.fault
      }
      expect(Object.keys(refused)).toEqual(Object.keys(REFUSED_BY_ODK))
      expect(uncompiled).toEqual({})
      expect(tried).toBeGreaterThan(440)
    },
    60_000,
  )

  test('the engine does refuse a form whose function it does not know', async () => {
    const made = await convertXlsform(makeWorkbook(household), { fileName: 'household.xlsx' })
    const broken = made.ok ? made.value.xml.replace(/calculate="[^"]*"/, 'calculate="no-such-function()"') : ''
    expect(await odk(broken)).toContain('no-such-function')
  })
})
