/**
 * `reference-geometry` of a map question: shapes that are drawn beneath, from a list, a file,
 * an entity list, or the rows of a repeat.
 */
import type { ChoiceList } from './choice-lists.ts'
import { refuseParameters } from './parameters.ts'
import type { Report, SheetRows } from './sheet-rows.ts'
import { everyNode, type AttachedRow, type SurveyNode } from './survey-node.ts'

interface GeometrySources {
  readonly attached: readonly AttachedRow[]
  readonly lists: ReadonlyMap<string, ChoiceList>
  readonly entities: SheetRows | undefined
}

export function checkGeometries(
  children: readonly SurveyNode[],
  { attached, lists, entities }: GeometrySources,
  report: Report,
): void {
  const nodes = [...everyNode(children)]
  const known = new Set([
    ...lists.keys(),
    ...attached.map(({ name }) => name),
    ...nodes.flatMap(({ file }) => file?.replace(/\.\w+$/, '') ?? []),
    ...(entities?.rows ?? []).map(row => row.cell('dataset')),
    ...nodes.filter(({ is }) => is === 'repeat').map(({ name }) => `\${${name}}`),
  ])
  for (const { row, parameters } of nodes) {
    const source = parameters.get('reference-geometry')
    if (source !== undefined && !known.has(source))
      refuseParameters(
        row,
        report,
        `reference-geometry “${source}” is neither a list of the choices or entities sheet, nor an attached file, nor a repeat. Correct it, e.g. reference-geometry=plots or reference-geometry=\${plot}.`,
      )
  }
}
