/**
 * A workbook → an XForm that runs here and in ODK Collect.
 *
 * All errors are collected before anything is refused: an author corrects a sheet once, not
 * once an error. What is built is compiled as a last check, so that what was converted opens.
 */
import { err, fault, ok, type FaultOf, type Result } from '@murram/ground'
import { compileXform } from '@murram/xform'
import { bodyXml, type BodyDeps } from './build-body.ts'
import { setvalues, type BindDeps } from './build-binds.ts'
import { bindsXml, itextIdOf, listInstances, primaryInstance, type Settings } from './build-model.ts'
import { readChoices, type ChoiceList } from './choice-lists.ts'
import type { Conversion, Diagnostic } from './diagnostic.ts'
import { readEntity } from './entity-sheet.ts'
import { withReasons } from './murram-columns.ts'
import { withOthers } from './or-other.ts'
import { createReferences } from './references.ts'
import { readSheet, type Report, type SheetRows } from './sheet-rows.ts'
import { everyNode, readSurvey, type Survey } from './survey-tree.ts'
import { createTranslations, type Translations } from './translations.ts'
import { readWorkbook, type Sheet } from './workbook.ts'
import { element, escapeXml } from './xml-text.ts'

type ConversionFault = FaultOf<'form.workbook-unreadable'> | FaultOf<'form.invalid'>

/**
 * @param options.fileName Its ending tells CSV from workbooks; its stem is the form id where
 *   the settings give none.
 * @returns Fails with `form.invalid`; `data.diagnostics` holds every `Diagnostic`.
 */
export async function convertXlsform(
  bytes: Uint8Array,
  options: { readonly fileName: string },
): Promise<Result<Conversion, ConversionFault>> {
  const sheets = await readWorkbook(bytes, options.fileName)
  return sheets.ok ? convertSheets(sheets.value, options.fileName) : sheets
}

function convertSheets(sheets: readonly Sheet[], fileName: string): Result<Conversion, ConversionFault> {
  const diagnostics: Diagnostic[] = []
  const report: Report = found => {
    const isKnown = diagnostics.some(
      one => one.message === found.message && one.row === found.row && one.sheet === found.sheet,
    )
    if (!isKnown) diagnostics.push(found)
  }
  const conversion = build(sheets, fileName, report)
  const errors = diagnostics.filter(one => one.severity === 'error')
  if (errors.length > 0 || conversion === undefined) return err(fault('form.invalid', summary(errors), { diagnostics }))
  return ok({ ...conversion, warnings: diagnostics })
}

function summary([first, ...others]: readonly Diagnostic[]): string {
  if (first === undefined) return 'the form could not be built'
  const place =
    first.row === undefined
      ? (first.sheet ?? '')
      : `${first.sheet}, row ${first.row}${first.column === undefined ? '' : `, ${first.column}`}`
  const more = others.length === 0 ? '' : ` And ${others.length} more.`
  return `${place === '' ? '' : `${place}: `}${first.message}${more}`
}

function build(sheets: readonly Sheet[], fileName: string, report: Report): Omit<Conversion, 'warnings'> | undefined {
  const surveySheet = readSheet(sheets, 'survey', report)
  if (surveySheet === undefined) {
    report({
      severity: 'error',
      code: 'missing-survey',
      message: 'The workbook has no sheet called “survey”. Add one with the columns type, name and label.',
    })
    return undefined
  }
  const settings = readSettings(readSheet(sheets, 'settings', report), fileName)
  const choicesSheet = readSheet(sheets, 'choices', report)
  const allowDuplicates = /^(yes|true)$/i.test(settings.row?.cell('allow_choice_duplicates') ?? '')
  const lists = readChoices(choicesSheet, allowDuplicates, report)
  const survey = withReasons(withOthers(readSurvey(surveySheet, report), lists), report)
  if (survey.children.length === 0)
    report({
      severity: 'error',
      code: 'empty-survey',
      message: 'The survey sheet asks nothing. Add a row with a type and a name.',
      sheet: 'survey',
    })
  const references = createReferences(settings.root, survey.children, report)
  const columns = [...surveySheet.columns, ...(choicesSheet?.columns ?? [])]
  const translations = createTranslations(columns, settings.row?.cell('default_language') ?? '', references)
  const entity = readEntity(readSheet(sheets, 'entities', report), settings.root, references, report)
  const binds: BindDeps = { references, translations, report, hasEntity: entity !== null }
  const translated = translations.isTranslated ? translateLists(lists, translations) : new Set<string>()
  const body: BodyDeps = {
    references,
    translations,
    lists,
    translatedLists: translated,
    triggered: triggeredBy(survey, binds),
    report,
  }
  checkSealed(survey, report)
  const hasInstanceName = (settings.row?.cell('instance_name') ?? '') !== ''
  const bodyText = survey.children.map(node => bodyXml(node, body)).join('')
  const bindText = bindsXml(survey, settings, entity, binds)
  const model = [
    translations.itextXml(),
    primaryInstance(survey, settings, entity, hasInstanceName),
    listInstances(survey, lists, translated, entity),
    bindText,
  ]
  const xml = documentXml(settings, model.join(''), bodyText, entity !== null)
  check(xml, survey, report)
  return {
    xml,
    formId: settings.formId,
    version: settings.version,
    title: settings.title,
    languages: translations.languages.length === 0 ? [translations.defaultLanguage] : translations.languages,
    questions: [...everyNode(survey.children)].filter(node => node.is === 'question').length,
  }
}

