/** `murram model …` from a table to a bundle and what can be asked of it, as a script meets it. */
import { Command } from 'commander'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { addModelVerbs } from './verbs/model-verbs.ts'

const root = resolve(import.meta.dirname, '..', '..', '..')
const folder = mkdtempSync(join(tmpdir(), 'murram-models-'))
afterAll(() => {
  rmSync(folder, { recursive: true })
  vi.unstubAllEnvs()
})
vi.stubEnv('MURRAM_CWD', folder)

interface Said {
  readonly code: number
  readonly out: string
  readonly said: string
  readonly json: Record<string, unknown>
}

/** In this process: a dozen programs that each load ONNX Runtime anew would take minutes. */
async function model(...args: readonly string[]): Promise<Said> {
  const [out, said]: [string[], string[]] = [[], []]
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation(text => out.push(String(text)) > 0),
    vi.spyOn(process.stderr, 'write').mockImplementation(text => said.push(String(text)) > 0),
  ]
  const program = new Command('murram').exitOverride()
  addModelVerbs(program)
  try {
    await program.parseAsync(['model', ...args], { from: 'user' })
  } finally {
    for (const spy of spies) spy.mockRestore()
  }
  const code = Number(process.exitCode ?? 0)
  process.exitCode = 0
  const [first = ''] = out.join('').split('\n')
  const json = first.startsWith('{') ? (JSON.parse(first) as Record<string, unknown>) : {}
  return { code, out: out.join(''), said: said.join(''), json }
}
const write = (name: string, lines: readonly string[]): void =>
  writeFileSync(join(folder, name), `${lines.join('\n')}\n`)
const times = (count: number, line: (at: number) => string): string[] =>
  Array.from({ length: count }, (_, at) => line(at))

/** Poorer with thatch and with many to a room; half of the dependants are told in words. */
const household = (at: number): string => {
  const roof = ['thatch', 'iron', 'tiles'][at % 3]!
  const crowd = (at * 37) % 90
  const dependants = at % 4 === 0 ? 'yes' : at % 4 === 1 ? 'no' : ((at % 7) / 2).toFixed(1)
  const worth = (roof === 'thatch' ? 2 : roof === 'iron' ? 0 : -2) + crowd / 30 + ((at * 13) % 11) / 4
  const level = worth > 4.4 ? 'extreme' : worth > 2.6 ? 'poor' : worth > 1 ? 'shaky' : 'coping'
  return `hh${Math.floor(at / 3)},${roof},${(crowd / 10).toFixed(1)},${dependants},2026-0${(at % 8) + 1}-1${at % 9},,${level},${(worth * 10).toFixed(2)}`
}

beforeAll(() => {
  write('visits.csv', ['idhogar,roof,crowd,dependants,seen,breakfast,level,worth', ...times(900, household)])
  write('split.csv', ['row,fold', ...times(900, at => `${at},${at % 300 < 240 ? 'train' : 'test'}`)])
  const good = ['nzuri sana', 'asante kwa msaada', 'tunafurahi leo', 'kazi nzuri kabisa']
  const bad = ['mbaya sana', 'hakuna maji hapa', 'tunateseka kila siku', 'wizi na uongo']
  write('words.tsv', [
    'words\tlabel',
    ...times(
      240,
      at => `${(at % 2 === 0 ? good : bad)[(at >> 1) % 4]} namba ${at * 7}\t${at % 2 === 0 ? 'positive' : 'negative'}`,
    ),
  ])
})

test('several classes, by a split file: the JSON holds what was made and how good it is', async () => {
  const made = await model(
    'train',
    '--csv',
    'visits.csv',
    '--split',
    'split.csv',
    '--target',
    'level',
    '--group',
    'idhogar',
    '--drop',
    'worth',
    '--learner',
    'gbdt',
    '--out',
    'levels',
    '--json',
  )
  expect(made.code, made.said).toBe(0)
  expect(made.json).toMatchObject({
    task: 'multiclass',
    rows: 720,
    testRows: 180,
    features: 4,
    classes: ['coping', 'extreme', 'poor', 'shaky'],
    learner: 'gbdt',
    fitSeconds: expect.any(Number) as number,
    metrics: {
      test: {
        auc: expect.any(Number) as number,
        logLoss: expect.any(Number) as number,
        accuracy: expect.any(Number) as number,
        macroF1: expect.any(Number) as number,
      },
    },
    bundle: { bytes: expect.any(Number) as number, gzipBytes: expect.any(Number) as number },
    notes: expect.arrayContaining([
      expect.stringContaining('dependants mixes numbers with words: no as 0, yes as 1') as string,
      expect.stringContaining('breakfast is empty') as string,
    ]) as string[],
  })
  const { auc } = (made.json as { metrics: { test: { auc: number } } }).metrics.test
  expect(auc).toBeGreaterThan(0.8)

  // A device reads `yes` as the trainer did.
  const scored = await model('score', 'levels', '--rows', 'visits.csv', '--json')
  expect(scored.code, scored.said).toBe(0)
  const rows = scored.out
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as { missing: string[]; probabilities: Record<string, number> })
  expect(rows).toHaveLength(900)
  expect(rows[0]?.missing).toEqual([])
  expect(Object.values(rows[0]!.probabilities).reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 5)

  const why = await model('explain', 'levels', '--rows', 'visits.csv', '--row', '1', '--json')
  expect(why.json.reasons).toContainEqual(expect.objectContaining({ input: 'roof', answer: 'thatch' }))
  const report = readFileSync(join(folder, 'levels', 'report.html'), 'utf8')
  expect(report).toContain('Calibration curve')
  expect(report).not.toMatch(/<script|src=|https?:/)
})

