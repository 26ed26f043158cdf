/**
 * A submitted instance as XML → answers by ref, rows by their place. The way back of
 * `submissionXml`: what we wrote ourselves is read and written again byte for byte.
 *
 * What the form does not know is named in `unknown` and left out of the answers; nothing is
 * left out in silence.
 *
 * Fails with `form.xml-malformed` where it is no XML, and with `instance.malformed` where it
 * belongs to another form.
 */
import { err, fault, ok, type FaultOf, type Result } from '@murram/ground'
import type { Answers, Form } from './form.ts'
import type { NodeSpec } from './program.ts'
import { attribute, elementsOf, NS, parseXml, textOf, type XmlElement } from './read/xml.ts'

export interface InstanceRead {
  readonly answers: Answers
  /** Refs of elements and attributes that the form has no place for. */
  readonly unknown: readonly string[]
  readonly version: string
  /** `''` where it has none. */
  readonly instanceId: string
}

export type InstanceFault = FaultOf<'form.xml-malformed'> | FaultOf<'instance.malformed'>

export function readInstanceXml(form: Form, xml: string): Result<InstanceRead, InstanceFault> {
  const parsed = parseXml(xml)
  if (!parsed.ok) return parsed
  const root = parsed.value
  const { nodes } = form.program
  const formId = attribute(root, 'id') ?? root.uri
  if (formId !== form.formId) return err(fault('instance.malformed', `it belongs to the form ${formId}`))
  if (root.local !== nodes[0]!.name)
    return err(fault('instance.malformed', `its root is ${root.local}, the form's is ${nodes[0]!.name}`))
  const answers: Record<string, string> = {}
  const unknown: string[] = []
  readElement(root, 0, '', { nodes, answers, unknown })
  return ok({
    answers,
    unknown,
    version: attribute(root, 'version') ?? attribute(root, 'version', NS.orx) ?? '',
    instanceId: answers['meta/instanceID'] ?? textOfMeta(root, 'instanceID'),
  })
}

/** A form without a place for it still gets an `instanceID` in what it submits. */
function textOfMeta(root: XmlElement, name: string): string {
  const meta = elementsOf(root).find(one => one.local === 'meta')
  const found = meta === undefined ? undefined : elementsOf(meta).find(one => one.local === name)
  return found === undefined ? '' : textOf(found).trim()
}

interface Reading {
  readonly nodes: readonly NodeSpec[]
  readonly answers: Record<string, string>
  readonly unknown: string[]
}

/** What a submission may hold whether the form has a place for it or not. */
const META: ReadonlySet<string> = new Set(['meta', 'meta/instanceID', 'meta/deprecatedID'])

function readElement(element: XmlElement, node: number, ref: string, reading: Reading): void {
  const { nodes, answers, unknown } = reading
  const spec = nodes[node]!
  for (const { local, tag, uri, value } of element.attributes) {
    if (tag.startsWith('xmlns') || (uri === NS.jr && local === 'template')) continue
    const found = spec.attributes.find(one => nodes[one]!.name === local)
    if (found !== undefined && nodes[found]!.constant !== true) answers[`${ref}@${local}`] = value
    // The root's own are the form's name and version.
    else if (found === undefined && ref !== '') unknown.push(`${ref}@${local}`)
  }
  if (spec.children.length === 0) {
    if (elementsOf(element).length > 0) unknown.push(...elementsOf(element).map(one => below(ref, one.local)))
    if (ref !== '') answers[ref] = textOf(element)
    return
  }
  const rows = new Map<number, number>()
  let next = 0
  for (const child of elementsOf(element)) {
    // Most often what comes next in the form.
    const guess = spec.children[next]
    const at =
      guess !== undefined && nodes[guess]!.name === child.local
        ? guess
        : spec.children.find(one => nodes[one]!.name === child.local)
    if (at === guess) next++
    const own = at !== undefined && ref === spec.path ? nodes[at]!.path : below(ref, child.local)
    if (at === undefined) {
      if (META.has(own) && own === 'meta') listUnknown(child, own, unknown)
      else if (!META.has(own)) unknown.push(own)
      continue
    }
    const row = (rows.get(at) ?? 0) + 1
    rows.set(at, row)
    if (nodes[at]!.repeat) readElement(child, at, `${own}[${row}]`, reading)
    else if (row === 1) readElement(child, at, own, reading)
    else unknown.push(`${own}[${row}]`)
  }
}

function listUnknown(meta: XmlElement, ref: string, unknown: string[]): void {
  for (const child of elementsOf(meta)) if (!META.has(below(ref, child.local))) unknown.push(below(ref, child.local))
}

const below = (ref: string, name: string): string => (ref === '' ? name : `${ref}/${name}`)
