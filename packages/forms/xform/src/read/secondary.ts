/**
 * Secondary instances: inside the form, attached as a file, or the submission before this one.
 * What is attached and given here becomes part of the program; what is not given stays a name,
 * and `loadProgram` finds the file when something is first looked up in it.
 */
import type { ExternalList, InstanceSource } from '../program.ts'
import { EMPTY_LIST, listKindOf, readAttachedList, toStatic } from './attached-list.ts'
import { attribute, childrenNamed, elementsOf, FormProblem, invalid, type XmlElement } from './xml.ts'

export interface ReadSecondary {
  readonly instances: Readonly<Record<string, InstanceSource>>
  /** Names of attached lists, given or not. */
  readonly files: readonly string[]
}

/** The models' instances but the primary one. */
export function readSecondary(
  models: readonly XmlElement[],
  primary: XmlElement,
  attachments: ReadonlyMap<string, string>,
): ReadSecondary {
  const instances: Record<string, InstanceSource> = {}
  const files: string[] = []
  for (const instance of models.flatMap(model => childrenNamed(model, 'instance'))) {
    if (instance === primary) continue
    const id = attribute(instance, 'id')
    // Nothing can name it, so nothing is lost.
    if (id === undefined) continue
    if (Object.hasOwn(instances, id)) throw invalid(`line ${instance.line}: there are two instances called ${id}`)
    const [inner] = elementsOf(instance)
    const source = attribute(instance, 'src')
    const embedded = inner === undefined ? EMPTY_LIST : toStatic(inner)
    if (source === undefined || source.trim() === '') instances[id] = embedded
    else if (isLastSaved(source)) instances[id] = { lastSaved: true }
    else {
      const external = externalOf(source)
      files.push(external.fileName)
      // A converter may write the list and name its file too; what is there needs no file.
      instances[id] =
        inner !== undefined && elementsOf(inner).length > 0
          ? embedded
          : (given(external, source, attachments) ?? { external })
    }
  }
  return { instances, files }
}

const isLastSaved = (source: string): boolean => /^jr:\/\/instance\/last-saved\/?$/.test(source.trim())

function externalOf(source: string): ExternalList {
  const fileName = source.trim().slice(source.trim().lastIndexOf('/') + 1)
  const kind =
    source.trim().startsWith('jr://file-csv/') && !/\.geojson$/i.test(fileName) ? 'csv' : listKindOf(fileName)
  return { fileName, kind }
}

/** @throws FormProblem where the file is damaged. */
function given(
  external: ExternalList,
  source: string,
  attachments: ReadonlyMap<string, string>,
): InstanceSource | undefined {
  const text = attachments.get(external.fileName) ?? attachments.get(source)
  if (text === undefined) return undefined
  const read = readAttachedList(text, external)
  if (!read.ok) throw new FormProblem(read.error)
  return read.value
}

/** Ids of instances that an expression names, and of files that `pulldata` names. */
function listsNamed(value: unknown, instances: Set<string>, pulled: Set<string>): void {
  if (typeof value !== 'object' || value === null) return
  const part = value as { readonly at?: unknown; readonly id?: unknown; readonly name?: unknown } & {
    readonly arguments?: readonly { readonly kind?: unknown; readonly value?: unknown }[]
  }
  if (part.at === 'instance' && typeof part.id === 'string') instances.add(part.id)
  const [first] = part.name === 'pulldata' ? (part.arguments ?? []) : []
  if (first?.kind === 'text' && typeof first.value === 'string') pulled.add(first.value)
  for (const inner of Object.values(value)) listsNamed(inner, instances, pulled)
}

/**
 * Lists that expressions name and no `<instance>` declares: what `pulldata` reads, and what a
 * question with a `query` chooses from. Converters leave these to the device.
 */
export function undeclaredLists(
  trees: readonly unknown[],
  queries: ReadonlySet<string>,
  declared: ReadonlySet<string>,
  attachments: ReadonlyMap<string, string>,
  warn: (text: string) => void,
): ReadSecondary {
  const named = new Set<string>()
  const pulled = new Set<string>()
  listsNamed(trees, named, pulled)
  const instances: Record<string, InstanceSource> = {}
  const files: string[] = []
  const add = (id: string, external: ExternalList): void => {
    if (declared.has(id) || Object.hasOwn(instances, id)) return
    files.push(external.fileName)
    instances[id] = given(external, external.fileName, attachments) ?? { external }
  }
  for (const id of queries) add(id, { fileName: 'itemsets.csv', kind: 'csv', listName: id })
  for (const id of pulled) add(id, { fileName: /\.csv$/i.test(id) ? id : `${id}.csv`, kind: 'csv' })
  for (const id of named)
    if (!declared.has(id) && !Object.hasOwn(instances, id)) warn(`instance('${id}') is not in the form: it is empty`)
  return { instances, files }
}

/** Ids of the lists that questions with a `query` choose from. */
export function queriedLists(body: XmlElement): ReadonlySet<string> {
  const found = new Set<string>()
  const visit = (element: XmlElement): void => {
    const id = /instance\(\s*['"]([^'"]+)['"]\s*\)/.exec(attribute(element, 'query') ?? '')?.[1]
    if (id !== undefined) found.add(id)
    elementsOf(element).forEach(visit)
  }
  visit(body)
  return found
}
