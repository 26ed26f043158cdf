/**
 * ODK's web engine for `bench/forms.ts`: loaded as its documents say, with jsdom for the DOM
 * that a browser would give it and no view bound to its state. Nodes are found before the
 * clock runs.
 */
import { JSDOM } from 'jsdom'

interface OdkState {
  readonly reference: string
  readonly value?: unknown
  readonly label?: { readonly asString: string } | null
  readonly children?: readonly OdkNode[] | null
  readonly valueOptions?: readonly { readonly value: string; readonly label: { readonly asString: string } }[]
}

export interface OdkNode {
  readonly nodeType: string
  readonly currentState: OdkState
  readonly setValue?: (value: unknown) => void
  readonly selectValue?: (value: string | null) => void
  readonly addInstances?: (at?: number, count?: number) => unknown
  readonly removeInstances?: (at: number, count?: number) => unknown
}

export interface OdkRoot extends OdkNode {
  readonly instanceState: { readonly instanceXML: string }
  readonly validationState: { readonly violations: readonly unknown[] }
  readonly prepareInstancePayload: () => PromiseLike<{ readonly data: readonly [FormData] }>
}

export interface OdkForm {
  readonly create: () => OdkRoot
  readonly restore: (xml: string) => Promise<OdkRoot>
  /** Empties the engine's caches; whoever does not call it keeps every instance. */
  readonly reset: () => void
}

export interface Odk {
  readonly load: (xml: string, attachments?: Readonly<Record<string, string>>) => Promise<OdkForm>
  /** What jsdom alone takes to parse, for a browser does it faster. */
  readonly parseDom: (xml: string) => unknown
}

export async function startOdk(): Promise<Odk> {
  const { window } = new JSDOM('<!doctype html>', { url: 'http://localhost/' })
  const { DOMParser, Node, document, XMLSerializer } = window
  Object.assign(globalThis, { __dirname: process.cwd(), DOMParser, Node, document, XMLSerializer })
  const { loadForm } = await import('@getodk/xforms-engine')
  const config = {
    stateFactory: <T extends object>(state: T): T => state,
    preloadProperties: { deviceID: 'bench:1', username: 'bench' },
  }
  return {
    parseDom: xml => new DOMParser().parseFromString(xml, 'text/xml'),
    load: async (xml, attachments = {}) => {
      const form = await loadForm(xml, {
        fetchFormAttachment: async address => {
          const text = attachments[String(address).split('/').at(-1) ?? '']
          const headers = new Headers({ 'content-type': 'text/csv' })
          return text === undefined ? new Response('', { status: 404, headers }) : new Response(text, { headers })
        },
        missingResourceBehavior: 'BLANK',
      })
      if (form.status === 'failure') throw new Error(`the engine refuses the form: ${form.error.message}`)
      const asRoot = (root: unknown): OdkRoot => root as OdkRoot
      return {
        create: () => asRoot(form.createInstance(config).root),
        restore: async instance => {
          const data = new FormData()
          data.set('xml_submission_file', new File([instance], 'xml_submission_file', { type: 'text/xml' }))
          type Input = Parameters<typeof form.restoreInstance>[0]
          const restored = await form.restoreInstance({ data: [data] } as unknown as Input, config)
          return asRoot(restored.root)
        },
        reset: () => form.resetInstance(),
      }
    },
  }
}

export function* everyNode(node: OdkNode): Generator<OdkNode> {
  yield node
  for (const child of node.currentState.children ?? []) yield* everyNode(child)
}

/** Every node of the instance by ref below the root; a repeat's rows stand by the repeat's ref. */
export function nodesByRef(root: OdkRoot): ReadonlyMap<string, OdkNode> {
  const cut = root.currentState.reference.length + 1
  const found = new Map<string, OdkNode>()
  for (const node of everyNode(root)) found.set(node.currentState.reference.slice(cut), node)
  return found
}

export function answerOdk(node: OdkNode, value: string): void {
  if (node.selectValue !== undefined) node.selectValue(value)
  else node.setValue?.(value)
}