test('a bundle is made again byte for byte from what it names; from another table it is refused', async () => {
  expect(await model('reproduce', 'levels')).toMatchObject({
    code: 0,
    out: expect.stringContaining('the same bytes again') as string,
  })
  write('later.csv', ['idhogar,roof,crowd,dependants,seen,breakfast,level,worth', ...times(901, household)])
  const other = await model('reproduce', 'levels', '--csv', 'later.csv', '--json')
  expect(other).toMatchObject({ code: 1, json: { fault: 'bundle.hash-mismatch' } })
})

test('an amount is told in its own unit, and no class is named', async () => {
  const made = await model(
    'train',
    '--csv',
    'visits.csv',
    '--target',
    'worth',
    '--drop',
    'level',
    '--group',
    'idhogar',
    '--learner',
    'logistic',
    '--out',
    'worths',
    '--json',
  )
  expect(made.code, made.said).toBe(0)
  expect(made.json).toMatchObject({ task: 'regression', classes: [] })
  expect((made.json as { metrics: { test: { r2: number } } }).metrics.test.r2).toBeGreaterThan(0.5)
  expect((await model('score', 'worths', '--rows', 'visits.csv')).out).toMatch(/^row,value\n1,-?\d+\.\d+\n/)
})

test('a text is read word by word, and the recipe says of which form and which classes', async () => {
  const recipe = join(root, 'models/sentiment/recipe.yaml')
  const made = await model(
    'train',
    '--recipe',
    recipe,
    '--csv',
    'words.tsv',
    '--target',
    'label',
    '--out',
    'words',
    '--json',
  )
  // The table holds two of the recipe's three classes: too few to learn the third.
  expect(made).toMatchObject({ code: 1, json: { fault: 'learn.too-few' } })
  const two = await model(
    'train',
    '--csv',
    'words.tsv',
    '--text',
    'words',
    '--target',
    'label',
    '--out',
    'words',
    '--json',
  )
  expect(two.code, two.said).toBe(0)
  expect(two.json).toMatchObject({ learner: 'text', classes: ['negative', 'positive'], features: 1 })
  expect((two.json as { metrics: { test: { accuracy: number } } }).metrics.test.accuracy).toBeGreaterThan(0.9)
})

test('a bundle is put into a registry by somebody who answers for it; a spoilt one is refused before it is sent', async () => {
  const recipe = join(root, 'models/sentiment/recipe.yaml')
  const nobody = await model('import', 'words', '--recipe', recipe, '--json')
  expect(nobody).toMatchObject({
    code: 2,
    json: { fault: 'cli.usage', detail: expect.stringContaining('--by') as string },
  })
  const send = (folder: string) =>
    model(
      'import',
      folder,
      '--recipe',
      recipe,
      '--by',
      'Ruth',
      '--why',
      'the line begins',
      '--data',
      '.',
      '--collector',
      'http://127.0.0.1:9',
      '--json',
    )
  writeFileSync(join(folder, 'admin-token'), 'none')
  cpSync(join(folder, 'words'), join(folder, 'spoilt'), { recursive: true })
  writeFileSync(join(folder, 'spoilt', 'trees.json'), '{}')
  expect(await send('spoilt')).toMatchObject({ code: 1, json: { fault: 'bundle.hash-mismatch' } })
  rmSync(join(folder, 'spoilt', 'release.json'))
  expect(await send('spoilt')).toMatchObject({ code: 1, json: { fault: 'bundle.malformed' } })
  // Whole: it is only that no collector is there.
  expect(await send('words')).toMatchObject({ code: 2, json: { fault: 'house.collector-unreachable' } })
})

