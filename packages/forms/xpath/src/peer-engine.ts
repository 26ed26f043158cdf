/**
 * ODK's own engine as a calculator, for tests: the same tree, the same expressions, each as
 * the `calculate` of a question of one form. Tests only. It wants a DOM to parse, and
 * `__dirname` as a global.
 */
import { JSDOM } from 'jsdom'
import { n, treeOf, type Plain } from './plain-tree.ts'
import type { Tree } from './value.ts'

const DATA = `<age>30</age><blank/><neg>-3</neg><ratio>0.5</ratio><born>1996-02-29</born>
  <seen>2026-03-29T10:30:00.000Z</seen><clock>10:30:00.000</clock><many>a c</many><word>Hello wide World</word>
  <yes>true</yes><kind>x</kind><place>0.5 36.5 0 0</place><fence>0 36 0 0; 0 37 0 0; 1 37 0 0; 1 36 0 0; 0 36 0 0</fence>
  <g><a>1</a><b>two</b></g>
  <row><id>1</id><pay>5</pay></row><row><id>2</id><pay>7</pay></row><row><id>3</id><pay>2.5</pay></row>`
const LIST = `<item><name>a</name><of>x</of><rank>3</rank></item><item><name>b</name><of>y</of><rank>1</rank></item>
  <item><name>c</name><of>x</of><rank>2</rank></item>`

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;').replaceAll("'", '&#39;')

const formOf = (expressions: readonly string[]): string => `<h:html xmlns="http://www.w3.org/2002/xforms"
  xmlns:h="http://www.w3.org/1999/xhtml" xmlns:jr="http://openrosa.org/javarosa"><h:head><h:title>t</h:title><model>
  <instance><data id="t"><in>${DATA}</in>${expressions.map((_, i) => `<r${i}/>`).join('')}</data></instance>
  <instance id="list"><root>${LIST}</root></instance>
  ${expressions.map((one, i) => `<bind nodeset="/data/r${i}" type="string" calculate="${escaped(one)}"/>`).join('')}
  </model></h:head><h:body><input ref="/data/in/age"/><group ref="/data/in/row"><repeat nodeset="/data/in/row"><input ref="/data/in/row/pay"/>
  </repeat></group></h:body></h:html>`

/**
 * The same data as plain nodes; `/data/r` is the question that calculates. What is read stands
 * in `/data/in`, so that no expression reads its own result.
 */
export function peerTree(): { readonly tree: Tree<Plain>; readonly question: Plain } {
  const { window } = new JSDOM(`<top><data><in>${DATA}</in><r/></data></top>`, { contentType: 'text/xml' })
  const list = new JSDOM(`<root>${LIST}</root>`, { contentType: 'text/xml' }).window.document
  const plain = (element: Element): Plain =>
    element.children.length === 0
      ? n(element.localName, element.textContent)
      : n(element.localName, ...[...element.children].map(plain))
  const data = plain(window.document.documentElement.children[0]!)
  n('', data)
  return { tree: treeOf({ list: n('', plain(list.documentElement)) }), question: data.children.at(-1)! }
}

export type Calculate = (expressions: readonly string[]) => Promise<readonly (string | Error)[]>

/** What the engine makes of each expression; an `Error` where it refuses. */
export async function startPeer(): Promise<Calculate> {
  const { window } = new JSDOM('<!doctype html>', { url: 'http://localhost/' })
  const { DOMParser, Node, document, XMLSerializer } = window
  Object.assign(globalThis, { __dirname: process.cwd(), DOMParser, Node, document, XMLSerializer })
  const { loadForm } = await import('@getodk/xforms-engine')

  async function all(expressions: readonly string[]): Promise<readonly string[]> {
    const form = await loadForm(formOf(expressions), { missingResourceBehavior: 'BLANK' })
    if (form.status === 'failure') throw new Error(form.error.message)
    try {
      const { root } = form.createInstance({ stateFactory: <T extends object>(state: T): T => state })
      const found = new DOMParser().parseFromString(root.instanceState.instanceXML, 'text/xml')
      return expressions.map((_, i) => found.querySelector(`r${i}`)?.textContent ?? '')
    } finally {
      form.resetInstance()
    }
  }

  /** One bad expression refuses the whole form: halves, until it is alone. */
  return async function calculate(expressions): Promise<readonly (string | Error)[]> {
    if (expressions.length === 0) return []
    try {
      return await all(expressions)
    } catch (problem) {
      if (expressions.length === 1) return [problem instanceof Error ? problem : new Error(String(problem))]
      const half = Math.ceil(expressions.length / 2)
      return [...(await calculate(expressions.slice(0, half))), ...(await calculate(expressions.slice(half)))]
    }
  }
}
