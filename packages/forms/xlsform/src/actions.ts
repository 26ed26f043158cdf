/**
 * What sets a value when something happens, as ODK XForms says it.
 *
 *   a default that is an expression    setvalue          first load; again for a new row of a repeat
 *   trigger                            setvalue          when the question it names changes
 *   start-geopoint                     odk:setgeopoint   first load
 *   background-geopoint                odk:setgeopoint   when the question it names changes
 *   background-audio                   odk:recordaudio   every load
 *
 * At the first load the model acts; for a new row its repeat does; for a change the question
 * whose control holds the action.
 */
import { isShown } from './check-question.ts'
import { isDynamicDefault } from './default-value.ts'
import { repeatOf } from './node-paths.ts'
import type { References } from './references.ts'
import type { Report } from './sheet-rows.ts'
import { everyNode, type SurveyNode } from './survey-node.ts'
import { element } from './xml-text.ts'

/** A value set at the first load, and again in each new row of the repeat, if there is one. */
export interface NewRowAction {
  readonly ref: string
  readonly value: string
  readonly repeat: SurveyNode | null
}

export interface Actions {
  readonly model: readonly string[]
  readonly inRepeat: (repeat: SurveyNode) => readonly string[]
  readonly triggeredBy: (question: SurveyNode) => readonly string[]
}

export function createActions(
  children: readonly SurveyNode[],
  ofEntities: readonly NewRowAction[],
  references: References,
  report: Report,
): Actions {
  const model: string[] = []
  const newRow = new Map<SurveyNode, string[]>()
  const triggered = new Map<SurveyNode, string[]>()
  const add = <K>(map: Map<K, string[]>, key: K, xml: string): void => void map.set(key, [...(map.get(key) ?? []), xml])
  const set = ({ ref, value, repeat }: NewRowAction): void => {
    model.push(element('setvalue', { ref, event: 'odk-instance-first-load', value }))
    if (repeat !== null) add(newRow, repeat, element('setvalue', { ref, event: 'odk-new-repeat', value }))
  }

  for (const node of everyNode(children)) {
    const ref = references.pathOf(node)
    const kind = node.type?.name
    if (kind === 'start-geopoint') model.push(element('odk:setgeopoint', { ref, event: 'odk-instance-first-load' }))
    if (kind === 'background-audio') model.push(recordAudio(node, ref))
    if (isDynamicDefault(node))
      set({ ref, value: references.expression(node.row, 'default', node), repeat: repeatOf(node) })
    if (node.is === 'question')
      for (const by of triggersOf(node, references, report)) add(triggered, by, triggeredXml(node, references))
  }
  for (const one of ofEntities) set(one)
  return {
    model,
    inRepeat: repeat => newRow.get(repeat) ?? [],
    triggeredBy: question => triggered.get(question) ?? [],
  }
}

const recordAudio = ({ parameters }: SurveyNode, ref: string): string =>
  element('odk:recordaudio', { ref, event: 'odk-instance-load', 'odk:quality': parameters.get('quality') })

/** The value is read from where the node stands that is set: engines evaluate it there. */
function triggeredXml(node: SurveyNode, references: References): string {
  const place = { ref: references.pathOf(node), event: 'xforms-value-changed' }
  if (node.type?.name === 'background-geopoint') return element('odk:setgeopoint', place)
  return element('setvalue', { ...place, value: references.expression(node.row, 'calculation', node) || undefined })
}

function triggersOf(node: SurveyNode, references: References, report: Report): readonly SurveyNode[] {
  return [...new Set(node.triggers)].flatMap(name => {
    const by = references.question(name, node.row, 'trigger')
    if (by === undefined) return []
    if (by.is === 'question' && isShown(by)) return [by]
    // What the device fills in changes once, before anybody could wait for it.
    const isFilledIn = by.is === 'question' && by.type?.control === null && by.type.name !== 'calculate'
    report({
      severity: isFilledIn ? 'warning' : 'error',
      code: 'hidden-trigger',
      message: `“${name}” is not shown, so nobody changes it and it cannot trigger “${node.name}”. Name a question that is asked, or use calculation without a trigger.`,
      sheet: node.row.sheet,
      row: node.row.row,
      column: node.row.header('trigger'),
    })
    return []
  })
}
