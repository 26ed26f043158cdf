/**
 * Our form engine beside ODK's web engine, same forms and same answers, in one process.
 *
 * Workload: the WHO verbal autopsy (../shared/forms, 469 questions, 1.6 MB of XForm, where
 *   present), and generated forms with the followers that real ones have (`forms-fixtures.ts`).
 * Timed: what stands in the name of each row; from 40 ms on as the time that the thread
 *   computes, for neither engine waits for anything and the machine may be shared. The engines take turns; a row is the median of
 *   the rounds, or of all answers (p95 where it says so).
 * Not timed: importing either engine (ours is a row of its own, in a fresh process), making the
 *   forms, finding a node of theirs before it is answered.
 * Theirs runs on jsdom, which parses XML slower than a browser does; its share is a row.
 *
 *   node bench/forms.ts [--json] [--rounds 5] [--only load,validate,answer,list,repeat,memory,cold]
 *
 * Asserts nothing; docs/benchmarks.md is the record.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { gzipSync } from 'node:zlib'
import { runInNewContext } from 'node:vm'
import { millis, unwrap, type InstanceId } from '@murram/ground'
import { compileXform, createValidator, loadProgram, openSession, type Form, type Session } from '@murram/xform'
import { PLACES_FILE, placesCsv, placesForm, rosterForm, surveyForm } from './forms-fixtures.ts'
import { answerOdk, nodesByRef, startOdk, type Odk, type OdkRoot } from './forms-odk.ts'

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '5' },
    only: { type: 'string', default: 'load,validate,answer,list,repeat,memory,cold' },
  },
})
const rounds = Number(values.rounds)
const PLACES = 50_000
const ROWS = 1000
/** The thread's own clock is coarse: what is shorter is timed by the wall. */
const LONG_MS = 40
/** Theirs takes some 40 s for the 1,000th row; it gets what it can carry. */
const THEIR_ROWS = 200
const SESSIONS = 10_000

interface Row {
  readonly what: string
  readonly unit: string
  readonly ours: number | null
  readonly theirs: number | null
  /** How many times better ours is. */
  readonly times: number | null
  readonly target?: string
}

const rows: Row[] = []
function note(what: string, unit: string, ours: number | null, theirs: number | null, target?: string): void {
  const better = unit.endsWith('/s') ? [ours, theirs] : [theirs, ours]
  const times = better[0] === null || better[1] === null ? null : better[0]! / better[1]!
  rows.push({ what, unit, ours, theirs, times, ...(target === undefined ? {} : { target }) })
}

const quantile = (numbers: readonly number[], part: number): number =>
  numbers.toSorted((a, b) => a - b)[Math.min(numbers.length - 1, Math.floor(numbers.length * part))]!
const median = (numbers: readonly number[]): number => quantile(numbers, 0.5)

/** What this thread has computed so far. */
function cpuMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

async function timed(work: () => unknown): Promise<number> {
  const start = performance.now()
  const computed = cpuMs()
  await work()
  const ms = performance.now() - start
  return ms < LONG_MS ? ms : cpuMs() - computed
}

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void
const heapMb = (): number => {
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return (heapUsed + external) / 1e6
}

let uuids = 0
const open = (form: Form, more: Partial<Parameters<typeof openSession>[1]> = {}): Session =>
  unwrap(
    openSession(form, {
      now: () => millis(Date.now()),
      uuid: () => `00000000-0000-4000-8000-${String(++uuids).padStart(12, '0')}`,
      random: Math.random,
      timeZone: 'UTC',
      ...more,
    }),
  )

const firstLabel = (session: Session): string => session.question(session.pages()[0]!.questions[0]!)!.label

function firstOdkLabel(root: OdkRoot): string {
  for (const [, node] of nodesByRef(root)) {
    const label = ['root', 'group', 'model-value'].includes(node.nodeType) ? undefined : node.currentState.label
    if (label) return label.asString
  }
  return ''
}

