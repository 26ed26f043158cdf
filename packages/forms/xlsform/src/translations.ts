/**
 * Texts of a form. Without languages and media they stand where they are used; with them all
 * go to itext. A text that one language lacks is filled from the default language, because
 * other engines refuse an itext that is missing.
 */
import type { Column } from './columns.ts'
import { element, mixedText } from './xml-text.ts'
import type { References } from './references.ts'
import type { SheetRow } from './sheet-rows.ts'
import type { SurveyNode } from './survey-node.ts'

const MEDIA: Readonly<Record<string, string>> = {
  image: 'images',
  audio: 'audio',
  video: 'video',
  'big-image': 'images',
}

export interface Translations {
  readonly languages: readonly string[]
  readonly defaultLanguage: string
  readonly isTranslated: boolean
  /** Content of `<label>` or `<hint>`, and the itext entry behind it. `undefined`: no such text. */
  readonly text: (
    id: string,
    kind: 'label' | 'hint',
    row: SheetRow,
    from: SurveyNode | null,
    /** `always`: in itext even where nothing else is, because an item can name no question. */
    options?: { readonly always?: boolean },
  ) => { readonly ref?: string; readonly content: string } | undefined
  /** For an attribute: literal, or `jr:itext('…')`. */
  readonly message: (id: string, column: string, row: SheetRow, from: SurveyNode | null) => string | undefined
  readonly itextXml: () => string
}

interface Entry {
  readonly id: string
  readonly forms: readonly { readonly form: string | null; readonly byLanguage: ReadonlyMap<string, string> }[]
}

export function createTranslations(
  columns: readonly Column[],
  wantedDefault: string,
  references: References,
): Translations {
  const named = [...new Set(columns.flatMap(({ language }) => language ?? []))]
  const hasMedia = columns.some(({ key }) => key in MEDIA || key === 'guidance_hint')
  const isTranslated = named.length > 0 || hasMedia
  const unnamed = wantedDefault === '' ? 'default' : wantedDefault
  const usesUnnamed = columns.some(({ key, language }) => key === 'label' && language === null)
  const languages = !isTranslated
    ? []
    : [...new Set([...(usesUnnamed || named.length === 0 ? [unnamed] : []), ...named])]
  const defaultLanguage = languages.includes(unnamed) ? unnamed : (languages[0] ?? 'default')
  const entries: Entry[] = []

  const render = (text: string, row: SheetRow, column: string, from: SurveyNode | null): string =>
    mixedText(references.textParts(text, row, column, from))

  const rendered = (column: string, row: SheetRow, from: SurveyNode | null): ReadonlyMap<string, string> =>
    new Map(
      [...row.byLanguage(column)].map(([language, text]) => [
        language === '' ? unnamed : language,
        render(text, row, column, from),
      ]),
    )

  function text(
    id: string,
    kind: 'label' | 'hint',
    row: SheetRow,
    from: SurveyNode | null,
    { always = false }: { readonly always?: boolean } = {},
  ) {
    if (!isTranslated && !always) {
      const written = row.cell(kind)
      return written === '' ? undefined : { content: render(written, row, kind, from) }
    }
    const forms: Entry['forms'] = [
      { form: null, byLanguage: rendered(kind, row, from) },
      ...(kind === 'hint'
        ? [{ form: 'guidance', byLanguage: rendered('guidance_hint', row, from) }]
        : Object.entries(MEDIA).map(([form, folder]) => ({
            form,
            byLanguage: new Map(
              [...rendered(form, row, from)].map(([language, file]) => [language, `jr://${folder}/${file}`]),
            ),
          }))),
    ].filter(({ byLanguage }) => byLanguage.size > 0)
    if (forms.length === 0) return undefined
    entries.push({ id, forms })
    return { ref: `jr:itext('${id}')`, content: '' }
  }

  function message(id: string, column: string, row: SheetRow, from: SurveyNode | null): string | undefined {
    const written = row.byLanguage(column)
    if (written.size === 0) return undefined
    const needsItext = [...written.keys()].some(language => language !== '') || row.cell(column).includes('${')
    if (!needsItext) return row.cell(column)
    entries.push({ id, forms: [{ form: null, byLanguage: rendered(column, row, from) }] })
    return `jr:itext('${id}')`
  }

  function itextXml(): string {
    if (entries.length === 0) return ''
    const translations = (isTranslated ? languages : [unnamed]).map(language => {
      const isDefault = language === defaultLanguage ? 'true()' : undefined
      return element(
        'translation',
        { lang: language, default: isDefault },
        entries.map(entry => entryXml(entry, language)),
      )
    })
    return element('itext', {}, translations)
  }

  const entryXml = ({ id, forms }: Entry, language: string): string =>
    element(
      'text',
      { id },
      forms.map(({ form, byLanguage }) => {
        const content = byLanguage.get(language) ?? byLanguage.get(defaultLanguage) ?? [...byLanguage.values()][0]!
        return element('value', form === null ? {} : { form }, content)
      }),
    )

  return { languages, defaultLanguage, isTranslated, text, message, itextXml }
}
