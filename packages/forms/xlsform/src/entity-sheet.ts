/**
 * The entities sheet: which dataset a form writes, and when (ODK entities 2024.1).
 *
 *   label only            → always creates      entity_id            → always updates
 *   label + create_if     → creates if          entity_id + update_if → updates if
 *   entity_id + create_if + update_if           → either, as the conditions say
 */
import type { References } from './references.ts'
import type { Report, SheetRows } from './sheet-rows.ts'
import { element } from './xml-text.ts'

export interface EntityXml {
  readonly dataset: string
  /** The `<entity>` of `meta`. */
  readonly instance: string
  readonly binds: readonly string[]
  /** Its list is read for what the author of an update saw. */
  readonly needsList: boolean
}

export function readEntity(
  sheet: SheetRows | undefined,
  root: string,
  references: References,
  report: Report,
): EntityXml | null {
  const [row, second] = sheet?.rows ?? []
  if (row === undefined) return null
  const refuse = (at: typeof row, code: string, column: string, message: string): void =>
    report({ severity: 'error', code, message, sheet: 'entities', row: at.row, column: at.header(column) })
  if (second !== undefined) refuse(second, 'several-entities', 'dataset', 'A form writes one entity. Remove this row.')
  const dataset = row.cell('dataset')
  if (!/^[\p{L}_][\p{L}\p{N}_-]*$/u.test(dataset) || dataset.startsWith('__'))
    refuse(
      row,
      'bad-dataset',
      'dataset',
      `“${dataset}” cannot be the name of an entity list. Use letters, digits, _ and -, not beginning with a digit or __.`,
    )
  const [id, create, update] = ['entity_id', 'create_if', 'update_if'].map(key => row.cell(key))
  if (id === '' && update !== '')
    refuse(
      row,
      'missing-entity-id',
      'update_if',
      'update_if needs entity_id: which entity is to be updated? Fill it in.',
    )
  if (id !== '' && create !== '' && update === '')
    refuse(row, 'missing-update-if', 'create_if', 'With entity_id and create_if, say in update_if when to update.')
  const updates = id !== ''
  const creates = !updates || create !== ''
  if (creates && row.cell('label') === '')
    refuse(row, 'missing-entity-label', 'label', 'A new entity needs a label. Fill it in, e.g. ${household_head}.')

  const path = `/${root}/meta/entity`
  const at = (name: string): string => `${path}/@${name}`
  const expression = (column: string): string => references.expression(row, column, null)
  const bind = (nodeset: string, calculate: string): string =>
    element('bind', { nodeset, calculate, readonly: 'true()', type: 'string' })
  const seen = (property: string): string => `instance('${dataset}')/root/item[name= ${at('id')} ]/${property}`
  const conditional = (name: 'create' | 'update'): string => {
    const condition = expression(`${name}_if`)
    return bind(at(name), `if(${condition}, '1', '')`)
  }
  const binds = [
    ...(create === '' ? [] : [conditional('create')]),
    ...(update === '' ? [] : [conditional('update')]),
    ...(updates
      ? [
          bind(at('id'), expression('entity_id')),
          bind(at('baseVersion'), seen('__version')),
          bind(at('trunkVersion'), seen('__trunkVersion')),
          bind(at('branchId'), seen('__branchId')),
        ]
      : [
          element('bind', { nodeset: at('id'), readonly: 'true()', type: 'string' }),
          element('setvalue', { event: 'odk-instance-first-load', ref: at('id'), value: 'uuid()' }),
        ]),
    ...(row.cell('label') === '' ? [] : [bind(`${path}/label`, expression('label'))]),
  ]
  const instance = element(
    'entity',
    {
      dataset,
      id: '',
      create: creates ? (create === '' ? '1' : '') : undefined,
      update: updates ? (update === '' ? '1' : '') : undefined,
      ...(updates ? { baseVersion: '', trunkVersion: '', branchId: '' } : {}),
    },
    '<label/>',
  )
  return { dataset, instance, binds, needsList: updates }
}
