/**
 * What the form says of an entity: `meta/entity` in the container that was found for it, its
 * binds, and where its id comes from.
 *
 *   created   an id of its own: once at the first load, and again for each new row
 *   updated   the id that was chosen, with the version that its author saw in the list
 */
import type { NewRowAction } from './actions.ts'
import type { Container, PlacedEntity } from './entity-placement.ts'
import type { References } from './references.ts'
import { repeatOf } from './node-paths.ts'
import { madeNode } from './made-node.ts'
import type { SurveyNode } from './survey-node.ts'
import { element } from './xml-text.ts'

export interface EntitiesXml {
  /** The `<entity>` that stands in the meta of a container. */
  readonly instances: ReadonlyMap<Container, string>
  readonly binds: readonly string[]
  readonly actions: readonly NewRowAction[]
  /** Lists that are read for what the author of an update saw. */
  readonly lists: readonly string[]
  /** Property by the question that is saved to it. */
  readonly saveTo: ReadonlyMap<SurveyNode, string>
  /** The version of the specification that a reader must know; `null` without entities. */
  readonly version: string | null
}

export function entitiesXml(placed: readonly PlacedEntity[], root: string, references: References): EntitiesXml {
  const isPlain = placed.length === 1 && repeatAround(placed[0]!.container) === null
  const built = placed.map(one => ({ ...one, xml: declarationXml(one, root, references) }))
  return {
    instances: new Map(built.map(({ container, xml }) => [container, xml.instance])),
    binds: built.flatMap(({ xml }) => xml.binds),
    actions: built.flatMap(({ xml }) => (xml.action === null ? [] : [xml.action])),
    lists: placed.filter(({ declaration }) => declaration.updates).map(({ declaration }) => declaration.dataset),
    saveTo: new Map(placed.flatMap(({ declaration }) => declaration.saved.map(one => [one.node, one.property]))),
    version: placed.length === 0 ? null : isPlain ? '2024.1.0' : '2025.1.0',
  }
}

const repeatAround = (container: Container): SurveyNode | null =>
  container === null || container.is === 'repeat' ? container : repeatOf(container)

function declarationXml({ declaration, container }: PlacedEntity, root: string, references: References) {
  const { row, dataset, creates, updates } = declaration
  const entity = madeNode('group', 'entity', row, madeNode('group', 'meta', row, container))
  const nodeOf = (name: string): SurveyNode => madeNode('question', name, row, entity)
  const pathOf = (name: string): string => references.pathOf(nodeOf(name))
  const expression = (column: string, name: string, text?: string): string =>
    references.expression(row, column, nodeOf(name), text === undefined ? {} : { text })
  const bind = (name: string, calculate?: string): string =>
    element('bind', { nodeset: pathOf(name), type: 'string', readonly: 'true()', calculate })
  const seen = (property: string, name: string): string =>
    bind(
      name,
      expression('entity_id', name, `instance('${dataset}')/root/item[name=${row.cell('entity_id')}]/${property}`),
    )
  const conditional = (column: 'create_if' | 'update_if', name: string): readonly string[] =>
    row.cell(column) === '' ? [] : [bind(name, expression(column, name))]
  const instance = element(
    'entity',
    {
      dataset,
      create: creates ? '1' : undefined,
      update: updates ? '1' : undefined,
      id: '',
      ...(updates ? { baseVersion: '', trunkVersion: '', branchId: '' } : {}),
    },
    row.cell('label') === '' ? '' : '<label/>',
  )
  const binds = [
    ...(creates ? conditional('create_if', '@create') : []),
    ...(updates
      ? [
          ...conditional('update_if', '@update'),
          bind('@id', expression('entity_id', '@id')),
          seen('__version', '@baseVersion'),
          seen('__trunkVersion', '@trunkVersion'),
          seen('__branchId', '@branchId'),
        ]
      : [bind('@id')]),
    ...(row.cell('label') === '' ? [] : [bind('label', expression('label', 'label'))]),
  ]
  const action: NewRowAction | null = updates
    ? null
    : { ref: pathOf('@id'), value: 'uuid()', repeat: repeatAround(container) }
  return { instance, binds, action }
}
