/**
 * Our session and the oracle, side by side: what is done to one is done to the other. Tests only.
 *
 * Clock and dice stand still for both. Where ours refuses an answer, the oracle takes it and
 * marks it, or keeps nothing; its former answer is put back, so that both go on from one state.
 */
import { millis, unwrap } from '@murram/ground'
import type { Form } from '../form.ts'
import { openSession } from '../open-session.ts'
import type { NodeSpec } from '../program.ts'
import type { Session } from '../session-types.ts'
import { TEST_DEVICE, TEST_USER, type EngineFormInstances, type EngineInstance } from './engine.ts'

/** 21 November 2026, 08:00 UTC. */
const STOPPED_AT = 1_795_248_000_000

/** Runs with the clock and the dice held still; both engines read the same ones. */
export function withTimeHeld<T>(run: () => T): T {
  const { now } = Date
  const { random } = Math
  Date.now = () => STOPPED_AT
  Math.random = () => 0.5
  try {
    return run()
  } finally {
    Date.now = now
    Math.random = random
  }
}

export function openForTest(form: Form): Session {
  let draws = 0
  return unwrap(
    openSession(form, {
      now: () => millis(STOPPED_AT),
      uuid: () => `00000000-0000-4000-8000-${String(++draws).padStart(12, '0')}`,
      random: () => 0.5,
      deviceId: TEST_DEVICE,
      username: TEST_USER,
    }),
  )
}

export interface Pair {
  readonly form: Form
  readonly session: Session
  readonly oracle: EngineInstance
  readonly specs: ReadonlyMap<string, NodeSpec>
  /** Selects whose answer we took away: the oracle only hides it, and would bring it back. */
  readonly taken: Set<string>
}

export const openPair = (form: Form, engine: EngineFormInstances): Pair =>
  withTimeHeld(() => ({
    form,
    session: openForTest(form),
    oracle: engine.open(),
    specs: new Map(form.program.nodes.map(node => [node.path, node])),
    taken: new Set<string>(),
  }))

/** `roster[2]/age` → `roster/age`. */
export const pathOf = (ref: string): string => ref.replace(/\[\d+\]/g, '')

export interface Made {
  /** As a reader would do it again. */
  readonly move: string
  /** Where the two already disagree in taking it. */
  readonly disagreement: string | null
  /** Ours took the answer not. */
  readonly refused: boolean
}

/** Its rows, actions and choices followed the answer, and do not all come back with the former one. */
export const LEFT_A_TRACE = 'the oracle is not as it was before the answer that is refused'

const done = (move: string): Made => ({ move, disagreement: null, refused: false })

export function answerBoth(pair: Pair, ref: string, value: string): Made {
  const { session, oracle, specs, taken } = pair
  for (const gone of taken) oracle.answer(gone, session.question(gone)?.value ?? '')
  taken.clear()
  const move = `answer ${ref} = ${JSON.stringify(value)}`
  const before = oracle.valueAt(ref)
  const answered = unwrap(session.answer(ref, value))
  try {
    oracle.answer(ref, value)
  } catch (thrown) {
    return {
      move,
      disagreement: answered.accepted ? `the oracle throws: ${String(thrown)}` : null,
      refused: !answered.accepted,
    }
  }
  for (const { ref: changed, kind } of answered.changed) {
    const element = specs.get(pathOf(changed))?.control?.element
    if (kind === 'value' && changed !== ref && element?.startsWith('select') === true) taken.add(changed)
  }
  if (answered.accepted) return done(move)
  const refusal = answered.violations[0]?.kind ?? 'unknown'
  const marked = oracle.violations().some(one => one.ref === ref && one.kind === 'constraint')
  const kept = oracle.valueAt(ref)
  oracle.answer(ref, before)
  const agrees = marked || (refusal === 'type' && kept === '')
  return {
    move: `${move} (refused: ${refusal})`,
    disagreement: agrees ? null : `refused here (${refusal}); the oracle keeps ${JSON.stringify(kept)}`,
    refused: true,
  }
}

export function addRowToBoth({ session, oracle }: Pair, ref: string): Made {
  unwrap(session.addRepeat(ref))
  oracle.addRow(ref)
  return done(`add ${ref}`)
}

export function removeRowOfBoth({ session, oracle }: Pair, ref: string, row: number): Made {
  unwrap(session.removeRepeat(`${ref}[${row}]`))
  oracle.removeRow(ref, row)
  return done(`remove ${ref}[${row}]`)
}

export function speakToBoth({ session, oracle }: Pair, language: string): Made {
  session.setLanguage(language)
  oracle.setLanguage(language)
  return done(`speak ${language}`)
}
