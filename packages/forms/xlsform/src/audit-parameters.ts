/** The `audit` row: what the log of the interview records beside the questions. */
import { isInteger, refuseParameters, refuseUnknown, type Parameters } from './parameters.ts'
import type { Report, SheetRow } from './sheet-rows.ts'

const LOCATION = ['location-priority', 'location-min-interval', 'location-max-age'] as const
const KNOWN = [...LOCATION, 'track-changes', 'identify-user', 'track-changes-reasons']
const VALUES: Readonly<Record<string, readonly string[]>> = {
  'location-priority': ['no-power', 'low-power', 'balanced', 'high-accuracy'],
  'track-changes': ['true', 'false'],
  'identify-user': ['true', 'false'],
  'track-changes-reasons': ['on-form-edit'],
}

export function checkAudit(row: SheetRow, given: Parameters, report: Report): void {
  const refuse = (message: string): void => refuseParameters(row, report, message)
  if (!['', 'audit'].includes(row.cell('name')))
    report({
      severity: 'error',
      code: 'bad-audit-name',
      message: `An audit is always named “audit”, not “${row.cell('name')}”. Clear the name.`,
      sheet: row.sheet,
      row: row.row,
      column: row.header('name'),
    })
  refuseUnknown(KNOWN, given, refuse)
  for (const [key, values] of Object.entries(VALUES)) {
    const value = given.get(key)?.toLowerCase()
    if (value !== undefined && !values.includes(value))
      refuse(`${key} must be set to ${values.join(' or ')}, not “${value}”.`)
  }
  const [, least, most] = LOCATION.map(key => given.get(key))
  if (!LOCATION.some(key => given.has(key))) return
  const missing = LOCATION.filter(key => !given.has(key))
  if (missing.length > 0)
    return refuse(`A log with locations needs ${LOCATION.join(', ')}. Add ${missing.join(' and ')}.`)
  for (const [key, value] of [
    ['location-min-interval', least!],
    ['location-max-age', most!],
  ] as const)
    if (!isInteger(value) || Number(value) < 0)
      return refuse(`${key} is a whole number of seconds greater than or equal to zero, not “${value}”.`)
  if (Number(most) < Number(least))
    refuse('location-max-age must be greater than or equal to location-min-interval. Raise it, or lower the other.')
}
