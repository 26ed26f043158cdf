/**
 * ODK's own engine as the oracle: the same XForm, the same answers, asked what it thinks.
 * Tests only. It wants a DOM to parse, `__dirname` as a global, and to be reset after use.
 */
import { JSDOM } from 'jsdom'
import { parseXml, elementsOf, textOf, type XmlElement } from '../read/xml.ts'

export const TEST_DEVICE = 'test:device'

/** What we use of the engine's node; its own types are a union over every kind. */
interface EngineNode {
  readonly nodeType: string
  readonly currentState: {
    readonly reference: string
    readonly relevant: boolean
    readonly required: boolean
    readonly readonly: boolean
    readonly children?: readonly EngineNode[] | null
    readonly valueOptions?: readonly { readonly value: string }[]
  }
  readonly setValue?: (value: unknown) => void
  readonly selectValue?: (value: string | null) => void
  readonly selectValues?: (values: readonly string[]) => void
  readonly addInstances?: (at?: number, count?: number) => unknown
  readonly removeInstances?: (at: number, count?: number) => unknown
}

interface EngineRoot extends EngineNode {
  readonly instanceState: { readonly instanceXML: string }
  readonly validationState: {
    readonly violations: readonly {
      readonly reference: string
      readonly violation: { readonly condition: 'constraint' | 'required' }
    }[]
  }
}

export interface EngineQuestion {
  readonly required: boolean
  readonly readOnly: boolean
  readonly choices: readonly string[] | null
}

export interface EngineInstance {
  readonly answer: (ref: string, value: string) => void
  readonly addRow: (ref: string) => void
  readonly removeRow: (ref: string, row: number) => void
  /** Submitted values by ref; a group without anything in it does not show. */
  readonly answers: (isRepeat: (path: string) => boolean) => Readonly<Record<string, string>>
  readonly questions: () => ReadonlyMap<string, EngineQuestion>
  readonly violations: () => readonly string[]
  readonly reset: () => void
}

export type Engine = (xml: string, attachments?: ReadonlyMap<string, string>) => Promise<EngineInstance>

export async function startEngine(): Promise<Engine> {
  const { window } = new JSDOM('<!doctype html>', { url: 'http://localhost/' })
  const { DOMParser, Node, document, XMLSerializer } = window
  Object.assign(globalThis, { __dirname: process.cwd(), DOMParser, Node, document, XMLSerializer })
  const { loadForm } = await import('@getodk/xforms-engine')
  return async (xml, attachments = new Map()) => {
    const form = await loadForm(xml, {
      fetchFormAttachment: async address => {
        const name = String(address).split('/').at(-1) ?? ''
        const headers = new Headers({ 'content-type': name.endsWith('.csv') ? 'text/csv' : 'text/xml' })
        const text = attachments.get(name)
        return text === undefined ? new Response('', { status: 404, headers }) : new Response(text, { headers })
      },
      missingResourceBehavior: 'BLANK',
    })
    if (form.status === 'failure') throw new Error(`the engine refuses the form: ${form.error.message}`)
    const { root } = form.createInstance({
      stateFactory: <T extends object>(state: T): T => state,
      preloadProperties: { deviceID: TEST_DEVICE, username: 'tester' },
    })
    return instanceOf(root as unknown as EngineRoot, () => form.resetInstance())
  }
}

function instanceOf(root: EngineRoot, reset: () => void): EngineInstance {
  const rootName = root.currentState.reference.slice(1)
  const refOf = (reference: string): string => reference.slice(rootName.length + 2)

  function* everyNode(node: EngineNode = root): Generator<EngineNode> {
    yield node
    for (const child of node.currentState.children ?? []) yield* everyNode(child)
  }
  const find = (ref: string, isRange: boolean): EngineNode => {
    const found = [...everyNode()].find(
      node => refOf(node.currentState.reference) === ref && node.nodeType.startsWith('repeat-range') === isRange,
    )
    if (found === undefined) throw new Error(`the engine has no ${ref}`)
    return found
  }

  function answer(ref: string, value: string): void {
    const node = find(ref, false)
    const words = value.split(' ').filter(word => word !== '')
    if (node.selectValues !== undefined) node.selectValues(words)
    else if (node.selectValue !== undefined) node.selectValue(words[0] ?? null)
    else if (node.nodeType === 'trigger') node.setValue?.(value === 'OK')
    else node.setValue?.(value)
  }

  return {
    answer,
    addRow: ref => void find(ref, true).addInstances?.(),
    removeRow: (ref, row) => void find(ref, true).removeInstances?.(row - 1, 1),
    answers: isRepeat => flatten(root.instanceState.instanceXML, isRepeat),
    questions: () => {
      const asked = ['input', 'select', 'note', 'trigger', 'range', 'rank']
      return new Map(
        [...everyNode()]
          .filter(({ nodeType, currentState }) => asked.includes(nodeType) && currentState.relevant)
          .map(({ currentState: { reference, required, readonly, valueOptions } }) => [
            refOf(reference),
            { required, readOnly: readonly, choices: valueOptions?.map(option => option.value) ?? null },
          ]),
      )
    },
    violations: () =>
      root.validationState.violations
        .map(({ reference, violation }) => `${refOf(reference)} ${violation.condition}`)
        .sort(),
    reset,
  }
}

function flatten(xml: string, isRepeat: (path: string) => boolean): Readonly<Record<string, string>> {
  const parsed = parseXml(xml)
  if (!parsed.ok) throw new Error(`the engine wrote XML that cannot be read: ${parsed.error.detail}`)
  const found: Record<string, string> = {}
  const visit = (element: XmlElement, ref: string, path: string): void => {
    const children = elementsOf(element)
    if (children.length === 0) found[ref] = textOf(element)
    const rows = new Map<string, number>()
    for (const child of children) {
      const below = path === '' ? child.local : `${path}/${child.local}`
      const row = (rows.get(child.local) ?? 0) + 1
      rows.set(child.local, row)
      const own = isRepeat(below) ? `${child.local}[${row}]` : child.local
      visit(child, ref === '' ? own : `${ref}/${own}`, below)
    }
  }
  visit(parsed.value, '', '')
  return found
}