/** A row of timings taken in turns; the first of each only warms. */
async function inTurns(ours: () => unknown, theirs: (() => unknown) | null, turns = rounds) {
  const found: { ours: number[]; theirs: number[] } = { ours: [], theirs: [] }
  for (let turn = 0; turn <= turns; turn++) {
    const one = await timed(ours)
    const other = theirs === null ? null : await timed(theirs)
    if (turn > 0) found.ours.push(one)
    if (turn > 0 && other !== null) found.theirs.push(other)
  }
  return { ours: median(found.ours), theirs: theirs === null ? null : median(found.theirs) }
}

const whoPath = join(import.meta.dirname, '../../shared/forms/who-va-2016-v1.5.xml')
const big = surveyForm(1000)
const record = surveyForm(500)

function loadForms(): readonly { readonly name: string; readonly xml: string }[] {
  const generated = { name: '1,000 questions', xml: big.xml }
  return existsSync(whoPath) ? [{ name: 'WHO', xml: readFileSync(whoPath, 'utf8') }, generated] : [generated]
}

async function benchLoad(odk: Odk): Promise<void> {
  for (const { name, xml } of loadForms()) {
    const program = JSON.stringify(unwrap(compileXform(xml)).program)
    const theirs = async (): Promise<void> => {
      const form = await odk.load(xml)
      firstOdkLabel(form.create())
      form.reset()
    }
    const whole = await inTurns(() => firstLabel(open(unwrap(compileXform(xml)))), theirs)
    const stored = await inTurns(() => firstLabel(open(unwrap(loadProgram(JSON.parse(program))))), null)
    const dom = await inTurns(
      () => undefined,
      () => odk.parseDom(xml),
    )
    note(`${name}: XForm XML → first question`, 'ms', whole.ours, whole.theirs, '≥10×')
    note(`${name}: stored program → first question`, 'ms', stored.ours, whole.theirs)
    note(`${name}: jsdom's DOMParser alone, in the above`, 'ms', null, dom.theirs)
    const form = unwrap(compileXform(xml))
    const next = await inTurns(() => firstLabel(open(form)), null)
    note(`${name}: one more session`, 'ms', next.ours, null)
    note(`${name}: program, JSON`, 'kB', program.length / 1000, null)
    note(`${name}: program, JSON gzipped`, 'kB', gzipSync(program).length / 1000, null)
  }
}

/** Records differ, so that nothing is validated from memory. */
const recordsOf = (count: number): readonly Readonly<Record<string, string>>[] =>
  Array.from({ length: count }, (_, i) => ({ ...record.answers, 's0/age': String(20 + i), 's3/age': String(i % 200) }))

async function benchValidate(odk: Odk): Promise<void> {
  const form = unwrap(compileXform(record.xml))
  const validate = createValidator(form)
  const records = recordsOf(100)
  const xmls = records.map(answers => instanceXml(form, answers))
  const few = xmls.slice(0, 3)
  const theirForm = await odk.load(record.xml)
  const theirs = async (): Promise<void> => {
    for (const xml of few) {
      const root = await theirForm.restore(xml)
      void root.validationState.violations.length
      theirForm.reset()
    }
  }
  const perSecond = (count: number, ms: number): number => (count / ms) * 1000
  const xml = await inTurns(() => xmls.map(validate), theirs, Math.min(3, rounds))
  const theirRate = perSecond(few.length, xml.theirs!)
  const answers = await inTurns(() => records.map(validate), null)
  const edit = { deprecatedId: 'uuid:old' as InstanceId }
  const session = await inTurns(() => records.map(one => open(form, { ...edit, answers: one }).violations()), null)
  const rate = (ms: number): number => perSecond(records.length, ms)
  note('500 questions: an instance XML validated', 'records/s', rate(xml.ours), theirRate, '≥500×')
  note('500 questions: answers validated', 'records/s', rate(answers.ours), theirRate)
  note('500 questions: answers opened as a session, its violations', 'records/s', rate(session.ours), theirRate)
}