test('a scorecard has at most so many questions and whole points, and ranks nearly as the model does', async () => {
  write('poor.csv', [
    'roof,crowd,dependants,poor',
    ...times(900, household).map(line => {
      const [, roof, crowd, dependants, , , level] = line.split(',')
      return `${roof},${crowd},${dependants},${level === 'poor' || level === 'extreme' ? 'yes' : 'no'}`
    }),
  ])
  const made = await model(
    'train',
    '--csv',
    'poor.csv',
    '--target',
    'poor',
    '--learner',
    'logistic',
    '--out',
    'poor',
    '--json',
  )
  expect(made.code, made.said).toBe(0)
  const card = await model('scorecard', 'poor', '--questions', '2', '--json')
  expect(card.code, card.said).toBe(0)
  const { questions, totals, auc } = card.json as unknown as {
    questions: { answers: { points: number }[] }[]
    totals: { probability: number }[]
    auc: number
  }
  expect(questions).toHaveLength(2)
  for (const { answers } of questions) {
    expect(answers.every(({ points }) => Number.isInteger(points) && points >= 0)).toBe(true)
    expect(Math.min(...answers.map(({ points }) => points))).toBe(0)
  }
  const probabilities = totals.map(({ probability }) => probability)
  expect(probabilities).toEqual(probabilities.toSorted((a, b) => a - b))
  expect(auc).toBeGreaterThan((made.json as { metrics: { test: { auc: number } } }).metrics.test.auc - 0.05)
  expect(existsSync(join(folder, 'poor', 'scorecard.html'))).toBe(true)
  expect((await model('scorecard', 'levels')).code).toBe(1)
})

test('a graph made elsewhere is held against a recipe; what does not fit is refused by name', async () => {
  const recipe = (features: readonly string[]): string[] => [
    'name: poor',
    'form: visits',
    'outcome: { classes: ["no", "yes"], positive: "yes" }',
    'prior: { baseRate: 0.4 }',
    'floor: { accuracy: 0.99 }',
    'features:',
    ...features.map(feature => `  - ${feature}`),
  ]
  const asked = [
    '{ name: roof, kind: category }',
    '{ name: crowd, kind: number }',
    '{ name: dependants, kind: number }',
  ]
  write('recipe.yaml', recipe(asked))
  write('short.yaml', recipe(asked.slice(1)))
  const got = await model(
    'import',
    'poor/model.onnx',
    '--recipe',
    'recipe.yaml',
    '--rows',
    'poor.csv',
    '--target',
    'poor',
    '--out',
    'foreign',
    '--json',
  )
  expect(got.code, got.said).toBe(0)
  expect(got.json.notes).toContainEqual(expect.stringContaining('the recipe asks for accuracy 0.99') as string)
  expect((await model('verify', 'foreign')).code).toBe(0)
  const short = await model('import', 'poor/model.onnx', '--recipe', 'short.yaml', '--out', 'x')
  expect(short).toMatchObject({ code: 1, said: expect.stringContaining('roof') as string })
})

test('two bundles are compared on the same rows, and what a bundle is can be looked at', async () => {
  const compared = await model('compare', 'poor', 'foreign', '--rows', 'poor.csv', '--target', 'poor', '--json')
  // `yes` and `no` among the dependants mean nothing to the foreign one.
  expect(compared.json).toMatchObject({ ok: true, rows: 900, gain: { mean: expect.any(Number) as number } })
  expect((await model('compare', 'poor', 'levels', '--rows', 'poor.csv', '--target', 'poor')).code).toBe(1)
  expect((await model('inspect', 'poor')).out).toMatch(/reads +3 questions[^]*dependants +number, no is 0, yes is 1/)
  expect((await model('card', 'levels')).out).toContain('one of 4 classes')
})

test('every verb says what it is for and shows an example', () => {
  const program = new Command('murram')
  addModelVerbs(program)
  const verbs = program.commands[0]!.commands
  expect(verbs.map(verb => verb.name()).sort()).toEqual([
    'cancel',
    'card',
    'challenger',
    'compare',
    'explain',
    'halt',
    'import',
    'inspect',
    'list',
    'promote',
    'report',
    'reproduce',
    'resume',
    'rings',
    'rollback',
    'run',
    'runs',
    'score',
    'scorecard',
    'show',
    'staff',
    'train',
    'triggers',
    'verify',
    'watch',
  ])
  for (const verb of verbs) {
    let help = ''
    verb.configureOutput({ writeOut: text => (help += text) }).outputHelp()
    expect(verb.description(), verb.name()).not.toBe('')
    expect(help, verb.name()).toContain(`murram model ${verb.name()} `)
  }
})

test('a region that is told by a number is still a place: its level is corrected, and it is no amount', async () => {
  const row = (at: number): string => {
    const district = 11 + (at % 5)
    const acres = ((at * 17) % 50) / 10
    const poor = ((at * 29) % 100) / 100 < 0.15 + (district === 12 ? 0.4 : 0) + acres / 12
    return `${district},${acres},${(at * 31) % 7},${poor ? 'yes' : 'no'}`
  }
  write('places.csv', ['district,acres,goats,poor', ...times(1_200, row)])
  const train = ['train', '--csv', 'places.csv', '--target', 'poor', '--learner', 'gbdt', '--json']
  const made = await model(...train, '--region', 'district', '--out', 'places')
  expect(made.code).toBe(0)
  expect(made.json['notes']).toContain('5 values of district have an intercept of their own')
  const [inspected] = (await model('inspect', 'places', '--json')).out.split('\n')
  expect(inspected).toMatch(/"name":"district","kind":"category"/)

  expect(await model(...train, '--region', 'distict', '--out', 'other')).toMatchObject({ code: 2 })
  expect(await model(...train, '--region', 'district', '--type', 'district=number', '--out', 'other')).toMatchObject({
    code: 2,
  })
})
