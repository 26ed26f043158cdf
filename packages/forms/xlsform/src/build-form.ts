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
import { mentions, secondaryInstances, usedLists } from './secondary-instances.ts'
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
  const translatedLists = new Set([...lists.values()].filter(needsItext).map(list => list.name))
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
  const written = [instance, bindText, ...actions.model, bodyText, translations.itextXml()].join('')
  const used = usedLists(survey, written, lists)
  for (const list of used) if (translatedLists.has(list.name)) translateList(list, translations)
  const model = element(
    'model',
    { 'odk:xforms-version': '1.0.0', 'entities:entities-version': entities.version ?? undefined },
    [
      submissionXml(settings),
      translations.itextXml(),
      instance,
      secondaryInstances(survey, used, {
        translatedLists,
        references,
        entityLists: [...entities.lists, ...declared.map(one => one.dataset).filter(name => mentions(written, name))],
      }),
      bindText,
      ...actions.model,
    ],
  )
  const head = element('h:head', {}, [element('h:title', {}, escapeXml(settings.title)), model])
  const document = head + bodyText
  return `<?xml version="1.0"?>\n${element('h:html', namespacesInUse(namespaces, document), document)}\n`
}

const MEDIA = ['image', 'audio', 'video', 'big-image']

/** Its labels are in several languages, have media, or name a question. */
const needsItext = (list: ChoiceList): boolean =>
  list.items.some(
    ({ row }) =>
      [...row.byLanguage('label')].some(([language, text]) => language !== '' || namesIn(text).length > 0) ||
      MEDIA.some(key => row.byLanguage(key).size > 0),
  )

function translateList(list: ChoiceList, translations: Translations): void {
  for (const [i, { row }] of list.items.entries())
    translations.text(itextIdOf(list.name, i), 'label', row, null, { always: true })
}
