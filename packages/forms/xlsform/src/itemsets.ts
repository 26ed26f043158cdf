/**
 * Where the choices of a question come from.
 *
 *   a list of the choices sheet   instance('list')/root/item          name, label
 *   a file                        instance('file')/root/item          name, label (id, title of a GeoJSON)
 *   answers in a repeat           the repeat's rows, all of them      the answer itself
 *   search()                      the list's items, in the question   the app puts others there
 *   reference-geometry            any of the first three: what the map shows beside the answer
 *   external_choices              query="instance('list')/…"          itemsets.csv, which the app looks up
 */
import type { ChoiceList } from './choice-lists.ts'
import { pathBetween, pathToRows, repeatOf, pathOf } from './node-paths.ts'
import { namesIn, type References } from './references.ts'
import type { Report } from './sheet-rows.ts'
import type { SurveyNode } from './survey-node.ts'
import { element, escapeXml, mixedText } from './xml-text.ts'

export interface ItemsetDeps {
  readonly root: string
  readonly references: References
  readonly lists: ReadonlyMap<string, ChoiceList>
  readonly translatedLists: ReadonlySet<string>
  readonly report: Report
}

export const usesSearch = ({ row }: SurveyNode): boolean => /\bsearch\s*\(/i.test(row.cell('appearance'))

export const itextIdOf = (list: string, item: number): string => `${list}-${item}`

/** Whether the list stands in the form as a secondary instance for this question. */
export const asksFromList = (node: SurveyNode): boolean =>
  node.list !== null && !usesSearch(node) && !['select_one_external', 'osm'].includes(node.type?.name ?? '')

export function itemsetXml(node: SurveyNode, deps: ItemsetDeps): string {
  if (node.type?.name === 'osm') return tagsXml(node, deps)
  if (node.type?.name === 'select_one_external') return ''
  if (node.answersOf !== null) return answersXml(node, node.answersOf, deps)
  if (node.file !== null) return fileXml(node, node.file, deps)
  const geometry = node.parameters.get('reference-geometry')
  if (geometry !== undefined) return geometryXml(node, geometry, deps)
  if (node.list === null) return ''
  if (usesSearch(node)) return itemsXml(node.list, deps)
  const label = deps.translatedLists.has(node.list) ? 'jr:itext(itextId)' : 'label'
  return itemset(node, `instance('${node.list}')/root/item${predicate(node, deps)}`, 'name', label, deps)
}

/** What the app asks itemsets.csv for. */
export function queryOf(node: SurveyNode, deps: ItemsetDeps): string | undefined {
  if (node.type?.name !== 'select_one_external' || node.list === null) return undefined
  return `instance('${node.list}')/root/item${predicate(node, deps)}`
}

function predicate(node: SurveyNode, { references }: ItemsetDeps): string {
  const filter = references.expression(node.row, 'choice_filter', node, { inFilter: true })
  return filter === '' ? '' : `[${filter}]`
}

function itemset(node: SurveyNode, nodeset: string, value: string, label: string, deps: ItemsetDeps): string {
  return element('itemset', { nodeset: shuffled(node, nodeset, deps) }, [
    element('value', { ref: value }),
    element('label', { ref: label }),
  ])
}

function shuffled(node: SurveyNode, nodeset: string, { references }: ItemsetDeps): string {
  if (node.parameters.get('randomize')?.toLowerCase() !== 'true') return nodeset
  const seed = node.parameters.get('seed')
  if (seed === undefined) return `randomize(${nodeset})`
  return `randomize(${nodeset}, ${references.expression(node.row, 'parameters', node, { text: seed }).trim()})`
}

function fileXml(node: SurveyNode, file: string, deps: ItemsetDeps): string {
  const id = file.replace(/\.\w+$/, '')
  const [value, label] = file.endsWith('.geojson') ? ['id', 'title'] : ['name', 'label']
  return itemset(
    node,
    `instance('${id}')/root/item${predicate(node, deps)}`,
    node.parameters.get('value') ?? value,
    node.parameters.get('label') ?? label,
    deps,
  )
}

/** A list by its name, or a repeat whose rows have a question called “geometry”. */
function geometryXml(node: SurveyNode, source: string, deps: ItemsetDeps): string {
  const [name] = namesIn(source)
  if (name === undefined) {
    const label = deps.translatedLists.has(source) ? 'jr:itext(itextId)' : 'label'
    return itemset(node, `instance('${source}')/root/item${predicate(node, deps)}`, 'name', label, deps)
  }
  const repeat = deps.references.question(name, node.row, 'parameters')
  return repeat === undefined ? '' : rowsXml(node, repeat, repeat, 'geometry', deps)
}

function answersXml(node: SurveyNode, name: string, deps: ItemsetDeps): string {
  const answer = deps.references.question(name, node.row, 'type')
  if (answer === undefined) return ''
  const repeat = repeatOf(answer)
  if (repeat !== null && answer.parent !== null) return rowsXml(node, repeat, answer.parent, answer.name, deps)
  deps.report({
    severity: 'error',
    code: 'answers-outside-repeat',
    message: `“${name}” has one answer, for it stands in no repeat. Choose from the answers of a question in a repeat, or from a list.`,
    sheet: node.row.sheet,
    row: node.row.row,
    column: node.row.header('type'),
  })
  return ''
}

/** All rows of the repeat, those without an answer left out unless the author filters. */
function rowsXml(node: SurveyNode, repeat: SurveyNode, holder: SurveyNode, answer: string, deps: ItemsetDeps): string {
  const { references, root } = deps
  const filter = references.expression(node.row, 'choice_filter', node, { inFilter: true, candidate: holder })
  const condition = filter === '' ? `./${answer} != ''` : filter
  return itemset(node, `${rowsPath(node, repeat, holder, root)}[${condition}]`, answer, answer, deps)
}

/** Relative where the question stands in a row of that repeat too, or the path would mean its own row. */
function rowsPath(node: SurveyNode, repeat: SurveyNode, holder: SurveyNode, root: string): string {
  const below = pathOf('', holder).slice(pathOf('', repeat).length)
  for (let above = node.parent; above !== null; above = above.parent)
    if (above === repeat) return pathToRows(node, repeat) + below
  return pathBetween(root, node, repeat) + below
}

function itemsXml(list: string, { lists, translatedLists, references }: ItemsetDeps): string {
  return (lists.get(list)?.items ?? [])
    .map(({ value, row }, i) => {
      const label = translatedLists.has(list)
        ? element('label', { ref: `jr:itext('${itextIdOf(list, i)}')` })
        : `<label>${mixedText(references.textParts(row.cell('label'), row, 'label', null))}</label>`
      return element('item', {}, [label, `<value>${escapeXml(value)}</value>`])
    })
    .join('')
}

/** What a feature of a map is described by. */
function tagsXml({ list }: SurveyNode, { lists, references }: ItemsetDeps): string {
  if (list === null) return ''
  return (lists.get(list)?.items ?? [])
    .map(({ value, row }) =>
      element(
        'tag',
        { key: value },
        `<label>${mixedText(references.textParts(row.cell('label'), row, 'label', null))}</label>`,
      ),
    )
    .join('')
}
