/**
 * Actions: what an event sets, in the model or inside a control, group or repeat.
 *
 *     <setvalue event="odk-instance-first-load" ref="/data/id" value="uuid()"/>
 *     <odk:setgeopoint event="odk-instance-first-load" ref="/data/place"/>
 *
 * An action or an event that this engine does not know is left out, and the form says so.
 */
import type { ActionSpec } from '../program.ts'
import { absolutePath } from './binds.ts'
import type { ExpressionPool } from './expression-pool.ts'
import { attribute, elementsOf, invalid, textOf, type XmlElement } from './xml.ts'

const EVENTS_NS = 'http://www.w3.org/2001/xml-events'

/** Old names of events, as other converters still write them. */
const EVENTS: Readonly<Record<string, string>> = {
  'odk-instance-first-load': 'odk-instance-first-load',
  'odk-instance-load': 'odk-instance-load',
  'odk-new-repeat': 'odk-new-repeat',
  'jr-insert': 'odk-new-repeat',
  'xforms-value-changed': 'xforms-value-changed',
  'xforms-ready': 'xforms-ready',
  'xforms-model-construct-done': 'xforms-ready',
}

const ACTIONS: Readonly<Record<string, ActionSpec['does']>> = {
  setvalue: 'set',
  setgeopoint: 'location',
  setlocation: 'location',
  pollsensor: 'location',
}

/** Elements of a model or a control that are actions by their nature, known or not. */
export const isAction = (element: XmlElement): boolean =>
  Object.hasOwn(ACTIONS, element.local) ||
  element.local === 'action' ||
  element.local === 'recordaudio' ||
  eventsOf(element).length > 0

const eventsOf = (element: XmlElement): readonly string[] =>
  (attribute(element, 'event') ?? attribute(element, 'event', EVENTS_NS) ?? '').split(/\s+/).filter(one => one !== '')

export interface PlacedAction {
  readonly element: XmlElement
  /** Node of the control around it; `null` in the model. */
  readonly trigger: number | null
  /** Path of what is around it. */
  readonly base: string
}

interface ActionDeps {
  readonly byPath: ReadonlyMap<string, number>
  readonly pathOfBind: ReadonlyMap<string, string>
  readonly pool: ExpressionPool
  readonly warn: (text: string) => void
}

export function readActions(placed: readonly PlacedAction[], deps: ActionDeps): readonly ActionSpec[] {
  return placed.flatMap(one => readAction(one, [], deps))
}

/** `outer`: events of an `<action>` that holds this one. */
function readAction(placed: PlacedAction, outer: readonly string[], deps: ActionDeps): readonly ActionSpec[] {
  const { element, trigger, base } = placed
  const own = eventsOf(element)
  const written = own.length > 0 ? own : outer
  if (element.local === 'action')
    return elementsOf(element).flatMap(inner => readAction({ ...placed, element: inner }, written, deps))
  const does = Object.hasOwn(ACTIONS, element.local) ? ACTIONS[element.local] : undefined
  if (does === undefined) {
    deps.warn(`line ${element.line}: the action <${element.tag}> is not carried out`)
    return []
  }
  const bindId = attribute(element, 'bind')
  const reference = attribute(element, 'ref') ?? (bindId === undefined ? undefined : deps.pathOfBind.get(bindId))
  if (reference === undefined) throw invalid(`line ${element.line}: <${element.tag}> names no node`)
  const path = absolutePath(reference, base)
  const node = deps.byPath.get(path)
  if (node === undefined)
    throw invalid(`line ${element.line}: ${element.local} names ${path}, which is not in the instance`)
  const source = attribute(element, 'value')?.trim() ?? ''
  const expression = does === 'location' || source === '' ? null : deps.pool.add(source, `${element.local} of ${path}`)
  // `value=""` clears the node; only without the attribute does the element's text count.
  const text = does === 'set' && attribute(element, 'value') === undefined ? textOf(element).trim() : ''
  return written.flatMap((name): ActionSpec[] => {
    const event = Object.hasOwn(EVENTS, name) ? EVENTS[name] : undefined
    if (event === undefined) {
      deps.warn(`line ${element.line}: nothing here raises the event ${name}`)
      return []
    }
    return [{ event, does, node, expression, text, trigger: event === 'xforms-value-changed' ? trigger : null }]
  })
}

/** The paths that actions set: attributes among them become nodes. */
export function actionPaths(elements: readonly XmlElement[]): readonly string[] {
  return elements.flatMap(element => {
    const reference = attribute(element, 'ref')
    return [
      ...(reference !== undefined && isAction(element) ? [absolutePath(reference, '')] : []),
      ...actionPaths(elementsOf(element)),
    ]
  })
}
