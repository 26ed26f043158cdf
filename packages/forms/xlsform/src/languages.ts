/**
 * Languages of a form: that what is translated is translated everywhere, and that a language
 * is named so that a device can find it.
 *
 * Only columns are compared, not cells: an empty cell may be meant, a missing column hardly.
 */
import type { Column } from './columns.ts'
import { TRANSLATED } from './columns.ts'
import { isLanguageCode } from './language-codes.ts'
import type { Report, SheetRows } from './sheet-rows.ts'

const ADVICE = 'Add it, or remove the language from the other columns.'

export function checkTranslations(sheet: SheetRows | undefined, name: 'survey' | 'choices', report: Report): void {
  const columns = (sheet?.columns ?? []).filter(isTranslatable)
  if (columns.every(({ language }) => language === null)) return
  const keys = [...new Set(columns.map(({ key }) => key))].sort()
  for (const [language, own] of Map.groupBy(columns, column => column.language ?? 'default')) {
    const missing = keys.filter(key => !own.some(column => column.key === key))
    if (missing.length === 0) continue
    const what =
      missing.length === 1 ? `column “${missing[0]!}”` : `columns ${missing.map(key => `“${key}”`).join(', ')}`
    report({
      severity: 'warning',
      code: 'missing-translation',
      message: `The language “${language}” is missing the ${name} ${what}, which another language has. ${ADVICE}`,
      sheet: name,
      row: sheet!.headerRow,
      column: language === 'default' ? missing[0]! : `${missing[0]!}::${language}`,
    })
  }
}

export const isTranslated = (sheet: SheetRows | undefined): boolean =>
  (sheet?.columns ?? []).some(column => column.language !== null && isTranslatable(column))

const isTranslatable = ({ key }: Column): boolean => TRANSLATED.has(key) && key !== 'no_app_error_string'

/** `English (en)`: the code is what a device looks for. */
export function checkLanguageCodes(languages: readonly string[], sheet: SheetRows, report: Report): void {
  const bad = languages.filter(language => language !== 'default' && language.length > 2 && !hasCode(language))
  if (bad.length === 0) return
  const column = sheet.columns.find(one => one.language !== null && bad.includes(one.language))
  report({
    severity: 'warning',
    code: 'bad-language-code',
    message: `These languages do not end in a valid machine-readable code: ${bad.join(', ')}. Write the code in brackets, e.g. “English (en)”, “Kiswahili (sw)”.`,
    sheet: 'survey',
    row: sheet.headerRow,
    ...(column === undefined ? {} : { column: column.header }),
  })
}

const hasCode = (language: string): boolean => isLanguageCode(/\(([^()]*)\)$/.exec(language)?.[1] ?? '')
