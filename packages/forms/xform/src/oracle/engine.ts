/**
 * ODK's own engine as the oracle: the same XForm, the same answers, asked what it thinks.
 * Tests only. It wants a DOM to parse, `__dirname` as a global, and to be reset after use.
 *
 * Its clock and its dice are ours: `Date.now` and `Math.random` are held still by whoever
 * opens a pair (`compare.ts`). Its UUIDs cannot be, and are masked there.
 */
import { JSDOM } from 'jsdom'

export const TEST_DEVICE = 'test:device'
export const TEST_USER = 'tester'

/** What we use of the engine's node; its own types are a union over every kind. */
interface EngineNode {
  readonly nodeType: string
  readonly definition: { readonly bodyElement: unknown }
  readonly currentState: {
    readonly reference: string
    readonly relevant: boolean
    readonly required: boolean
    readonly readonly: boolean
    readonly label: EngineText
    readonly hint: EngineText
    readonly instanceValue?: string
    readonly children?: readonly EngineNode[] | null
    readonly valueOptions?: readonly { readonly value: string; readonly label: EngineText }[]
  }
  readonly setValue?: (value: unknown) => void
  readonly setValues?: (values: readonly string[]) => void
  readonly selectValue?: (value: string | null) => void
  readonly selectValues?: (values: readonly string[]) => void
  readonly addInstances?: (at?: number, count?: number) => unknown
  readonly removeInstances?: (at: number, count?: number) => unknown
}

type EngineText = { readonly asString: string } | null

interface EngineLanguage {
  readonly language: string
  readonly isDefault: boolean
}

interface EngineRoot extends EngineNode {
  readonly languages: readonly EngineLanguage[]
  readonly setLanguage: (language: EngineLanguage) => void
  readonly instanceState: { readonly instanceXML: string }
  readonly validationState: {
    readonly violations: readonly {
      readonly reference: string
      readonly violation: { readonly condition: 'constraint' | 'required'; readonly message: EngineText }
    }[]
  }
}

interface EngineForm {
  readonly createInstance: (config: object) => { readonly root: unknown }
  readonly resetInstance: (config: object) => { readonly root: unknown }
}

export interface EngineQuestion {
  readonly required: boolean
  readonly readOnly: boolean
  readonly label: string
  readonly hint: string
  readonly choices: readonly { readonly value: string; readonly label: string }[] | null
}

export interface EngineInstance {
  /** Whether the oracle has this control; what it does not ask cannot be answered. */
  readonly has: (ref: string) => boolean
  readonly answer: (ref: string, value: string) => void
  readonly valueAt: (ref: string) => string
  readonly addRow: (ref: string) => void
  readonly removeRow: (ref: string, row: number) => void
  readonly instanceXml: () => string
  readonly questions: () => ReadonlyMap<string, EngineQuestion>
  readonly violations: () => readonly { readonly ref: string; readonly kind: string; readonly message: string | null }[]
  readonly languages: readonly string[]
  readonly setLanguage: (language: string) => void
}

/** A form that is loaded once and opened as often as wanted; opening closes what was open. */
export interface EngineFormInstances {
  readonly open: () => EngineInstance
  readonly close: () => void
}

export type Engine = (xml: string, attachments?: ReadonlyMap<string, string>) => Promise<EngineFormInstances>

const ASKED: ReadonlySet<string> = new Set(['input', 'select', 'note', 'trigger', 'range', 'rank', 'upload'])

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  csv: 'text/csv',
  geojson: 'application/geo+json',
  xml: 'text/xml',
}

export async function startEngine(): Promise<Engine> {
  const { window } = new JSDOM('<!doctype html>', { url: 'http://localhost/' })
  const { DOMParser, Node, document, XMLSerializer } = window
  Object.assign(globalThis, { __dirname: process.cwd(), DOMParser, Node, document, XMLSerializer })
  // The engine keeps the function it finds at import; we keep the right to replace it later.
  const { random } = Math
  Math.random = () => dice()
  const dice = (): number => (Math.random === during ? random() : Math.random())
  const during = Math.random
  const { loadForm } = await import('@getodk/xforms-engine')
  Math.random = random
  return async (xml, attachments = new Map()) => {
    const form = await loadForm(xml, {
      fetchFormAttachment: async address => {
        const name = String(address).split('/').at(-1) ?? ''
        const text = attachments.get(name)
        const headers = new Headers({ 'content-type': CONTENT_TYPES[name.split('.').at(-1)!] ?? 'text/plain' })
        return text === undefined ? new Response('', { status: 404, headers }) : new Response(text, { headers })
      },
      missingResourceBehavior: 'BLANK',
    })
    if (form.status === 'failure') throw new Error(`the engine refuses the form: ${form.error.message}`)
    return instancesOf(form)
  }
}

