/**
 * The text of ODK's audit.csv. Its columns follow from what the form asks for:
 *
 *     event,node,start,end[,latitude,longitude,accuracy][,old-value,new-value][,user][,change-reason]
 *
 * UTF-8, `\n`, milliseconds of 1970; a cell is quoted where it holds a comma, a quote or a line
 * end, and its quotes are doubled.
 */
import type { AuditEvent } from '../session-types.ts'
import type { AuditSpec } from './audit-spec.ts'

interface AuditColumn {
  readonly name: string
  readonly cell: (event: AuditEvent) => string
}

const quoted = (cell: string): string => (/[",\n\r]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)

/** A value that came back to what it was is no change. */
const changedOnly = (value: 'oldValue' | 'newValue') => (event: AuditEvent) =>
  event.oldValue === event.newValue ? '' : (event[value] ?? '')

const columnsOf = ({ location, trackChanges, identifyUser, changeReasons }: AuditSpec): readonly AuditColumn[] => {
  const places = (['latitude', 'longitude', 'accuracy'] as const).map(name => ({
    name,
    cell: ({ location: at }: AuditEvent) => (at === undefined ? '' : String(at[name])),
  }))
  return [
    { name: 'event', cell: ({ event }) => event },
    { name: 'node', cell: ({ node }) => node },
    { name: 'start', cell: ({ startMs }) => String(startMs) },
    { name: 'end', cell: ({ endMs }) => (endMs === null ? '' : String(endMs)) },
    ...(location === null ? [] : places),
    ...(trackChanges
      ? [
          { name: 'old-value', cell: changedOnly('oldValue') },
          { name: 'new-value', cell: changedOnly('newValue') },
        ]
      : []),
    ...(identifyUser ? [{ name: 'user', cell: ({ user = '' }: AuditEvent) => user }] : []),
    ...(changeReasons ? [{ name: 'change-reason', cell: ({ changeReason = '' }: AuditEvent) => changeReason }] : []),
  ]
}

export function auditCsv(events: readonly AuditEvent[], spec: AuditSpec): string {
  const columns = columnsOf(spec)
  const rows = events.map(event => columns.map(({ cell }) => quoted(cell(event))).join(','))
  return `${[columns.map(({ name }) => name).join(','), ...rows].join('\n')}\n`
}