/** A record as a submission; what is wrong in it stays in it. */
function instanceXml(form: Form, answers: Readonly<Record<string, string>>): string {
  const sections = Map.groupBy(Object.entries(answers), ([ref]) => ref.split('/')[0]!)
  const inner = [...sections].map(
    ([section, held]) =>
      `<${section}>${held.map(([ref, value]) => `<${ref.split('/')[1]!}>${value}</${ref.split('/')[1]!}>`).join('')}</${section}>`,
  )
  return `<data id="${form.formId}" version="${form.version}">${inner.join('')}<meta><instanceID>uuid:1</instanceID></meta></data>`
}

/** Every question, then every age again: what changes then has followers all over. */
async function answerTimes(answer: (ref: string, value: string) => void): Promise<readonly number[]> {
  const times: number[] = []
  for (const [ref, value] of Object.entries(big.answers)) times.push(await timed(() => answer(ref, value)))
  for (const [ref, value] of Object.entries(big.answers))
    if (ref.endsWith('/age')) times.push(await timed(() => answer(ref, String(Number(value) + 1))))
  return times
}

async function benchAnswer(odk: Odk): Promise<void> {
  const compiled = unwrap(compileXform(big.xml))
  const warming = open(compiled)
  await answerTimes((ref, value) => void warming.answer(ref, value))
  const session = open(compiled)
  const ours = await answerTimes((ref, value) => void session.answer(ref, value))
  const form = await odk.load(big.xml)
  const warmNodes = nodesByRef(form.create())
  await answerTimes((ref, value) => answerOdk(warmNodes.get(ref)!, value))
  form.reset()
  const root = form.create()
  const nodes = nodesByRef(root)
  const theirs = await answerTimes((ref, value) => answerOdk(nodes.get(ref)!, value))
  note('1,000 questions: one answer, p50', 'ms', quantile(ours, 0.5), quantile(theirs, 0.5))
  note('1,000 questions: one answer, p95', 'ms', quantile(ours, 0.95), quantile(theirs, 0.95), '<1 ms')
  note('1,000 questions: one answer, the slowest', 'ms', quantile(ours, 1), quantile(theirs, 1))
  const violations = await inTurns(
    () => session.violations(),
    () => root.validationState.violations.length,
  )
  note('1,000 questions: all violations', 'ms', violations.ours, violations.theirs)
  const pages = await inTurns(() => session.pages(), null)
  note('1,000 questions: all pages', 'ms', pages.ours, null)
  const draft = await inTurns(
    () => JSON.stringify(session.draft()),
    () => root.prepareInstancePayload(),
  )
  note('1,000 questions: draft, as text', 'ms', draft.ours, draft.theirs)
  const kept = JSON.parse(JSON.stringify(session.draft())) as ReturnType<Session['draft']>
  const again = await inTurns(() => open(session.form, { draft: kept }), null)
  note('1,000 questions: opened from a draft', 'ms', again.ours, null)
  form.reset()
  const finalise: number[] = []
  for (let i = 0; i < rounds; i++) {
    const full = open(session.form, { draft: kept })
    finalise.push(await timed(() => unwrap(full.finalise())))
  }
  note('1,000 questions: finalise', 'ms', median(finalise), null)
}

