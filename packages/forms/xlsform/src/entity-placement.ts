/**
 * In which group or repeat the declaration of an entity list stands.
 *
 * A declaration is made once a row of the repeat that holds it, so it has to stand where the
 * questions stand that it saves and reads: in the deepest repeat among them (its *scope*). A
 * container holds one declaration, because each has one `meta`; so several in one scope go
 * into different groups, the deepest that suits first, and never into one that stands between
 * another list's declaration and the questions that are saved to it.
 *
 * Laws: L1 every declaration gets a place, or its row is refused   L2 no place is given twice
 *       L3 what a list saves stands in the row, and below the place, of its declaration
 */
import type { EntityDeclaration, SavedProperty } from './entity-sheet.ts'
import { chainOf, repeatOf } from './node-paths.ts'
import type { Report } from './sheet-rows.ts'
import type { SurveyNode } from './survey-node.ts'

/** `null` is the form itself. */
export type Container = SurveyNode | null

export interface PlacedEntity {
  readonly declaration: EntityDeclaration
  readonly container: Container
}

interface Request {
  readonly declaration: EntityDeclaration
  readonly scope: Container
  /** From the scope down to where it would like to stand. */
  readonly path: readonly Container[]
}

export function placeEntities(
  declared: readonly EntityDeclaration[],
  order: readonly SurveyNode[],
  report: Report,
): readonly PlacedEntity[] {
  const at = new Map(order.map((node, i) => [node, i]))
  const requests = declared.flatMap(declaration => {
    const request = requestOf(declaration, at, report)
    return request === undefined ? [] : [request]
  })
  const [only] = requests
  // Alone it stands at the top, where readers of 2024.1 look for it.
  if (requests.length === 1 && only!.scope === null) return [{ declaration: only!.declaration, container: null }]

  const taken = new Map<Container, EntityDeclaration>()
  const placed: PlacedEntity[] = []
  for (const request of requests) {
    const container = findPlace(request, taken)
    if (container === undefined) {
      refuseForPlace(request, taken, report)
      continue
    }
    const { declaration } = request
    placed.push({ declaration, container })
    taken.set(container, declaration)
    for (const { node } of declaration.saved)
      for (const between of containersOf(node, container)) taken.set(between, declaration)
  }
  return placed
}

/** The deepest free container on the way up to the scope. */
function findPlace(
  { declaration, path }: Request,
  taken: ReadonlyMap<Container, EntityDeclaration>,
): Container | undefined {
  if (savedInsideAnother(declaration, taken) !== undefined) return undefined
  for (const container of path.toReversed()) {
    if (taken.has(container)) continue
    const isCrossed = declaration.saved.some(({ node }) =>
      containersOf(node, container).some(between => taken.has(between)),
    )
    return isCrossed ? undefined : container
  }
  return undefined
}

const savedInsideAnother = (
  { saved }: EntityDeclaration,
  taken: ReadonlyMap<Container, EntityDeclaration>,
): EntityDeclaration | undefined => saved.map(({ node }) => taken.get(node.parent)).find(one => one !== undefined)

function refuseForPlace(
  { declaration, path, scope }: Request,
  taken: ReadonlyMap<Container, EntityDeclaration>,
  report: Report,
): void {
  const other = savedInsideAnother(declaration, taken) ?? path.map(one => taken.get(one)).find(one => one !== undefined)
  const { row, dataset } = declaration
  report({
    severity: 'error',
    code: 'no-place-for-entity',
    message: `${describe(scope)} has no group left for “${dataset}”: each group or repeat holds one list, and “${other?.dataset ?? ''}” of row ${other?.row.row ?? 0} has taken it. Put the questions that are saved to “${dataset}” into a group of their own.`,
    sheet: row.sheet,
    row: row.row,
    column: row.header('dataset'),
  })
}

