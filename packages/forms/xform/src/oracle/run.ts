/**
 * One form through both engines: seeded moves, compared after each, and what is sent in the
 * end. Tests only. A run stops at its first difference: what comes after it follows from it.
 *
 * Every second run has the form without its conditions (required, constraint), so that most
 * instances can be sent and answers of every kind reach the calculations.
 */
import fc from 'fast-check'
import { unwrap } from '@murram/ground'
import { compileXform } from '../open-form.ts'
import type { Form } from '../form.ts'
import { differing, showPair, submissionDifferences, type Both, type Difference } from './compare.ts'
import type { Engine } from './engine.ts'
import type { Listed, Met } from './difference-row.ts'
import { LISTED } from './listed.ts'
import { constantsOf, moves, pick, someAnswer, type Constants, type Move } from './moves.ts'
import {
  LEFT_A_TRACE,
  addRowToBoth,
  answerBoth,
  openPair,
  pathOf,
  removeRowOfBoth,
  speakToBoth,
  withTimeHeld,
} from './pair.ts'
import type { Made, Pair } from './pair.ts'
import type { Text } from '../program.ts'

export interface RunOptions {
  readonly xml: string
  readonly engine: Engine
  readonly runs: number
  readonly steps: number
  readonly seed: number
  readonly attachments?: ReadonlyMap<string, string>
}

export interface Found {
  readonly seed: number
  readonly made: readonly string[]
  readonly differences: readonly Difference[]
}

export interface RunResult {
  /** States that were compared whole. */
  readonly compared: number
  readonly sent: number
  readonly reached: ReadonlySet<string>
  /** How often each listed difference was met. */
  readonly listed: ReadonlyMap<string, number>
  readonly found: readonly Found[]
}

/** What a difference is about, for the rows of the list. */
export function metBy(form: Form, xml: string): (difference: Difference) => Met {
  const { program } = form
  const { nodes, steps, actions, expressions } = program
  const byPath = new Map(nodes.map((node, i) => [node.path, i]))
  const source = (expression: number): string => expressions[expression]!.source

  /** Expressions in a text and in the itext that it names. */
  const inText = (text: Text): readonly number[] =>
    text.flatMap(part => {
      if (typeof part === 'string') return []
      if ('output' in part) return [part.output]
      return Object.values(program.itext).flatMap(texts => inText(texts[part.itext] ?? []))
    })
  const isConditional = (node: number): boolean => {
    for (let at = node; at >= 0; at = nodes[at]!.parent)
      if (steps.some(step => step.kind === 'relevant' && step.node === at)) return true
    return false
  }
  return difference => {
    const ref = difference.key.split(' ').at(-1)!
    const node = byPath.get(pathOf(ref)) ?? -1
    const spec = nodes[node]
    const setters = actions.filter(one => one.node === node)
    const own = steps.filter(one => one.node === node)
    const makers = [
      ...own.filter(one => one.kind === 'calculate').map(one => one.expression),
      ...setters.flatMap(one => one.expression ?? []),
    ].map(source)
    const texts =
      spec === undefined
        ? []
        : [...(spec.control?.label ?? []), ...(spec.control?.hint ?? []), ...spec.constraintMessage]
    const sources = [...makers, ...own.map(one => source(one.expression)), ...inText(texts).map(source)]
    const followsRelevance = setters.some(
      ({ trigger }) =>
        trigger !== null && (isConditional(trigger) || nodes[trigger]!.control?.choices?.from === 'nodes'),
    )
    return { ...difference, program, xml, spec, makers, sources, followsRelevance }
  }
}

/** A refused answer leaves ours as it was (S1), and should theirs. */
function traceOf(ref: string, before: Both, after: Both, move: string): readonly Difference[] {
  const changed = differing(before.ours, after.ours)
  if (changed.length > 0) return changed.map(one => ({ ...one, key: `refused, and yet ${one.key}` }))
  if (differing(before.theirs, after.theirs).length === 0) return []
  return [{ key: `taken ${ref}`, ours: move, theirs: LEFT_A_TRACE }]
}

export const differencesAfter = (
  { move, disagreement, refused }: Made,
  ref: string,
  before: Both,
  after: Both,
): readonly Difference[] => [
  ...(disagreement === null ? [] : [{ key: `taken ${ref}`, ours: move, theirs: disagreement }]),
  ...(refused ? traceOf(ref, before, after, move) : []),
  ...differing(after.ours, after.theirs),
]

