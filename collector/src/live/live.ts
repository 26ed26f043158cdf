/**
 * What has just changed, for pages that are open: a name and a few figures, never answers.
 * A page that misses one asks again; nothing is kept.
 */
import type { LiveEvent } from '../http/api-types.ts'

export interface Live {
  readonly publish: (event: LiveEvent) => void
  /** @returns How to stop listening. */
  readonly subscribe: (listener: (event: LiveEvent) => void) => () => void
}

export function createLive(): Live {
  const listeners = new Set<(event: LiveEvent) => void>()
  return {
    publish: event => {
      for (const listener of listeners) listener(event)
    },
    subscribe: listener => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