function requestOf(
  declaration: EntityDeclaration,
  order: ReadonlyMap<SurveyNode, number>,
  report: Report,
): Request | undefined {
  const { saved, reads, repeat } = declaration
  const inOrder = (a: SurveyNode, b: SurveyNode): number => (order.get(a) ?? 0) - (order.get(b) ?? 0)
  const containers: readonly Container[] = [
    ...(repeat === null ? [] : [repeat]),
    ...[...saved.map(({ node }) => node), ...reads].sort(inOrder).map(node => node.parent),
  ]
  const scope = containers.map(scopeOf).reduce<Container>((a, b) => (repeats(b) > repeats(a) ? b : a), null)
  const before = reportCount(report)
  for (const one of saved) if (scopeOf(one.node.parent) !== scope) refuseSaved(declaration, one, scope, before.report)
  for (const node of reads)
    if (!isAbove(scopeOf(node.parent), scope)) refuseRead(declaration, node, scope, before.report)
  if (before.count() > 0) return undefined
  const wanted = saved.length > 0 ? commonContainer(saved) : deepest(containers.filter(one => scopeOf(one) === scope))
  return { declaration, scope, path: pathFrom(scope, wanted ?? scope) }
}

function reportCount(report: Report): { readonly report: Report; readonly count: () => number } {
  let count = 0
  return {
    count: () => count,
    report: found => {
      count++
      report(found)
    },
  }
}

function refuseSaved(declaration: EntityDeclaration, { node }: SavedProperty, scope: Container, report: Report): void {
  report({
    severity: 'error',
    code: 'save-to-other-scope',
    message: `“${declaration.dataset}” is written once a row of ${describe(scope)}, but this question stands in ${describe(scopeOf(node.parent))}. Save it to another list, or copy the value with a calculate question there.`,
    sheet: node.row.sheet,
    row: node.row.row,
    column: node.row.header('save_to'),
  })
}

function refuseRead({ dataset, row }: EntityDeclaration, node: SurveyNode, scope: Container, report: Report): void {
  report({
    severity: 'error',
    code: 'entity-other-scope',
    message: `“${dataset}” is written once a row of ${describe(scope)}, but “${node.name}” stands in ${describe(scopeOf(node.parent))}. Correct the reference, or copy the value with a calculate question there.`,
    sheet: row.sheet,
    row: row.row,
    column: row.header('label'),
  })
}

const describe = (scope: Container): string => (scope === null ? 'the form' : `the repeat “${scope.name}”`)

/** The container itself if it is a repeat, else the nearest repeat around it. */
const scopeOf = (container: Container): Container =>
  container === null || container.is === 'repeat' ? container : repeatOf(container)

const repeats = (container: Container): number =>
  container === null ? 0 : chainOf(container).filter(node => node.is === 'repeat').length

const isAbove = (outer: Container, inner: Container): boolean =>
  outer === null || (inner !== null && chainOf(inner).includes(outer))

const deepest = (containers: readonly Container[]): Container | undefined =>
  containers.reduce<Container | undefined>(
    (best, one) => (best === undefined || depth(one) > depth(best) ? one : best),
    undefined,
  )

const depth = (container: Container): number => (container === null ? 0 : chainOf(container).length)

function commonContainer(saved: readonly SavedProperty[]): Container {
  const chains = saved.map(({ node }) => (node.parent === null ? [] : chainOf(node.parent)))
  const [first = []] = chains
  const differs = first.findIndex((container, i) => chains.some(chain => chain[i] !== container))
  const shared = differs === -1 ? first.length : differs
  return first[shared - 1] ?? null
}

/** Containers from the scope down to the one, both included. */
function pathFrom(scope: Container, container: Container): readonly Container[] {
  const chain: readonly Container[] = [null, ...(container === null ? [] : chainOf(container))]
  return chain.slice(chain.indexOf(scope))
}

/** Containers between a question and the one that holds it, without that one. */
function containersOf(node: SurveyNode, container: Container): readonly Container[] {
  const found: Container[] = []
  for (let above: Container = node.parent; above !== container && above !== null; above = above.parent)
    found.push(above)
  return found
}