async function benchList(odk: Odk): Promise<void> {
  const csv = placesCsv(PLACES)
  const xml = placesForm()
  const program = JSON.stringify(unwrap(compileXform(xml)).program)
  const before = heapMb()
  const start = cpuMs()
  const attachments = (name: string): string | undefined => (name === PLACES_FILE ? csv : undefined)
  const session = open(unwrap(loadProgram(JSON.parse(program), { attachments })))
  const loadMs = cpuMs() - start
  const filter = (district: string): number => {
    unwrap(session.answer('district', district))
    return session.question('place')!.choices.length
  }
  const coldMs = await timed(() => filter('d1'))
  const pullColdMs = await timed(() => unwrap(session.answer('place', 'p1')))
  const memory = heapMb() - before
  const warm: number[] = []
  const pull: number[] = []
  for (let i = 2; i < 52; i++) {
    warm.push(await timed(() => filter(`d${i}`)))
    pull.push(await timed(() => unwrap(session.answer('place', `p${i}`))))
  }

  const theirBefore = heapMb()
  const theirStart = cpuMs()
  const theirForm = await odk.load(xml, { [PLACES_FILE]: csv })
  const root = theirForm.create()
  const theirLoadMs = cpuMs() - theirStart
  const nodes = nodesByRef(root)
  const theirFilter = (district: string): number => {
    answerOdk(nodes.get('district')!, district)
    return nodes.get('place')!.currentState.valueOptions!.length
  }
  const theirColdMs = await timed(() => theirFilter('d1'))
  const theirPullColdMs = await timed(() => answerOdk(nodes.get('place')!, 'p1'))
  const theirMemory = heapMb() - theirBefore
  const theirWarm: number[] = []
  const theirPull: number[] = []
  for (let i = 2; i < 5; i++) {
    theirWarm.push(await timed(() => theirFilter(`d${i}`)))
    theirPull.push(await timed(() => answerOdk(nodes.get('place')!, `p${i}`)))
  }
  theirForm.reset()
  note('50,000-row list: from the form and its CSV to an open session', 'ms', loadMs, theirLoadMs, '≤500 ms')
  note('50,000-row list: first answer that filters', 'ms', coldMs, theirColdMs)
  note('50,000-row list: an answer that filters', 'ms', median(warm), median(theirWarm), '≤10 ms')
  note('50,000-row list: first two look-ups by another column', 'ms', pullColdMs, theirPullColdMs)
  note('50,000-row list: two look-ups, one by pulldata', 'ms', median(pull), median(theirPull), '≤10 ms')
  note('50,000-row list: memory held after that', 'MB', memory, theirMemory, '≤100 MB')
}

async function benchRepeat(odk: Odk): Promise<void> {
  const session = open(unwrap(compileXform(rosterForm())))
  const growMs = await timed(() => {
    for (let row = 2; row < ROWS; row++) unwrap(session.addRepeat('row'))
  })
  for (let row = 1; row < ROWS; row++) unwrap(session.answer(`row[${row}]/age`, String(row % 90)))
  const last = await timed(() => unwrap(session.addRepeat('row')))
  const middle: number[] = []
  for (let i = 0; i < 50; i++) middle.push(await timed(() => unwrap(session.answer(`row[${i * 19 + 5}]/age`, '33'))))
  const removals: number[] = []
  for (let i = 0; i < 20; i++) removals.push(await timed(() => unwrap(session.removeRepeat(`row[${500 - i}]`))))
  const pages = await inTurns(() => session.pages(), null)

  const form = await odk.load(rosterForm())
  const root = form.create()
  const range = nodesByRef(root).get('row')!
  range.addInstances?.(0, THEIR_ROWS - 2)
  const nodes = nodesByRef(root)
  for (let row = 1; row < THEIR_ROWS; row++) answerOdk(nodes.get(`row[${row}]/age`)!, String(row % 90))
  const theirLast = await timed(() => range.addInstances?.(0))
  const theirMiddle: number[] = []
  for (let i = 0; i < 10; i++)
    theirMiddle.push(await timed(() => answerOdk(nodes.get(`row[${i * 19 + 5}]/age`)!, '33')))
  const theirRemovals: number[] = []
  for (let i = 0; i < 5; i++) theirRemovals.push(await timed(() => range.removeInstances?.(THEIR_ROWS / 2 - i, 1)))
  form.reset()
  const few = `(theirs ${THEIR_ROWS})`
  note('1,000 rows: adding the first 999 one by one', 'ms', growMs, null)
  note(`1,000 rows ${few}: adding the last`, 'ms', last, theirLast, '≤20 ms')
  note(`1,000 rows ${few}: an answer in one, with sums over all`, 'ms', median(middle), median(theirMiddle), '≤20 ms')
  note(`1,000 rows ${few}: removing one in the middle`, 'ms', median(removals), median(theirRemovals), '≤20 ms')
  note('1,000 rows: all pages', 'ms', pages.ours, null)
}