function readSettings(sheet: SheetRows | undefined, fileName: string): Settings {
  const row = sheet?.rows[0] ?? null
  const stem = fileName.replace(/^.*[/\\]/, '').replace(/\.\w+$/, '')
  const formId = (row?.cell('form_id') || row?.cell('form_title') || stem).trim().replace(/[\s/]+/g, '_')
  return {
    row,
    root: row?.cell('name') || 'data',
    formId,
    version: row?.cell('version') ?? '',
    title: row?.cell('form_title') || formId,
  }
}

function translateLists(lists: ReadonlyMap<string, ChoiceList>, translations: Translations): ReadonlySet<string> {
  const translated = new Set<string>()
  for (const list of lists.values()) {
    const isPlain = list.items.every(
      ({ row }) =>
        [
          ...row.byLanguage('label').keys(),
          ...['image', 'audio', 'video', 'big-image'].flatMap(key => [...row.byLanguage(key).keys()]),
        ].every(language => language === '') &&
        !['image', 'audio', 'video', 'big-image'].some(key => row.cell(key) !== ''),
    )
    if (isPlain) continue
    translated.add(list.name)
    for (const [i, { row }] of list.items.entries()) translations.text(itextIdOf(list, i), 'label', row, null)
  }
  return translated
}

function triggeredBy(survey: Survey, deps: BindDeps): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>()
  for (const node of everyNode(survey.children))
    for (const { trigger, xml } of setvalues(node, deps))
      if (trigger !== null) found.set(trigger, [...(found.get(trigger) ?? []), xml])
  return found
}

/** A calculation would carry a sealed answer out in the open. */
function checkSealed(survey: Survey, report: Report): void {
  const nodes = [...everyNode(survey.children)]
  const sealed = nodes.filter(node => node.row.cell('sensitive').toLowerCase() === 'sealed').map(node => node.name)
  for (const { row } of nodes)
    for (const name of sealed)
      if (new RegExp(`\\$\\{\\s*${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}\\s*\\}`).test(row.cell('calculation')))
        report({
          severity: 'error',
          code: 'sealed-in-use',
          message: `“${name}” is sealed and cannot be calculated with. Remove it from this cell, or write masked.`,
          sheet: 'survey',
          row: row.row,
          column: row.header('calculation'),
        })
}

const NAMESPACES: Readonly<Record<string, string>> = {
  xmlns: 'http://www.w3.org/2002/xforms',
  'xmlns:h': 'http://www.w3.org/1999/xhtml',
  'xmlns:ev': 'http://www.w3.org/2001/xml-events',
  'xmlns:xsd': 'http://www.w3.org/2001/XMLSchema',
  'xmlns:jr': 'http://openrosa.org/javarosa',
  'xmlns:orx': 'http://openrosa.org/xforms',
  'xmlns:odk': 'http://www.opendatakit.org/xforms',
}

function documentXml({ title, row }: Settings, model: string, body: string, hasEntity: boolean): string {
  const namespaces = {
    ...NAMESPACES,
    ...(hasEntity ? { 'xmlns:entities': 'http://www.opendatakit.org/xforms/entities' } : {}),
    ...(model.includes(' murram:') ? { 'xmlns:murram': 'http://murram.org/xforms' } : {}),
  }
  const version = hasEntity ? { 'entities:entities-version': '2024.1.0' } : {}
  const head = element('h:head', {}, [
    element('h:title', {}, escapeXml(title)),
    element('model', { 'odk:xforms-version': '1.0.0', ...version }, model),
  ])
  const style = row?.cell('style') || undefined
  return `<?xml version="1.0"?>\n${element('h:html', namespaces, head + element('h:body', { class: style }, body))}\n`
}

/** What only the whole form shows, above all circles. */
function check(xml: string, survey: Survey, report: Report): void {
  const compiled = compileXform(xml)
  if (compiled.ok) return
  const { fault: code, detail, data } = compiled.error
  const [first] = (data?.['questions'] as readonly string[] | undefined) ?? []
  const name = first?.split('/').at(-1)
  const node = [...everyNode(survey.children)].find(one => one.name === name)
  const message =
    code === 'xform.cycle'
      ? `These questions depend on one another in a circle: ${detail}. Remove one of the references.`
      : (detail ?? code)
  report({
    severity: 'error',
    code: code === 'xform.cycle' ? 'cycle' : 'not-compiled',
    message,
    sheet: 'survey',
    ...(node === undefined ? {} : { row: node.row.row }),
  })
}
