/**
 * The lists that a form looks things up in, each once, by its id.
 *
 *   choices sheet          inside the form, if anything asks or reads it
 *   select … from file     jr://file-csv/x.csv, jr://file/x.xml, jr://file/x.geojson
 *   csv-external, pulldata jr://file-csv/x.csv
 *   ${last-saved#…}        jr://instance/last-saved
 *   entities               jr://file-csv/list.csv, for what the author of an update saw
 *
 * Not here: one name for two lists (`check-instances.ts`).
 */
import type { ChoiceList } from './choice-lists.ts'
import { asksFromList, itextIdOf } from './itemsets.ts'
import { LAST_SAVED, type References } from './references.ts'
import { everyNode, type Survey } from './survey-node.ts'
import { element, escapeXml } from './xml-text.ts'

export interface InstanceDeps {
  readonly translatedLists: ReadonlySet<string>
  readonly references: References
  /** Entity lists that are read. */
  readonly entityLists: readonly string[]
}

interface Source {
  readonly id: string
  readonly src: string
}

/** Lists that a question asks from, or that anything of the form reads. */
export function usedLists(
  survey: Survey,
  written: string,
  lists: ReadonlyMap<string, ChoiceList>,
): readonly ChoiceList[] {
  const asked = new Set([...everyNode(survey.children)].map(node => node.list))
  return [...lists.values()].filter(({ name }) => asked.has(name) || mentions(written, name))
}

export function secondaryInstances(survey: Survey, used: readonly ChoiceList[], deps: InstanceDeps): string {
  const sources = new Map<string, Source>()
  for (const source of sourcesOf(survey, used, deps)) if (!sources.has(source.id)) sources.set(source.id, source)
  const outside = [...sources.values()].map(({ id, src }) => element('instance', { id, src }))
  const searched = searchedLists(survey)
  const inside = used
    .filter(({ name }) => !sources.has(name) && !searched.has(name))
    .map(list => element('instance', { id: list.name }, element('root', {}, itemsXml(list, deps))))
  return [...outside, ...inside].join('')
}

function* sourcesOf(
  survey: Survey,
  used: readonly ChoiceList[],
  { references, entityLists }: InstanceDeps,
): Generator<Source> {
  for (const { name, fileName } of survey.attachedRows) yield { id: name, src: sourceOf(fileName) }
  for (const { file } of everyNode(survey.children))
    if (file !== null) yield { id: file.replace(/\.\w+$/, ''), src: sourceOf(file) }
  for (const file of references.external.pulled()) yield { id: file, src: sourceOf(`${file}.csv`) }
  if (references.external.lastSaved()) yield { id: LAST_SAVED, src: 'jr://instance/last-saved' }
  // The author may have attached the list in a way of their own.
  const attached = new Set([...survey.attachedRows.map(one => one.name), ...used.map(one => one.name)])
  for (const node of everyNode(survey.children)) if (node.file !== null) attached.add(node.file.replace(/\.\w+$/, ''))
  for (const list of entityLists) if (!attached.has(list)) yield { id: list, src: sourceOf(`${list}.csv`) }
}

/** `search()` fills these from a file, so they stand inside the question. */
const searchedLists = (survey: Survey): ReadonlySet<string | null> =>
  new Set(
    [...everyNode(survey.children)].filter(node => node.list !== null && !asksFromList(node)).map(one => one.list),
  )

const sourceOf = (file: string): string => (file.endsWith('.csv') ? `jr://file-csv/${file}` : `jr://file/${file}`)

/** Whether anything reads the list. */
export const mentions = (written: string, list: string): boolean =>
  written.includes(`instance('${list}')`) || written.includes(`instance(&quot;${list}&quot;)`)

const itemsXml = (list: ChoiceList, { translatedLists }: InstanceDeps): readonly string[] =>
  list.items.map(({ value, row, extra }, i) => {
    const label = translatedLists.has(list.name)
      ? element('itextId', {}, itextIdOf(list.name, i))
      : row.cell('label') === ''
        ? ''
        : element('label', {}, escapeXml(row.cell('label')))
    const cells = extra.map(([column, text]) => element(column, {}, escapeXml(text)))
    return element('item', {}, [label, element('name', {}, escapeXml(value)), ...cells])
  })
