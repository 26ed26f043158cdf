/** The smallest tree there is, for tests of the language without a form. */
import type { Environment } from './evaluate.ts'
import type { Tree } from './value.ts'

export interface Plain {
  readonly name: string
  readonly text: string
  readonly children: readonly Plain[]
  readonly attributes: readonly Plain[]
  parent: Plain | null
}

/** `n('row', n('age', '5'))`: an element of elements, or of text. */
export function n(name: string, ...content: readonly (Plain | string)[]): Plain {
  const children = content.filter(one => typeof one !== 'string')
  const text = content.filter(one => typeof one === 'string').join('')
  const node: Plain = { name, text, children, attributes: [], parent: null }
  for (const child of children) child.parent = node
  return node
}

export function treeOf(lists: Readonly<Record<string, Plain>> = {}): Tree<Plain> {
  return {
    parent: node => node.parent,
    children: node => node.children,
    childrenNamed: (node, name) => node.children.filter(child => child.name === name),
    attributes: node => node.attributes,
    name: node => node.name,
    text: node => node.text,
    documentOf: node => {
      let at = node
      while (at.parent !== null) at = at.parent
      return at
    },
    instance: id => lists[id] ?? null,
    lookUp: () => null,
  }
}

/** 21 November 2026, 21:30:15.250 UTC, which is the 22nd in Nairobi. */
export const environment: Environment<Plain> = {
  now: () => Date.UTC(2026, 10, 21, 21, 30, 15, 250),
  timeZone: 'Africa/Nairobi',
  random: () => 0.5,
  uuid: () => 'drawn',
  language: () => 'English (en)',
  translate: id => `text of ${id}`,
  choiceLabel: (value, path) => `${value} of ${path}`,
}