/** `null`: there was nothing of the kind to do. */
function makeMove(pair: Pair, { what, which, dice }: Move, constants: Constants): Made | null {
  const { session, oracle, specs } = pair
  if (what === 'language') {
    const language = pick(oracle.languages, dice)
    return language === undefined || language === '' || language === session.language()
      ? null
      : speakToBoth(pair, language)
  }
  if (what === 'add' || what === 'remove') {
    const repeat = pick(
      session.repeats().filter(one => one.canAdd),
      which,
    )
    if (repeat === undefined || (what === 'add' ? repeat.count >= 4 : repeat.count === 0)) return null
    return what === 'add'
      ? addRowToBoth(pair, repeat.ref)
      : removeRowOfBoth(pair, repeat.ref, 1 + (dice % repeat.count))
  }
  const question = pick(
    session.questions().filter(({ readOnly, ref }) => !readOnly && oracle.has(ref)),
    which,
  )
  if (question === undefined) return null
  const spec = specs.get(pathOf(question.ref))!
  const value = what === 'clear' ? '' : someAnswer(spec, question, constants(spec.path), dice)
  return answerBoth(pair, question.ref, value)
}

export const withoutConditions = (xml: string): string =>
  xml
    .replace(/(<bind\b[^>]*?)\s(?:required|constraint)="[^"]*"/g, '$1')
    .replace(/(<bind\b[^>]*?)\s(?:required|constraint)="[^"]*"/g, '$1')

export async function runForm(options: RunOptions): Promise<RunResult> {
  const { xml, runs } = options
  const whole = await runSome({ ...options, runs: Math.ceil(runs / 2) })
  const open = withoutConditions(xml)
  if (runs < 2) return whole
  const free = await runSome({ ...options, xml: open, runs: Math.floor(runs / 2), seed: options.seed + 1000 })
  return {
    compared: whole.compared + free.compared,
    sent: whole.sent + free.sent,
    reached: new Set([...whole.reached, ...free.reached]),
    listed: new Map([
      ...free.listed,
      ...[...whole.listed].map(([k, n]) => [k, n + (free.listed.get(k) ?? 0)] as const),
    ]),
    found: [...whole.found, ...free.found],
  }
}

async function runSome({ xml, engine, runs, steps, seed, attachments }: RunOptions): Promise<RunResult> {
  const loaded = await engine(xml, attachments)
  const form = unwrap(compileXform(xml, attachments === undefined ? {} : { attachments }))
  const met = metBy(form, xml)
  const constants = constantsOf(form)
  const found: Found[] = []
  const reached = new Set<string>()
  const listed = new Map<string, number>()
  let compared = 0
  let sent = 0

  /** What no row explains; `ends`: a row explains it, and nothing after it can agree. */
  function judge(differences: readonly Difference[]): { readonly left: readonly Difference[]; readonly ends: boolean } {
    const rows = differences.map(one => rowFor(met(one)))
    for (const row of rows) if (row !== undefined) listed.set(row.reason, (listed.get(row.reason) ?? 0) + 1)
    const ends = rows.some(row => row?.ends === true)
    // What else differs at once may follow from the row that ends the run.
    return { left: ends ? [] : differences.filter((_, i) => rows[i] === undefined), ends }
  }

  function runOnce(own: number): Found | null {
    const [all = []] = fc.sample(moves(steps), { seed: own, numRuns: 1 })
    const pair = openPair(form, loaded)
    const made: string[] = []
    const check = (differences: readonly Difference[]): 'goes on' | 'ends' | Found => {
      const { left, ends } = judge(differences)
      return left.length > 0 ? { seed: own, made, differences: left } : ends ? 'ends' : 'goes on'
    }
    compared += 1
    let shown = showPair(pair)
    let state = check(differing(shown.ours, shown.theirs))
    for (const move of all) {
      if (state !== 'goes on') break
      const one = withTimeHeld(() => makeMove(pair, move, constants))
      if (one === null) continue
      made.push(one.move)
      const ref = one.move.split(' ')[1] ?? ''
      reached.add(ref)
      compared += 1
      const before = shown
      shown = showPair(pair)
      state = check(differencesAfter(one, ref, before, shown))
    }
    if (state === 'goes on') {
      const differences = submissionDifferences(pair)
      if (differences !== null) {
        sent += 1
        state = check(differences)
      }
    }
    return typeof state === 'string' ? null : state
  }

  try {
    for (let run = 0; run < runs; run++) {
      const one = runOnce(seed + run)
      if (one !== null) found.push(one)
    }
  } finally {
    loaded.close()
  }
  return { compared, sent, reached, listed, found }
}

const rowFor = (met: Met): Listed | undefined => LISTED.find(row => row.covers(met))
