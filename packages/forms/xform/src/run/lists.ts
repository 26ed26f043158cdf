/**
 * The secondary instances of a form as trees that expressions run over. Each is made when
 * something is first looked up in it: a form with a list of 50,000 rows opens as fast as
 * one without.
 *
 *   L1 a list that was embedded and the same list from its file give the same answers
 *   L2 a file that nobody gave is an empty list, and is named in `missing`
 *   L3 a file that is damaged is an empty list, and says so in `damaged`
 *
 * Not here: how a file is read (`read/attached-list.ts`).
 */
import { fault, type FaultOf } from '@murram/ground'
import type { ExternalList, ListContent, Program, StaticElement, StaticTable } from '../program.ts'
import { EMPTY_LIST, readAttachedList } from '../read/attached-list.ts'
import { createNode, createTable, type XNode } from './node.ts'

/** Text of the file of this name; `undefined` where it is not at hand. */
export type FindAttachment = (fileName: string) => string | undefined

export interface Lists {
  /** The document's node above the list; `null`: the form has no such instance. */
  readonly instance: (id: string) => XNode | null
  /** Names of files that were asked for and are not there. */
  readonly missing: () => readonly string[]
  /** Reads every list: what is wrong with the files that are there. */
  readonly damaged: () => readonly FaultOf<'form.invalid'>[]
}

const externalsOf = (program: Program): readonly (readonly [id: string, external: ExternalList])[] =>
  Object.entries(program.instances).flatMap(([id, source]) =>
    'external' in source ? [[id, source.external] as const] : [],
  )

export function createLists(program: Program, find: FindAttachment): Lists {
  const made = new Map<string, XNode>()
  const texts = new Map<string, string | undefined>()
  const faults = new Map<string, FaultOf<'form.invalid'>>()
  const textOf = (fileName: string): string | undefined => {
    if (!texts.has(fileName)) texts.set(fileName, find(fileName))
    return texts.get(fileName)
  }

  function contentOf(external: ExternalList): ListContent {
    const text = textOf(external.fileName)
    if (text === undefined) return EMPTY_LIST
    const read = readAttachedList(text, external)
    if (read.ok) return read.value
    faults.set(external.fileName, fault('form.invalid', read.error.detail))
    return EMPTY_LIST
  }

  function instance(id: string): XNode | null {
    const known = made.get(id)
    if (known !== undefined) return known
    const source = Object.hasOwn(program.instances, id) ? program.instances[id] : undefined
    if (source === undefined) return null
    const content = 'external' in source ? contentOf(source.external) : 'lastSaved' in source ? null : source
    const document = documentWith(content)
    made.set(id, document)
    return document
  }

  const externals = externalsOf(program)
  return {
    instance,
    missing: () => [
      ...new Set(externals.map(([, { fileName }]) => fileName).filter(name => textOf(name) === undefined)),
    ],
    damaged: () => {
      for (const [id] of externals) instance(id)
      return [...faults.values()]
    },
  }
}

/** The same lists, and the submission before this one where the form asks for it. */
export function withLastSaved(lists: Lists, program: Program, root: StaticElement): Lists {
  const document = documentWith(root)
  const isLastSaved = (id: string): boolean =>
    Object.hasOwn(program.instances, id) && 'lastSaved' in program.instances[id]!
  return { ...lists, instance: id => (isLastSaved(id) ? document : lists.instance(id)) }
}

/** The same lists, some of them filled by the host, by file name. */
export function withHostLists(lists: Lists, program: Program, tables: ReadonlyMap<string, StaticTable>): Lists {
  const made = new Map<string, XNode>()
  for (const [id, { fileName }] of externalsOf(program)) {
    const table = tables.get(fileName)
    if (table !== undefined) made.set(id, documentWith({ table }))
  }
  return {
    ...lists,
    instance: id => made.get(id) ?? lists.instance(id),
    missing: () => lists.missing().filter(name => !tables.has(name)),
  }
}

export const asksForLastSaved = ({ instances }: Program): boolean =>
  Object.values(instances).some(source => 'lastSaved' in source)

function documentWith(content: ListContent | null): XNode {
  const document = createNode(-1, '', null)
  if (content !== null)
    document.children = ['table' in content ? createTable(content.table, document) : fromElement(content, document)]
  return document
}

function fromElement(element: StaticElement, parent: XNode): XNode {
  const node = createNode(-1, element.name, parent, element.text ?? '')
  node.attributes = Object.entries(element.attributes ?? {}).map(([name, value]) => createNode(-1, name, node, value))
  node.children = (element.children ?? []).map(child => fromElement(child, node))
  return node
}
