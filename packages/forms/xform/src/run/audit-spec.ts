/**
 * What the form asks its audit trace to hold: parameters of the bind of `meta/audit` (ODK
 * XForms, "Client audit logs"). A form that asks for none gets times and changes.
 */
import type { Program } from '../program.ts'

export interface LocationRequest {
  readonly priority: string
  readonly minIntervalMs: number
  readonly maxAgeMs: number
}

export interface AuditSpec {
  readonly trackChanges: boolean
  /** Whoever fills in must be named, and stands in each row. */
  readonly identifyUser: boolean
  /** An edit is not finished without a reason. */
  readonly changeReasons: boolean
  readonly location: LocationRequest | null
}

const isYes = (text: string | undefined): boolean => text === 'true' || text === 'yes'

const seconds = (text: string | undefined): number | null =>
  text === undefined || !/^\d{1,9}$/.test(text.trim()) ? null : 1000 * Number(text)

export function auditSpecOf({ nodes }: Program): AuditSpec {
  const bind = nodes.find(node => node.path === 'meta/audit')
  if (bind === undefined) return { trackChanges: true, identifyUser: false, changeReasons: false, location: null }
  const given = new Map(
    Object.entries(bind.extras ?? {}).map(([tag, value]) => [tag.slice(tag.indexOf(':') + 1), value.trim()]),
  )
  const priority = given.get('location-priority')
  const minIntervalMs = seconds(given.get('location-min-interval'))
  const maxAgeMs = seconds(given.get('location-max-age'))
  return {
    trackChanges: isYes(given.get('track-changes')),
    identifyUser: isYes(given.get('identify-user')),
    changeReasons: given.get('track-changes-reasons') === 'on-form-edit',
    // As in ODK's tools: all three, or no places.
    location:
      priority === undefined || minIntervalMs === null || maxAgeMs === null
        ? null
        : { priority, minIntervalMs: Math.max(minIntervalMs, 1000), maxAgeMs },
  }
}
