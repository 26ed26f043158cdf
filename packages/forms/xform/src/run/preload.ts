/** Values that the device knows: `jr:preload` (ODK XForms, "Preload attributes"). */
import { isoDate, isoDateTime, type Environment } from '@murram/xpath'
import type { Preload } from '../program.ts'
import type { XNode } from './node.ts'

/** By the names that forms use: `deviceid`, `username`, `phonenumber`, `email`. */
export type PreloadFacts = Readonly<Record<string, string>>

/** Preloads that this engine fills in; a form that asks for another one is told so. */
export const isKnownPreload = ({ kind, parameter }: Preload): boolean =>
  kind === 'property' ||
  kind === 'uid' ||
  (kind === 'timestamp' && (parameter === 'start' || parameter === 'end')) ||
  (kind === 'date' && parameter === 'today')

const bare = (parameter: string): string => parameter.replace(/^uri:/, '').toLowerCase()

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
      // `uri:deviceid` is how older converters write it.
      return Object.hasOwn(facts, bare(parameter)) ? facts[bare(parameter)]! : ''
    case 'uid':
      return at === 'start' ? `uuid:${environment.uuid()}` : null
    default:
      return null
  }
}
