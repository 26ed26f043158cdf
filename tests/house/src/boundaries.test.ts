/** Who may import whom, on the imports as they really run. */
import { cruise, type ICruiseResult } from 'dependency-cruiser'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { objection, roomOf, rooms } from './rooms.ts'
import { read, root, sources } from './tree.ts'

const inRooms = sources.filter(file => roomOf(file) !== undefined && !file.endsWith('.config.ts'))
let modules: ICruiseResult['modules']

beforeAll(async () => {
  process.chdir(root)
  const { output } = await cruise([...new Set(rooms.map(({ folder }) => folder))], {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(node_modules|dist)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: join(root, 'tsconfig.json') },
    combinedDependencies: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
      extensions: ['.ts', '.vue', '.mjs', '.js'],
    },
  })
  if (typeof output === 'string') throw new Error(output)
  modules = output.modules
})

test('the check has seen every source file of every room', () => {
  const seen = new Set(modules.map(({ source }) => source))
  expect(inRooms.filter(file => !seen.has(file))).toEqual([])
  expect(inRooms.length).toBeGreaterThan(100)
})

test('every import between rooms goes the way DESIGN draws it', () => {
  const arrows = modules.flatMap(({ source, dependencies }) =>
    dependencies.map(({ resolved }) => [source, resolved] as const),
  )
  const between = arrows.filter(([from, to]) => roomOf(to) !== undefined && roomOf(from) !== roomOf(to))
  expect(between.length, 'imports between rooms that were resolved').toBeGreaterThan(50)
  expect(arrows.flatMap(([from, to]) => objection(from, to) ?? [])).toEqual([])
})

test('no import runs in a circle, not even of types', () => {
  const next = new Map(
    modules.map(({ source, dependencies }) => [source, dependencies.map(({ resolved }) => resolved)]),
  )
  const done = new Set<string>()
  const circles: string[] = []
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) return void circles.push([...path.slice(path.indexOf(file)), file].join(' → '))
    if (done.has(file)) return
    for (const to of next.get(file) ?? []) visit(to, [...path, file])
    done.add(file)
  }
  for (const file of next.keys()) visit(file, [])
  expect(circles).toEqual([])
})

test('every import of ours could be resolved', () => {
  const lost = modules.flatMap(({ source, dependencies }) =>
    dependencies
      .filter(
        ({ couldNotResolve, module }) => couldNotResolve && (module.startsWith('.') || module.startsWith('@murram/')),
      )
      .map(({ module }) => `${source}: ${module}`),
  )
  expect(lost).toEqual([])
})

test('the check objects to what is forbidden', () => {
  expect(objection('agent/src/open-agent.ts', 'collector/src/main.ts')).toContain('may not import')
  expect(objection('packages/sync/fold/src/a.ts', 'packages/forms/xform/src/index.ts')).toContain('may not import')
  expect(objection('apps/console/src/a.vue', 'collector/src/main.ts')).toContain('may not import')
  expect(objection('apps/console/src/a.vue', 'collector/src/http/api-types.ts')).toBeUndefined()
  expect(objection('collector/src/fold/a.ts', 'collector/src/ingest/tables.ts')).toContain('its own')
})

const onlyImporter = (module: string, owner: RegExp) =>
  sources.filter(
    file => new RegExp(`from '${module}['/]`).test(read(file)) && !owner.test(file) && !file.endsWith('.test.ts'),
  )

test('each guarded library has one owner', () => {
  expect(onlyImporter('tweetnacl', /^packages\/seal\//)).toEqual([])
  expect(onlyImporter('onnxruntime-node', /^packages\/learning\/score\/src\/onnx\.ts$/)).toEqual([])
  expect(onlyImporter('hucre', /^packages\/forms\/xlsform\//)).toEqual([])
  expect(onlyImporter('electron', /^apps\/desktop\//)).toEqual([])
})
