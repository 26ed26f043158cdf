/**
 * The submission before this one as a list that expressions read (`instance('__last-saved')`):
 * from its XML, or from its answers.
 */
import { ok, type FaultOf, type Result } from '@murram/ground'
import type { Answers } from '../form.ts'
import type { StaticElement } from '../program.ts'
import { toStatic } from '../read/attached-list.ts'
import { parseXml } from '../read/xml.ts'
import { parseRef } from './refs.ts'

export function lastSavedList(
  saved: Answers | string,
  rootName: string,
): Result<StaticElement, FaultOf<'form.xml-malformed'>> {
  if (typeof saved !== 'string') return ok(fromAnswers(saved, rootName))
  const parsed = parseXml(saved)
  return parsed.ok ? ok(toStatic(parsed.value)) : parsed
}

interface Growing {
  readonly name: string
  readonly row: number
  text?: string
  readonly attributes: Record<string, string>
  readonly children: Growing[]
}

function fromAnswers(answers: Answers, rootName: string): StaticElement {
  const root: Growing = { name: rootName, row: 1, attributes: {}, children: [] }
  for (const [ref, value] of Object.entries(answers)) {
    const parsed = parseRef(ref)
    if (parsed === null) continue
    let at = root
    for (const { name, row } of parsed.steps) {
      const wanted = row ?? 1
      let next = at.children.find(child => child.name === name && child.row === wanted)
      if (next === undefined) at.children.push((next = { name, row: wanted, attributes: {}, children: [] }))
      at = next
    }
    if (parsed.attribute === null) at.text = value
    else at.attributes[parsed.attribute] = value
  }
  return settled(root)
}

const settled = ({ name, text, attributes, children }: Growing): StaticElement => ({
  name,
  ...(text === undefined ? {} : { text }),
  ...(Object.keys(attributes).length === 0 ? {} : { attributes }),
  ...(children.length === 0 ? {} : { children: children.map(settled) }),
})
