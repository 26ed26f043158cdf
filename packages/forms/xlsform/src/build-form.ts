/**
 * The XForm of a workbook that was read: body, model, lists, texts, in one document.
 *
 * The order matters in one place: body and binds are written first, because only then is it
 * known which texts, lists and last answers they use.
 */
import { createActions } from './actions.ts'
import { createPassedThrough } from './bind-attributes.ts'
import { bodyXml, type BodyDeps } from './build-body.ts'
import type { BindDeps } from './build-binds.ts'
import { bindsXml, primaryInstance } from './build-model.ts'
import type { ChoiceList } from './choice-lists.ts'
import { readEntities } from './entity-sheet.ts'
import { placeEntities } from './entity-placement.ts'
import { entitiesXml } from './entity-xml.ts'
import { declaredNamespaces, namespacesInUse, prefixesOf, submissionXml, type Settings } from './form-settings.ts'
import { itextIdOf } from './itemsets.ts'
import { namesIn, type References } from './references.ts'
import { secondaryInstances } from './secondary-instances.ts'
import type { Report, SheetRows } from './sheet-rows.ts'
import { everyNode, type Survey } from './survey-node.ts'
import type { Translations } from './translations.ts'
import { element, escapeXml } from './xml-text.ts'

export interface ReadWorkbook {
  readonly survey: Survey
  readonly settings: Settings
  readonly lists: ReadonlyMap<string, ChoiceList>
  readonly entitiesSheet: SheetRows | undefined
}

export interface BuildDeps {
  readonly references: References
  readonly translations: Translations
  readonly report: Report
}

export function buildForm({ survey, settings, lists, entitiesSheet }: ReadWorkbook, deps: BuildDeps): string {
  const { references, translations, report } = deps
  const { root, row } = settings
  const declared = readEntities(entitiesSheet, survey.children, references, report)
  const placed = placeEntities(declared, [...everyNode(survey.children)], report)
  const entities = entitiesXml(placed, root, references)
  const actions = createActions(survey.children, entities.actions, references, report)
  const translatedLists = translateLists(lists, translations)
  const namespaces = declaredNamespaces(settings)
  const prefixes = prefixesOf(namespaces)
  const passedThrough = createPassedThrough(prefixes, references, report)
  const body: BodyDeps = { root, references, translations, lists, translatedLists, actions, passedThrough, report }
  const binds: BindDeps = { references, translations, report, passedThrough, saveTo: entities.saveTo }

  const bodyText = element(
    'h:body',
    { class: row?.cell('style') || undefined },
    survey.children.map(node => bodyXml(node, body)),
  )
  const bindText = bindsXml(survey, settings, entities, binds)
  const instance = primaryInstance(survey, settings, entities, passedThrough, prefixes)
  const itext = translations.itextXml()
  const written = [itext, instance, bindText, actions.model.join(''), bodyText].join('')
  const model = element('model', { 'odk:xforms-version': '1.0.0', 'entities:entities-version': entities.version ?? undefined }, [
    submissionXml(settings),
    itext,
    instance,
    secondaryInstances(survey, written, {
      lists,
      translatedLists,
      references,
      entityLists: entities.lists,
    }),
    bindText,
    ...actions.model,
  ])
  const head = element('h:head', {}, [element('h:title', {}, escapeXml(settings.title)), model])
  const document = head + bodyText
  return `<?xml version="1.0"?>\n${element('h:html', namespacesInUse(namespaces, document), document)}\n`
}

const MEDIA = ['image', 'audio', 'video', 'big-image']

/** Lists whose labels are in several languages, have media, or name a question. */
function translateLists(lists: ReadonlyMap<string, ChoiceList>, translations: Translations): ReadonlySet<string> {
  const translated = new Set<string>()
  for (const list of lists.values()) {
    const isPlain = list.items.every(
      ({ row }) =>
        [...row.byLanguage('label')].every(([language, text]) => language === '' && namesIn(text).length === 0) &&
        MEDIA.every(key => row.byLanguage(key).size === 0),
    )
    if (isPlain) continue
    translated.add(list.name)
    for (const [i, { row }] of list.items.entries())
      translations.text(itextIdOf(list.name, i), 'label', row, null, { always: true })
  }
  return translated
}
