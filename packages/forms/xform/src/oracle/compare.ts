/**
 * Both states as flat records, and where they differ. Tests only.
 *
 * What is asked, with texts, choices and conditions in the active language; what is wrong, with
 * its message; every submitted value; at the end, the instance as it is sent. A key says what it
 * is about by its first word. What the oracle draws by itself (UUIDs) is masked.
 */
import { instanceLines, flatInstance } from './instance-xml.ts'
import { pathOf, withTimeHeld, type Pair } from './pair.ts'

export type Shown = Readonly<Record<string, string>>

export interface Difference {
  readonly key: string
  readonly ours: string | undefined
  readonly theirs: string | undefined
}

const UUID = /[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/g
const withoutDraws = (value: string): string => value.replace(UUID, 'UUID')
const squeeze = (text: string): string => text.replace(/\s+/g, ' ').trim()

const OWN_ID = 'meta/instanceID'

interface Asked {
  readonly required: boolean
  readonly readOnly: boolean
  readonly label: string
  readonly hint: string
  readonly choices: readonly { readonly value: string; readonly label: string }[] | null
}

function showQuestion(ref: string, { required, readOnly, label, hint, choices }: Asked): Record<string, string> {
  return {
    [`asked ${ref}`]: `required ${required}, read-only ${readOnly}`,
    [`label ${ref}`]: squeeze(label),
    [`hint ${ref}`]: squeeze(hint),
    ...(choices === null
      ? {}
      : { [`choices ${ref}`]: choices.map(one => `${one.value}=${squeeze(one.label)}`).join('|') }),
  }
}

const CHOOSES: ReadonlySet<string> = new Set(['select', 'select1', 'rank'])

export interface Both {
  readonly ours: Shown
  readonly theirs: Shown
}

export const showPair = (pair: Pair): Both => withTimeHeld(() => showBoth(pair))

function showBoth({ session, oracle, specs }: Pair): Both {
  const ours: Record<string, string> = {}
  const theirs: Record<string, string> = {}
  const isRepeat = (path: string): boolean => specs.get(path)?.repeat === true

  for (const [ref, value] of Object.entries(session.answers()))
    if (ref !== OWN_ID && !ref.includes('@')) ours[`value ${ref}`] = withoutDraws(value)
  for (const [ref, value] of Object.entries(flatInstance(oracle.instanceXml(), isRepeat)))
    if (ref !== OWN_ID && specs.get(pathOf(ref))?.children.length === 0) theirs[`value ${ref}`] = withoutDraws(value)

  for (const question of session.questions()) {
    const chooses = CHOOSES.has(specs.get(pathOf(question.ref))?.control?.element ?? '')
    Object.assign(ours, showQuestion(question.ref, chooses ? question : { ...question, choices: null }))
  }
  for (const [ref, question] of oracle.questions()) Object.assign(theirs, showQuestion(ref, question))

  const violations = oracle.violations()
  const silent = new Set(violations.filter(one => one.message === null).map(one => `wrong ${one.kind} ${one.ref}`))
  for (const { ref, kind, message } of session.violations()) {
    const key = `wrong ${kind} ${ref}`
    // Where the form gives no message, each has words of its own.
    ours[key] = silent.has(key) ? '' : squeeze(message)
  }
  for (const { ref, kind, message } of violations) theirs[`wrong ${kind} ${ref}`] = squeeze(message ?? '')
  return { ours, theirs }
}

export const differing = (ours: Shown, theirs: Shown): readonly Difference[] =>
  [...new Set([...Object.keys(ours), ...Object.keys(theirs)])]
    .filter(key => ours[key] !== theirs[key])
    .map(key => ({ key, ours: ours[key], theirs: theirs[key] }))

/**
 * The instance as it is sent: elements with their namespaces, order and attributes. (Values
 * were compared before.) Ends the session; `null` where it may not end yet.
 */
export function submissionDifferences({ session, oracle }: Pair): readonly Difference[] | null {
  const sent = withTimeHeld(() => session.finalise())
  if (!sent.ok) return null
  const lines = (xml: string): Shown =>
    Object.fromEntries(instanceLines(xml).map((line, i) => [`sent ${i}`, withoutDraws(line)]))
  return differing(lines(sent.value.xml), lines(oracle.instanceXml())).slice(0, 3)
}
