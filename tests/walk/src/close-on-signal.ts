/**
 * Ctrl-C on a story: its houses are closed in order, once, and the exit code says that it was
 * interrupted. What breaks meanwhile, because a house is gone, is no news any more.
 */
import type { Screen } from './screen.ts'

export interface Interruption {
  readonly happened: () => boolean
}

export function closeOnSignal(screen: Pick<Screen, 'line' | 'close'>, stop: () => Promise<void>): Interruption {
  let happened = false
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => {
      if (happened) return
      happened = true
      screen.line('\nclosing the houses …')
      void stop().finally(() => {
        screen.close()
        process.exitCode = 130
        process.disconnect?.()
      })
    })
  return { happened: () => happened }
}
