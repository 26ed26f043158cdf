/**
 * A range: `start=0 end=10 step=2`, with ticks, a placeholder and labels of ticks from a list.
 * The numbers must fit together, or the slider shows marks that cannot be chosen.
 */
import type { ChoiceList } from './choice-lists.ts'
import { absolute, compare, isMultiple, isWhole, readDecimal, subtract, ZERO, type Decimal } from './decimal.ts'
import { refuseParameters, refuseUnknown, type Parameters } from './parameters.ts'
import type { Report, SheetRow } from './sheet-rows.ts'

interface RangeParameters {
  readonly body: Readonly<Record<string, string>>
  readonly isDecimal: boolean
  /** List whose labels stand at the ticks. */
  readonly labels: string | null
}

const DEFAULTS = { start: '1', end: '10', step: '1' }
const EXTRA = ['tick_interval', 'placeholder', 'tick_labelset']

export function readRange(
  row: SheetRow,
  given: Parameters,
  appearance: string,
  lists: ReadonlyMap<string, ChoiceList>,
  report: Report,
): RangeParameters {
  const refuse = (message: string): void => refuseParameters(row, report, `For a range, ${message}`)
  const none: RangeParameters = { body: {}, isDecimal: false, labels: null }
  refuseUnknown([...Object.keys(DEFAULTS), ...EXTRA], given, refuse)
  const words = appearance.split(/\s+/).filter(word => word !== '')
  if (words.some(word => word !== 'vertical' && word !== 'no-ticks') && EXTRA.some(key => given.has(key)))
    refuse(
      `${EXTRA.join(', ')} go with the appearances vertical and no-ticks only, not with “${appearance}”. Remove one or the other.`,
    )
  const read: Record<string, Decimal> = {}
  for (const key of [...Object.keys(DEFAULTS), 'tick_interval', 'placeholder']) {
    const text = given.get(key) ?? (DEFAULTS as Record<string, string>)[key]
    if (text === undefined) continue
    const value = readDecimal(text)
    if (value === undefined) refuse(`${key} is a number, not “${text}”, e.g. “start=0 end=10 step=2”.`)
    else read[key] = value
  }
  const { start, end, step, tick_interval: interval, placeholder } = read
  if (start === undefined || end === undefined || step === undefined) return none
  const fits = (key: string, value: Decimal): boolean => {
    if (compare(value, ZERO) === 0) refuse(`${key} must not be 0. Write how far apart the values are, e.g. ${key}=1.`)
    else if (compare(value, absolute(subtract(end, start))) > 0)
      refuse(`${key} is larger than the whole range from start to end. Make it smaller.`)
    else return true
    return false
  }
  if (!fits('step', step)) return none
  if (interval !== undefined && fits('tick_interval', interval) && !isMultiple(interval, step))
    refuse('tick_interval must be a multiple of step, or ticks stand where nothing can be chosen.')
  if (placeholder !== undefined) {
    if (!isMultiple(subtract(placeholder, start), step))
      refuse('placeholder must be a multiple of step, counted from start.')
    if (!isBetween(placeholder, start, end)) refuse('placeholder must be between start and end.')
  }
  const labels = given.get('tick_labelset') ?? null
  if (labels !== null) checkLabels(labels, { start, end, step, interval }, words.includes('no-ticks'), lists, refuse)
  const body = Object.fromEntries(Object.entries(DEFAULTS).map(([key, value]) => [key, given.get(key) ?? value]))
  return {
    body: {
      ...body,
      ...(given.has('tick_interval') ? { 'odk:tick-interval': given.get('tick_interval')! } : {}),
      ...(given.has('placeholder') ? { 'odk:placeholder': given.get('placeholder')! } : {}),
    },
    isDecimal: [start, end, step, interval, placeholder].some(value => value !== undefined && !isWhole(value)),
    labels,
  }
}

function checkLabels(
  name: string,
  {
    start,
    end,
    step,
    interval,
  }: Readonly<Record<'start' | 'end' | 'step', Decimal>> & { readonly interval: Decimal | undefined },
  noTicks: boolean,
  lists: ReadonlyMap<string, ChoiceList>,
  refuse: (message: string) => void,
): void {
  const list = lists.get(name)
  if (list === undefined)
    return refuse(`tick_labelset is a list of the choices sheet, and “${name}” is none. Add it, or correct the name.`)
  const values: Decimal[] = []
  for (const { value: text } of list.items) {
    const value = readDecimal(text)
    if (value === undefined)
      return refuse(`the choices of tick_labelset “${name}” are numbers; “${text}” is not. Correct its name.`)
    if (!isBetween(value, start, end))
      return refuse(`the choice “${text}” of tick_labelset “${name}” is not between start and end. Remove it.`)
    const [key, size] = interval === undefined ? (['step', step] as const) : (['tick_interval', interval] as const)
    const above = subtract(value, start)
    if (!isMultiple(above, size) || !isMultiple(above, step))
      return refuse(`the choice “${text}” of tick_labelset “${name}” must be start plus a multiple of ${key}.`)
    values.push(value)
  }
  const holds = (wanted: Decimal): boolean => values.some(value => compare(value, wanted) === 0)
  const isEnd = (value: Decimal): boolean => compare(value, start) === 0 || compare(value, end) === 0
  if (noTicks && !(holds(start) && holds(end) && values.every(isEnd)))
    refuse(
      `tick_labelset “${name}” labels the two ends only when the appearance is no-ticks: its choices must be the values of start and end.`,
    )
}

const isBetween = (value: Decimal, start: Decimal, end: Decimal): boolean =>
  compare(value, start) * compare(value, end) <= 0
