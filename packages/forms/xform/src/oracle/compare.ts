/** Drives our session and the oracle with the same moves and says where they differ. Tests only. */
import { millis, unwrap } from '@murram/ground'
import fc from 'fast-check'
import { compileXform } from '../open-form.ts'
import { openSession } from '../open-session.ts'
import type { QuestionState, Session } from '../session-types.ts'
import type { Form } from '../form.ts'
import { TEST_DEVICE, type Engine, type EngineInstance } from './engine.ts'

/** What to do next, before it is known what there is to do. */
export interface Move {
  readonly what: 'answer' | 'clear' | 'add' | 'remove'
  readonly which: number
  readonly dice: number
}

export const moves = (maxLength: number): fc.Arbitrary<readonly Move[]> =>
  fc.array(
    fc.record({
      what: fc.constantFrom('answer', 'answer', 'answer', 'answer', 'answer', 'clear', 'add', 'remove'),
      which: fc.nat(10_000),
      dice: fc.nat(10_000),
    }),
    { minLength: 1, maxLength, size: 'max' },
  )

/** An answer that a person could give; now and then one that a constraint refuses. */
export function someAnswer({ kind, choices }: QuestionState, dice: number): string {
  const choice = (n: number): string => choices[n % choices.length]?.value ?? ''
  switch (kind) {
    case 'integer':
      return String((dice % 13) * (dice % 7) - 3)
    case 'decimal':
      return String((dice % 400) / 4 - 5)
    case 'date':
      return new Date(Date.UTC(1950 + (dice % 90), dice % 12, 1 + (dice % 28))).toISOString().slice(0, 10)
    case 'select-one':
      return choice(dice)
    case 'select-multiple':
      return [...new Set([choice(dice), choice(dice >> 2), choice(dice >> 4)])].filter(word => word !== '').join(' ')
    case 'text':
      return ['', 'Asha', 'x', 'a longer text', '42'][dice % 5]!
    default:
      return ''
  }
}

const ANSWERABLE: ReadonlySet<string> = new Set(['integer', 'decimal', 'date', 'select-one', 'select-multiple', 'text'])

export const answerable = (session: Session): readonly QuestionState[] =>
  session.questions().filter(question => ANSWERABLE.has(question.kind) && !question.readOnly)

export const pick = <T>(from: readonly T[], which: number): T | undefined => from[which % Math.max(1, from.length)]

/** The oracle has the machine's clock and zone, so ours is that clock, stopped. */
export function openForTest(form: Form): Session {
  let draws = 0
  const openedAt = millis(Date.now())
  return unwrap(
    openSession(form, {
      now: () => openedAt,
      uuid: () => `00000000-0000-4000-8000-${String(++draws).padStart(12, '0')}`,
      random: () => 0.5,
      deviceId: TEST_DEVICE,
    }),
  )
}

export interface Pair {
  readonly session: Session
  readonly oracle: EngineInstance
  /** Selects whose answer we took away: the oracle only hides it, and would bring it back. */
  readonly taken: Set<string>
}

export async function openPair(xml: string, engine: Engine): Promise<Pair> {
  const session = openForTest(unwrap(compileXform(xml)))
  return { session, oracle: await engine(xml), taken: new Set() }
}

export function makeMove({ session, oracle, taken }: Pair, { what, which, dice }: Move): string | null {
  for (const ref of taken) oracle.answer(ref, session.question(ref)?.value ?? '')
  taken.clear()
  if (what === 'add' || what === 'remove') {
    const repeat = pick(
      session.repeats().filter(one => one.canAdd),
      which,
    )
    if (repeat === undefined || (what === 'add' && repeat.count >= 4)) return null
    if (what === 'add') {
      unwrap(session.addRepeat(repeat.ref))
      oracle.addRow(repeat.ref)
      return `add ${repeat.ref}`
    }
    if (repeat.count === 0) return null
    const row = 1 + (dice % repeat.count)
    unwrap(session.removeRepeat(`${repeat.ref}[${row}]`))
    oracle.removeRow(repeat.ref, row)
    return `remove ${repeat.ref}[${row}]`
  }
  const question = pick(answerable(session), which)
  if (question === undefined) return null
  const value = what === 'clear' ? '' : someAnswer(question, dice)
  const answered = unwrap(session.answer(question.ref, value))
  oracle.answer(question.ref, value)
  for (const { ref, kind } of answered.changed)
    if (kind === 'value' && ref !== question.ref && session.question(ref)?.kind.startsWith('select') === true)
      taken.add(ref)
  if (!answered.accepted) {
    // The oracle keeps a wrong answer and marks it; ours keeps the former one.
    const marked = oracle.violations().includes(`${question.ref} constraint`)
    oracle.answer(question.ref, question.value)
    if (!marked) return `answer ${question.ref} = ${value}: refused here, taken by the oracle`
  }
  return `answer ${question.ref} = ${JSON.stringify(value)}${answered.accepted ? '' : ' (refused by both)'}`
}

export interface Shown {
  readonly answers: Readonly<Record<string, string>>
  readonly questions: Readonly<Record<string, unknown>>
  readonly violations: readonly string[]
}

const UUID = /[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/g
const MOMENT = /^\d{4}-\d\d-\d\dT[\d:.+Z-]+$/

/** Each engine draws its own, and looks at the clock some milliseconds apart. */
const withoutDraws = (answers: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(answers).map(([ref, value]) => [ref, value.replace(UUID, 'UUID').replace(MOMENT, 'MOMENT')]),
  )

const OWN_ID = 'meta/instanceID'

/** Both states in one shape, so that a test can compare them whole. */
export function showBoth({ session, oracle }: Pair): { readonly ours: Shown; readonly theirs: Shown } {
  const repeats = new Set(session.form.program.nodes.filter(node => node.repeat).map(node => node.path))
  const { [OWN_ID]: _ours, ...answers } = session.answers()
  const { [OWN_ID]: _theirs, ...theirAnswers } = oracle.answers(path => repeats.has(path))
  const isLeaf = new Set(session.form.program.nodes.filter(node => node.children.length === 0).map(node => node.path))
  const decimals = new Set(session.form.questions.filter(({ kind }) => kind === 'decimal').map(({ path }) => path))
  const pathOf = (ref: string): string => ref.replace(/\[\d+\]/g, '')
  // The oracle writes the decimal two as `2.0`, we as `2`: one number.
  const leaves = Object.entries(theirAnswers)
    .filter(([ref]) => isLeaf.has(pathOf(ref)))
    .map(([ref, value]) => [ref, decimals.has(pathOf(ref)) && value !== '' ? String(Number(value)) : value])
  const asked = session.questions().filter(({ kind }) => kind !== 'other')
  const known = oracle.questions()
  return {
    ours: {
      answers: withoutDraws(Object.fromEntries(Object.entries(answers).filter(([ref]) => !ref.includes('@')))),
      questions: Object.fromEntries(
        asked.map(({ ref, required, readOnly, choices, kind }) => [
          ref,
          { required, readOnly, choices: kind.startsWith('select') ? choices.map(choice => choice.value) : null },
        ]),
      ),
      violations: session
        .violations()
        .map(({ ref, kind }) => `${ref} ${kind}`)
        .sort(),
    },
    theirs: {
      answers: withoutDraws(Object.fromEntries(leaves)),
      questions: Object.fromEntries(asked.map(({ ref }) => [ref, known.get(ref) ?? 'not asked'])),
      violations: oracle.violations(),
    },
  }
}
