/**
 * Entities that a form writes (ODK entities specification, 2022.1 to 2025.1): one `meta/entity`
 * at the root, in a group or in a repeat. What a question saves belongs to the nearest one
 * around it.
 */
import type { EntitySpec, NodeSpec } from '../program.ts'
import { attribute, childrenNamed, elementsOf, invalid, NS, type XmlElement } from './xml.ts'

const KNOWN = ['2022.1', '2023.1', '2024.1', '2025.1']

/** A later version may mean something else by the same words: half understood is worse than refused. */
function checkVersion(models: readonly XmlElement[]): void {
  for (const model of models) {
    const version = attribute(model, 'entities-version', NS.entities)
    if (version !== undefined && !KNOWN.some(known => version === known || version.startsWith(`${known}.`)))
      throw invalid(`entities-version ${version} is not known here, only ${KNOWN.join(', ')}`)
  }
}

export function readEntities(
  root: XmlElement,
  models: readonly XmlElement[],
  nodes: readonly Pick<NodeSpec, 'path' | 'saveTo'>[],
): readonly EntitySpec[] {
  checkVersion(models)
  const datasets = new Map<string, string>()
  const visit = (element: XmlElement, path: string): void => {
    for (const child of elementsOf(element)) {
      if (child.local !== 'meta') visit(child, path === '' ? child.local : `${path}/${child.local}`)
      for (const entity of child.local === 'meta' ? childrenNamed(child, 'entity') : []) {
        const dataset = attribute(entity, 'dataset')
        if (dataset !== undefined && !datasets.has(path)) datasets.set(path, dataset)
      }
    }
  }
  visit(root, '')

  const saveTo = new Map<string, Record<string, string>>([...datasets.keys()].map(source => [source, {}]))
  for (const node of nodes) {
    if (node.saveTo === null) continue
    const sources = [...datasets.keys()].filter(source => source === '' || node.path.startsWith(`${source}/`))
    const nearest = sources.sort((a, b) => b.length - a.length)[0]
    if (nearest === undefined)
      throw invalid(`${node.path} saves to ${node.saveTo}, but no entity is declared around it`)
    saveTo.get(nearest)![node.path] = node.saveTo
  }
  return [...datasets].map(([source, dataset]) => ({ source, dataset, saveTo: saveTo.get(source)! }))
}
