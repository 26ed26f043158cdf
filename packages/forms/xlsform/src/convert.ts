/**
 * A workbook → an XForm that runs here and in ODK Collect.
 *
 * All errors are collected before anything is refused: an author corrects a sheet once, not
 * once an error. What is built is compiled as a last check, so that what was converted opens.
 *
 * Not here: what each sheet may hold (`settings-sheet.ts`, `choice-lists.ts`,
 * `survey-tree.ts`, `entity-sheet.ts`), and the form that is written (`build-form.ts`).
 */
import { err, fault, ok, type FaultOf, type Result } from '@murram/ground'
import { buildForm } from './build-form.ts'
import { checkCompiled } from './check-compiled.ts'
import { checkGeometries } from './check-geometry.ts'
import { checkInstances } from './check-instances.ts'
import { checkNames } from './check-names.ts'
import { checkReferences } from './check-references.ts'
import { readChoices, readListNames, type ChoiceList } from './choice-lists.ts'
import type { Conversion, Diagnostic } from './diagnostic.ts'
import type { Settings } from './form-settings.ts'
import { ITEMSETS, itemsetsCsv } from './itemsets-csv.ts'
import { checkLanguageCodes, checkTranslations, isTranslated } from './languages.ts'
import { withLoops } from './loops.ts'
import { withReasons } from './murram-columns.ts'
import { withOthers } from './or-other.ts'
import { createReferences } from './references.ts'
import { checkSettings, isNo, isYes } from './settings-sheet.ts'
import { similarSheetHint } from './sheet-names.ts'
import { readSheet, warnOfSimilarSheets, type Report, type SheetRows } from './sheet-rows.ts'
import { readSurvey } from './survey-tree.ts'
import { everyNode, type Survey } from './survey-node.ts'
import { createTranslations } from './translations.ts'
import type { Sheet } from './sheet.ts'
import { readWorkbook } from './workbook.ts'

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
  const known = new Set<string>()
  const report: Report = found => {
    const key = `${found.sheet ?? ''}\n${found.row ?? ''}\n${found.message}`
    if (!known.has(key)) diagnostics.push(found)
    known.add(key)
  }
  const built = build(sheets, fileName, report)
  const errorsOf = (): readonly Diagnostic[] => diagnostics.filter(one => one.severity === 'error')
  if (built !== undefined && errorsOf().length === 0) checkCompiled(built.conversion.xml, built.survey.children, report)
  const errors = errorsOf()
  if (errors.length > 0 || built === undefined) return err(fault('form.invalid', summary(errors), { diagnostics }))
  return ok({ ...built.conversion, warnings: diagnostics })
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

interface Built {
  readonly conversion: Omit<Conversion, 'warnings'>
  readonly survey: Survey
}

function build(sheets: readonly Sheet[], fileName: string, report: Report): Built | undefined {
  const settings = readSheet(sheets, 'settings', report)
  const singleSpaces = !isNo(settings?.rows[0] ?? null, 'clean_text_values')
  const survey = readSheet(sheets, 'survey', report, { singleSpaces })
  if (survey === undefined) {
    report({
      severity: 'error',
      code: 'missing-survey',
      message: `The workbook has no sheet called “survey”.${similarSheetHint(sheets, 'survey')} Add one with the columns type, name and label.`,
    })
    return undefined
  }
  checkSettings(settings, report)
  warnOfSimilarSheets(sheets, 'settings', report)
  warnOfSimilarSheets(sheets, 'entities', report)
  const read: ReadSheets = {
    survey,
    settings,
    choices: readSheet(sheets, 'choices', report),
    external: readSheet(sheets, 'external_choices', report),
    osm: readSheet(sheets, 'osm', report),
    entities: readSheet(sheets, 'entities', report),
  }
  return convertRead(read, sheets, fileName, report)
}

interface ReadSheets {
  readonly survey: SheetRows
  readonly settings: SheetRows | undefined
  readonly choices: SheetRows | undefined
  readonly external: SheetRows | undefined
  readonly osm: SheetRows | undefined
  readonly entities: SheetRows | undefined
}

