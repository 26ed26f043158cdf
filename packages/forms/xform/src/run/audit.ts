/**
 * The audit trace in ODK's events and columns: what was looked at, for how long, where, and
 * what was changed.
 *
 *     enter('age') ─► question opens          answered ─► its new value
 *     enter(other), leave, form exit ─► it ends
 *
 * A screen that tells nothing still leaves a trace: an answer is then an event that began when
 * the one before it ended.
 *
 *   A1 times never go back, also where the device's clock does
 *   A2 values stand only where the form asks for changes, and never of a sensitive question
 *   A3 a place is the most accurate fix that is not older than the form allows
 *
 * Not here: which parameters a form has (`audit-spec.ts`), and the text of the file
 * (`audit-csv.ts`).
 */
import type { AuditEvent, AuditEventName, Fix } from '../session-types.ts'
import type { AuditSpec } from './audit-spec.ts'

/** These last until something else is looked at. */
const LASTING: ReadonlySet<AuditEventName> = new Set<AuditEventName>([
  'question',
  'group questions',
  'add repeat',
  'jump',
  'end screen',
])
const ABOUT_PLACES = /^(?:location |google play )/

export interface AuditTrace {
  readonly note: (event: AuditEventName, node?: string, more?: Pick<AuditEvent, 'changeReason'>) => void
  /** Something is looked at; what was looked at before is not any more. */
  readonly enter: (event: 'question' | 'group questions', node: string) => void
  readonly leave: () => void
  /** Keystrokes in one question are one event, from its first old to its last new value. */
  readonly answered: (node: string, oldValue: string, newValue: string, isPlain: boolean) => void
  readonly locate: (fix: Fix) => void
  readonly identify: (user: string) => void
  readonly user: () => string
  readonly events: () => readonly AuditEvent[]
}

export interface AuditDeps {
  readonly now: () => number
  readonly spec: AuditSpec
  readonly user: string
  readonly earlier: readonly AuditEvent[]
}

export function createAuditTrace({ now, spec, user: first, earlier }: AuditDeps): AuditTrace {
  const events: AuditEvent[] = [...earlier]
  const open = new Set<number>()
  let fixes: readonly Fix[] = []
  let user = first
  let latestMs = earlier.reduce((most, { startMs, endMs }) => Math.max(most, startMs, endMs ?? 0), 0)

  const tick = (): number => (latestMs = Math.max(latestMs, now())) // A1
  const lastMs = (): number => {
    const last = events.at(-1)
    return last === undefined ? tick() : (last.endMs ?? last.startMs)
  }

  function place(atMs: number): Pick<AuditEvent, 'location'> {
    if (spec.location === null) return {}
    const { maxAgeMs } = spec.location
    fixes = fixes.filter(fix => atMs <= fix.atMs + maxAgeMs) // A3
    const best = fixes.toSorted((a, b) => a.accuracy - b.accuracy)[0]
    if (best === undefined) return {}
    const { latitude, longitude, accuracy } = best
    return { location: { latitude, longitude, accuracy } }
  }

  const begin = (event: AuditEventName, node: string, startMs: number, more: Partial<AuditEvent> = {}): number =>
    events.push({
      event,
      node,
      startMs,
      endMs: null,
      ...place(startMs),
      ...(spec.identifyUser ? { user } : {}),
      ...more,
    }) - 1

  function leave(): void {
    const endMs = open.size === 0 ? 0 : tick()
    for (const i of open) {
      const event = events[i]!
      events[i] = { ...event, endMs, ...(event.location === undefined ? place(endMs) : {}) }
    }
    open.clear()
  }

  function note(event: AuditEventName, node = '', more: Pick<AuditEvent, 'changeReason'> = {}): void {
    if (ABOUT_PLACES.test(event) && spec.location === null) return
    const isLasting = LASTING.has(event)
    if (isLasting || event === 'form exit' || event === 'form finalize') leave()
    const i = begin(event, node, tick(), more)
    if (isLasting) open.add(i)
  }

  function enter(event: 'question' | 'group questions', node: string): void {
    const isOpen = [...open].some(i => events[i]!.event === event && events[i]!.node === node)
    if (!isOpen) note(event, node)
  }

  function answered(node: string, oldValue: string, newValue: string, isPlain: boolean): void {
    const said = isPlain && spec.trackChanges // A2
    const nowOpen = [...open].findLast(i => events[i]!.event === 'question' && events[i]!.node === node)
    const last = events.length - 1
    const same = nowOpen ?? (isEndedAnswer(last, node) ? last : undefined)
    if (same !== undefined) {
      const event = events[same]!
      const values = said ? { oldValue: event.oldValue ?? oldValue, newValue } : {}
      events[same] = { ...event, ...values, endMs: nowOpen === undefined ? tick() : null }
      return
    }
    // On a screen of several questions only what changed is an event of its own.
    if (open.size > 0 && !said) return
    const i = begin('question', node, lastMs(), said ? { oldValue, newValue } : {})
    events[i] = { ...events[i]!, endMs: tick() }
  }

  const isEndedAnswer = (i: number, node: string): boolean =>
    events[i]?.event === 'question' && events[i].node === node && !open.has(i) && events[i].endMs !== null

  return {
    note,
    enter,
    leave,
    answered,
    locate: fix => {
      fixes = [...fixes.slice(-99), fix]
    },
    identify: name => {
      user = name
    },
    user: () => user,
    events: () => events,
  }
}
