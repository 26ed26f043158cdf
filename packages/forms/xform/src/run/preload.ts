/** Values that the device knows: `jr:preload` (ODK XForms, "Preload attributes"). */
import { isoDate, isoDateTime, type Environment } from '@murram/xpath'
import type { Preload } from '../program.ts'
import type { XNode } from './node.ts'

export interface PreloadFacts {
  readonly deviceId: string
  readonly username: string
}

/** `null`: not known at this time. */
export function preloadedValue(
  { kind, parameter }: Preload,
  environment: Environment<XNode>,
  facts: PreloadFacts,
  at: 'start' | 'end',
): string | null {
  switch (kind) {
    case 'timestamp':
      return parameter === at ? isoDateTime(environment.now(), environment.timeZone) : null
    case 'date':
      return parameter === 'today' && at === 'start' ? isoDate(environment.now(), environment.timeZone) : null
    case 'property':
      if (at === 'end') return null
      return parameter === 'deviceid' ? facts.deviceId : parameter === 'username' ? facts.username : ''
    case 'uid':
      return at === 'start' ? `uuid:${environment.uuid()}` : null
    default:
      return null
  }
}