function instancesOf(form: EngineForm): EngineFormInstances {
  const config = {
    stateFactory: <T extends object>(state: T): T => state,
    preloadProperties: { deviceID: TEST_DEVICE, username: TEST_USER },
    instanceAttachments: { fileNameFactory: fileName },
  }
  let opened = false
  const open = (): EngineInstance => {
    const { root } = opened ? form.resetInstance(config) : form.createInstance(config)
    opened = true
    return instanceOf(root as EngineRoot)
  }
  // It lets go of its caches only when it is opened once more.
  return { open, close: () => void (opened && form.resetInstance(config)) }
}

const fileName = (file: { readonly basename: string; readonly extension: string | null }): string =>
  `${file.basename}${file.extension ?? ''}`

function instanceOf(root: EngineRoot): EngineInstance {
  const rootName = root.currentState.reference.slice(1)
  const refOf = (reference: string): string => reference.slice(rootName.length + 2)
  const textOf = (text: EngineText): string => text?.asString ?? ''
  let byRef: ReadonlyMap<string, EngineNode> | null = null

  function* everyNode(node: EngineNode = root): Generator<EngineNode> {
    yield node
    for (const child of node.currentState.children ?? []) yield* everyNode(child)
  }
  const keyOf = (node: EngineNode): string =>
    `${node.nodeType.startsWith('repeat-range') ? '*' : ''}${refOf(node.currentState.reference)}`
  const find = (key: string): EngineNode => {
    byRef ??= new Map([...everyNode()].map(node => [keyOf(node), node]))
    const found = byRef.get(key)
    if (found === undefined) throw new Error(`the engine has no ${key}`)
    return found
  }
  /** Rows come and go with any change. */
  const forget = (): void => void (byRef = null)

  function answer(ref: string, value: string): void {
    const node = find(ref)
    const words = value.split(/\s+/).filter(word => word !== '')
    if (node.selectValues !== undefined) node.selectValues(words)
    else if (node.selectValue !== undefined) node.selectValue(words[0] ?? null)
    else if (node.setValues !== undefined) node.setValues(words)
    else if (node.nodeType === 'trigger') node.setValue?.(value === 'OK')
    else if (node.nodeType === 'upload') node.setValue?.(value === '' ? null : new File(['x'], value))
    else node.setValue?.(value)
    forget()
  }

  return {
    has: ref => {
      try {
        return ASKED.has(find(ref).nodeType)
      } catch {
        return false
      }
    },
    answer,
    valueAt: ref => find(ref).currentState.instanceValue ?? '',
    addRow: ref => {
      find(`*${ref}`).addInstances?.()
      forget()
    },
    removeRow: (ref, row) => {
      find(`*${ref}`).removeInstances?.(row - 1, 1)
      forget()
    },
    instanceXml: () => root.instanceState.instanceXML,
    questions: () =>
      new Map(
        [...everyNode()]
          .filter(({ nodeType, currentState }) => ASKED.has(nodeType) && currentState.relevant)
          .map(({ currentState: { reference, required, readonly, label, hint, valueOptions } }) => [
            refOf(reference),
            {
              required,
              readOnly: readonly,
              label: textOf(label),
              hint: textOf(hint),
              choices: valueOptions?.map(option => ({ value: option.value, label: textOf(option.label) })) ?? null,
            },
          ]),
      ),
    violations: () =>
      root.validationState.violations.map(({ reference, violation: { condition, message } }) => ({
        ref: refOf(reference),
        kind: condition,
        message: message?.asString ?? null,
      })),
    languages: root.languages.map(one => one.language),
    setLanguage: wanted => {
      const found = root.languages.find(one => one.language === wanted)
      if (found === undefined) throw new Error(`the engine does not speak ${wanted}`)
      root.setLanguage(found)
      forget()
    },
  }
}
