/**
 * The audit trace in ODK's columns. Nobody tells us what is looked at, only what is answered:
 * a question's `start` is the end of the event before it.
 */
import type { AuditEvent } from '../session-types.ts'

export interface AuditTrace {
  readonly note: (event: string, node?: string) => void
  /** Keystrokes in one question are one event, from its first old to its last new value. */
  readonly answered: (node: string, oldValue: string, newValue: string) => void
  readonly events: () => readonly AuditEvent[]
}

export function createAuditTrace(now: () => number, earlier: readonly AuditEvent[]): AuditTrace {
  const events: AuditEvent[] = [...earlier]
  const lastMs = (): number => {
    const last = events.at(-1)
    return last === undefined ? now() : (last.endMs ?? last.startMs)
  }
  return {
    note: (event, node = '') => void events.push({ event, node, startMs: now(), endMs: null }),
    answered: (node, oldValue, newValue) => {
      const last = events.at(-1)
      if (last?.event === 'question' && last.node === node) {
        events[events.length - 1] = { ...last, endMs: now(), newValue }
        return
      }
      events.push({ event: 'question', node, startMs: lastMs(), endMs: now(), oldValue, newValue })
    },
    events: () => events,
  }
}

const COLUMNS = 'event,node,start,end,old-value,new-value'

const quoted = (cell: string): string => (/[",\n\r]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)

export function auditCsv(events: readonly AuditEvent[]): string {
  const rows = events.map(({ event, node, startMs, endMs, oldValue = '', newValue = '' }) =>
    [event, node, String(startMs), endMs === null ? '' : String(endMs), oldValue, newValue].map(quoted).join(','),
  )
  return `${[COLUMNS, ...rows].join('\n')}\n`
}
