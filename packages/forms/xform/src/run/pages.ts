/**
 * The interview as pages, in order, with what is still to do on each.
 *
 * A group or a row begins a page, and so does what comes after it; a field-list is one page
 * whatever it holds. A page is named by where it stands (`path`, outermost first), since two
 * pages of one group may have the same ref.
 */
import type { Environment } from '@murram/xpath'
import type { BodySpec, Text } from '../program.ts'
import type { Page, Progress } from '../session-types.ts'
import type { XNode } from './node.ts'
import { refOf } from './refs.ts'
import { renderText } from './render.ts'
import type { Runtime } from './runtime.ts'
import { isOpen, type Violations } from './violations.ts'
import { walkBody } from './walk.ts'

export interface Pages {
  readonly pages: () => readonly Page[]
  /** The page that comes after, or before, the one where a question stands; `null` at the end. */
  readonly pageBeside: (ref: string, by: 1 | -1) => Page | null
  readonly pageOf: (ref: string) => Page | undefined
  readonly progress: () => Progress
}

export interface PagesDeps {
  readonly runtime: Runtime
  readonly environment: Environment<XNode>
  readonly root: XNode
  readonly violations: Violations
}

interface Place {
  readonly ref: string
  readonly label: string
  readonly path: readonly string[]
  readonly appearance: string
  /** On a field-list: no page begins inside. */
  readonly whole: boolean
}

interface PageOfNodes extends Omit<Page, 'questions' | 'progress'> {
  readonly nodes: XNode[]
}

const isFieldList = (appearance: string): boolean =>
  appearance.split(/\s+/).some(word => word === 'field-list' || word === 'table-list')

export function createPages({ runtime, environment, root, violations }: PagesDeps): Pages {
  const { nodes, program } = runtime
  const render = (text: Text, asker: XNode): string => renderText(runtime, environment, text, asker)

  function placeOf(outer: Place, body: Exclude<BodySpec, { is: 'question' }>, node: XNode, row: number): Place {
    const own = render(body.label, node)
    const named = row === 0 ? own : `${own || nodes[node.node]!.name} ${row}`
    return {
      ref: body.is === 'group' && body.node === null ? outer.ref : refOf(node, nodes),
      label: named || outer.label,
      path: named === '' ? outer.path : [...outer.path, named],
      appearance: body.appearance,
      whole: outer.whole || isFieldList(body.appearance),
    }
  }

  function pagesOfNodes(): readonly PageOfNodes[] {
    const all: PageOfNodes[] = []
    const open: Place[] = [{ ref: '', label: program.title, path: [], appearance: '', whole: false }]
    const begin = (): void => {
      const { whole, ...place } = open.at(-1)!
      all.push({ ...place, fieldList: whole, nodes: [] })
    }
    begin()
    walkBody(runtime, root, {
      ask: node => void all.at(-1)!.nodes.push(node),
      enter: (body, node, row) => {
        const outer = open.at(-1)!
        open.push(placeOf(outer, body, node, row))
        if (!outer.whole) begin()
      },
      leave: () => {
        open.pop()
        if (!open.at(-1)!.whole) begin()
      },
    })
    return all.filter(page => page.nodes.length > 0)
  }

  /** What a person can still do there. A note and a calculated value want nothing. */
  function progressOf(asked: readonly XNode[]): Progress {
    const answerable = asked.filter(node => !node.readOnly)
    const wrong = asked.flatMap(node => {
      const explained = violations.explained(node)
      return explained === undefined || nodes[explained.node]!.control !== null
        ? violations.at(node)
        : violations.at(explained)
    })
    return {
      answered: answerable.filter(node => node.value !== '').length,
      relevant: answerable.length,
      missing: wrong.filter(one => one.kind === 'required').length,
      wrong: wrong.filter(one => one.kind !== 'required' && isOpen(one)).length,
    }
  }

  const pages = (): readonly Page[] =>
    pagesOfNodes().map(({ nodes: asked, ...page }) => ({
      ...page,
      questions: asked.map(node => refOf(node, nodes)),
      progress: progressOf(asked),
    }))

  const indexOf = (all: readonly Page[], ref: string): number => {
    const holding = all.findIndex(page => page.questions.includes(ref))
    return holding >= 0 ? holding : all.findIndex(page => page.ref === ref)
  }

  return {
    pages,
    pageOf: ref => {
      const all = pages()
      return all[indexOf(all, ref)]
    },
    pageBeside: (ref, by) => {
      const all = pages()
      const at = indexOf(all, ref)
      return (at < 0 ? undefined : all[at + by]) ?? null
    },
    progress: () => progressOf(pagesOfNodes().flatMap(page => page.nodes)),
  }
}