async function benchMemory(odk: Odk): Promise<void> {
  const small = surveyForm(50)
  const form = unwrap(compileXform(small.xml))
  const fill = (): void => {
    const session = open(form)
    for (const [ref, value] of Object.entries(small.answers)) session.answer(ref, value)
    unwrap(session.finalise())
  }
  for (let i = 0; i < SESSIONS / 10; i++) fill()
  const begun = heapMb()
  const rss = process.memoryUsage().rss
  const oursMs = await timed(() => {
    for (let i = 0; i < SESSIONS; i++) fill()
  })
  const ours = heapMb() - begun
  note('10,000 sessions of 50 questions, filled and finalised: one', 'ms', oursMs / SESSIONS, null)
  note('the same: heap kept a session', 'kB', (ours * 1000) / SESSIONS, null, '0')
  note('the same: growth of the process over all', 'MB', (process.memoryUsage().rss - rss) / 1e6, null)

  const theirForm = await odk.load(small.xml)
  const theirFill = (reset: boolean): void => {
    const root = theirForm.create()
    const nodes = nodesByRef(root)
    for (const [ref, value] of Object.entries(small.answers)) answerOdk(nodes.get(ref)!, value)
    if (reset) theirForm.reset()
  }
  theirFill(true)
  for (const reset of [true, false]) {
    const before = heapMb()
    for (let i = 0; i < 50; i++) theirFill(reset)
    const kept = ((heapMb() - before) * 1000) / 50
    note(`50 sessions of theirs ${reset ? 'with' : 'without'} resetInstance: heap kept a session`, 'kB', null, kept)
  }
  theirForm.reset()
}

/** In a fresh process: what an officer waits for after the process is there. */
const COLD = `
const cpuMs = () => { const { user, system } = process.threadCpuUsage(); return (user + system) / 1000 }
const start = cpuMs()
const { readFileSync } = await import('node:fs')
const { loadProgram, openSession } = await import('@murram/xform')
const imported = cpuMs()
const form = loadProgram(JSON.parse(readFileSync(0, 'utf8')))
const session = openSession(form.value, { now: () => Date.now(), uuid: () => 'u', random: () => 0.5, timeZone: 'UTC' })
const page = session.value.pages()[0]
for (const ref of page.questions) session.value.question(ref)
console.log(JSON.stringify([imported - start, cpuMs() - imported]))`

async function benchCold(): Promise<void> {
  const [{ name, xml }] = loadForms() as [{ name: string; xml: string }]
  const input = JSON.stringify(unwrap(compileXform(xml)).program)
  const runs = Array.from({ length: rounds }, () => {
    const text = execFileSync(process.execPath, ['--input-type=module', '--eval', COLD], {
      cwd: import.meta.dirname,
      input,
      encoding: 'utf8',
    })
    return JSON.parse(text) as [number, number]
  })
  note(`${name}, fresh process: import of the engine`, 'ms', median(runs.map(([imported]) => imported)), null)
  note(`${name}, fresh process: stored program → first page`, 'ms', median(runs.map(([, page]) => page)), null)
}

const parts: Readonly<Record<string, (odk: Odk) => Promise<void>>> = {
  load: benchLoad,
  validate: benchValidate,
  answer: benchAnswer,
  list: benchList,
  repeat: benchRepeat,
  memory: benchMemory,
  cold: benchCold,
}

const odk = await startOdk()
for (const part of values.only.split(',')) {
  const ms = await timed(() => parts[part]?.(odk))
  console.error(`${part}: ${(ms / 1000).toFixed(1)} s`)
}

if (values.json) console.log(JSON.stringify({ bench: 'forms', rounds, rows }))
else {
  const show = (one: number | null): number | string => (one === null ? '–' : Number(one.toPrecision(3)))
  console.table(
    Object.fromEntries(
      rows.map(({ what, unit, ours, theirs, times, target }) => [
        what,
        { unit, ours: show(ours), theirs: show(theirs), 'times better': show(times), target: target ?? '' },
      ]),
    ),
  )
}