function convertRead(read: ReadSheets, sheets: readonly Sheet[], fileName: string, report: Report): Built {
  const row = read.settings?.rows[0] ?? null
  const lists = readChoices(read.choices, isYes(row, 'allow_choice_duplicates'), report)
  const written = readSurvey(read.survey, { choices: lists, external: readListNames(read.external), sheets }, report)
  const children = withLoops(withOthers(written.children, lists), lists)
  const survey = withReasons({ ...written, children }, report)
  const settings = settingsOf(read.settings, survey.settings, fileName)
  checkNames(survey.children, survey.attachedRows, settings.root, report)
  const meta = [
    ...(settings.hasInstanceId ? ['instanceID'] : []),
    ...(settings.instanceName === '' ? [] : ['instanceName']),
  ]
  checkReferences(read, survey.children, meta, report)
  checkInstances(survey.children, survey.attachedRows, lists, report)
  checkGeometries(survey.children, { attached: survey.attachedRows, lists, entities: read.entities }, report)
  warnOfNothing(survey, report)
  checkLanguages(read, written, report)
  const references = createReferences(settings.root, survey.children, meta, report)
  const columns = [...read.survey.columns, ...(read.choices?.columns ?? [])]
  const translations = createTranslations(columns, row?.cell('default_language') ?? '', references)
  if (translations.isTranslated) checkLanguageCodes(translations.languages, read.survey, report)
  checkSealed(survey, report)
  const xml = buildForm(
    { survey, settings, lists: new Map([...osmLists(read.osm, report), ...lists]), entitiesSheet: read.entities },
    { references, translations, report },
  )
  const itemsets = itemsetsCsv(read.external)
  const conversion = {
    xml,
    formId: settings.formId,
    version: settings.version,
    title: settings.title,
    languages: translations.languages.length === 0 ? [translations.defaultLanguage] : translations.languages,
    questions: [...everyNode(survey.children)].filter(node => node.is === 'question').length,
    ...(itemsets === undefined ? {} : { lists: { [ITEMSETS]: itemsets } }),
  }
  return { conversion, survey }
}

function settingsOf(sheet: SheetRows | undefined, onSurvey: ReadonlyMap<string, string>, fileName: string): Settings {
  const row = sheet?.rows[0] ?? null
  const cell = (key: string): string => onSurvey.get(key) ?? row?.cell(key) ?? ''
  const stem = fileName.replace(/^.*[/\\]/, '').replace(/\.\w+$/, '')
  const formId = (cell('form_id') || cell('id_string') || cell('form_title') || stem).trim().replace(/[\s/]+/g, '_')
  return {
    row,
    root: cell('name') || 'data',
    formId,
    version: cell('version'),
    title: cell('form_title') || formId,
    instanceName: cell('instance_name'),
    hasInstanceId: !isYes(row, 'omit_instanceid'),
  }
}

function warnOfNothing({ children, audit, attachedRows }: Survey, report: Report): void {
  if (children.length > 0 || audit !== null || attachedRows.length > 0) return
  report({
    severity: 'warning',
    code: 'empty-survey',
    message: 'The survey sheet asks nothing. Add a row with a type and a name.',
    sheet: 'survey',
  })
}

/** Tags of a map's features are lists like choices, on a sheet of their own. */
const osmLists = (sheet: SheetRows | undefined, report: Report): ReadonlyMap<string, ChoiceList> =>
  readChoices(sheet, true, found => report({ ...found, sheet: 'osm' }))

function checkLanguages({ survey, choices }: ReadSheets, { children }: Survey, report: Report): void {
  checkTranslations(survey, 'survey', report)
  checkTranslations(choices, 'choices', report)
  const other = [...everyNode(children)].find(node => node.orOther)
  if (other !== undefined && (isTranslated(survey) || isTranslated(choices)))
    report({
      severity: 'warning',
      code: 'or-other-untranslated',
      message:
        'The form is translated, but what or_other adds is in English only. Add a choice “other” to the list and a question of your own for it.',
      sheet: 'survey',
      row: other.row.row,
      column: other.row.header('type'),
    })
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
