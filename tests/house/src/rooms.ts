/**
 * The house as data: which room a file belongs to, and which rooms it may import.
 *
 * The order of the arrows is DESIGN's: a ground, three wings that do not know each other, two
 * houses that join them and never meet except in `wire`, four faces that look in.
 */

export interface Room {
  readonly name: string
  readonly folder: string
  readonly mayImport: readonly string[]
  /** What only its tests may import beyond that. */
  readonly testsMayImport?: readonly string[]
}

const floor = ['ground', 'seal']
const scoring = ['score']
const learning = ['score', 'learn', 'onnx-writer', 'lineage']

export const rooms: readonly Room[] = [
  { name: 'ground', folder: 'packages/ground', mayImport: [] },
  { name: 'seal', folder: 'packages/seal', mayImport: ['ground'] },
  { name: 'xpath', folder: 'packages/forms/xpath', mayImport: floor },
  { name: 'xform', folder: 'packages/forms/xform', mayImport: [...floor, 'xpath'], testsMayImport: ['xlsform'] },
  { name: 'xlsform', folder: 'packages/forms/xlsform', mayImport: [...floor, 'xform', 'xpath'] },
  { name: 'fold', folder: 'packages/sync/fold', mayImport: floor },
  { name: 'wire', folder: 'packages/sync/wire', mayImport: [...floor, 'fold'], testsMayImport: ['testkit'] },
  { name: 'score', folder: 'packages/learning/score', mayImport: floor, testsMayImport: ['learn', 'onnx-writer'] },
  { name: 'learn', folder: 'packages/learning/learn', mayImport: floor },
  { name: 'onnx-writer', folder: 'packages/learning/onnx-writer', mayImport: floor, testsMayImport: ['learn'] },
  { name: 'lineage', folder: 'packages/learning/lineage', mayImport: ['ground'] },
  { name: 'rxdb-sqlite', folder: 'packages/rxdb-sqlite', mayImport: [] },
  { name: 'testkit', folder: 'packages/testkit', mayImport: [...floor, 'fold', 'wire'] },
  {
    name: 'agent',
    folder: 'agent',
    mayImport: [...floor, 'xpath', 'xform', 'fold', 'wire', ...scoring, 'rxdb-sqlite'],
    testsMayImport: ['testkit', 'onnx-writer', 'xlsform'],
  },
  {
    name: 'collector',
    folder: 'collector',
    mayImport: [...floor, 'xpath', 'xform', 'xlsform', 'fold', 'wire', ...learning],
    testsMayImport: ['testkit'],
  },
  { name: 'desktop', folder: 'apps/desktop', mayImport: ['agent'] },
  { name: 'field', folder: 'apps/field', mayImport: ['agent/api'] },
  { name: 'console', folder: 'apps/console', mayImport: ['collector/api'] },
  {
    name: 'cli',
    folder: 'apps/cli',
    mayImport: [...floor, 'xpath', 'xform', 'xlsform', 'fold', 'wire', ...learning, 'agent', 'collector'],
  },
  {
    name: 'walk',
    folder: 'tests/walk',
    mayImport: [...floor, 'xpath', 'xform', 'xlsform', 'fold', 'wire', ...learning, 'agent', 'collector', 'testkit'],
  },
  {
    name: 'weather',
    folder: 'tests/weather',
    mayImport: [...floor, 'fold', 'wire', 'agent', 'collector', 'testkit'],
  },
  { name: 'house', folder: 'tests/house', mayImport: floor },
  {
    name: 'bench',
    folder: 'bench',
    mayImport: [
      ...floor,
      'xpath',
      'xform',
      'xlsform',
      'fold',
      'wire',
      'rxdb-sqlite',
      'agent',
      'collector',
      'testkit',
      // Whom it measures with are the walk's households.
      'walk',
      ...learning,
    ],
  },
]

/** The one file a room offers for its API types; the faces may import nothing else of it. */
const apiTypes: Readonly<Record<string, string>> = {
  'agent/src/loopback/api-types.ts': 'agent/api',
  'collector/src/http/api-types.ts': 'collector/api',
}

export const roomOf = (file: string): Room | undefined => rooms.find(({ folder }) => file.startsWith(`${folder}/`))

/** `undefined` when the import is allowed, otherwise the sentence that says why not. */
export function objection(from: string, to: string): string | undefined {
  const [source, target] = [roomOf(from), roomOf(to)]
  if (source === undefined || target === undefined || source === target) return insideObjection(from, to)
  const allowed = from.endsWith('.test.ts') ? [...source.mayImport, ...(source.testsMayImport ?? [])] : source.mayImport
  if (allowed.includes(target.name) || allowed.includes(apiTypes[to] ?? '')) return undefined
  return `${source.name} may not import ${target.name}: ${from} → ${to}`
}

/** Inside a house: a room's tables are its own, and the gate knows no other room's step. */
function insideObjection(from: string, to: string): string | undefined {
  const [fromRoom, toRoom] = [collectorRoom(from), collectorRoom(to)]
  if (fromRoom === undefined || toRoom === undefined || fromRoom === toRoom || from.endsWith('.test.ts'))
    return undefined
  if (to.endsWith('/tables.ts') && fromRoom !== 'db') return `the tables of ${toRoom} are its own: ${from} → ${to}`
  const groundRooms = ['db', 'config', 'gate', 'http', 'metrics']
  if (fromRoom === 'gate' && !groundRooms.includes(toRoom)) return `the gate knows no other room: ${from} → ${to}`
  return undefined
}

const collectorRoom = (file: string): string | undefined => /^collector\/src\/([^/]+)\//.exec(file)?.[1]
