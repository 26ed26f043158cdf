/**
 * Who looks on from outside and notes what must never happen, as it happens; and, where a
 * schedule is replayed, all that happened.
 */
export interface Watch {
  readonly broke: (law: string, detail: string) => void
  readonly tell: (text: () => string) => void
  readonly broken: () => readonly string[]
  readonly trace: () => readonly string[]
}

export function createWatch({ nowMs, traces }: { readonly nowMs: () => number; readonly traces: boolean }): Watch {
  const broken: string[] = []
  const trace: string[] = []
  const line = (text: string): string => `${(nowMs() / 1000).toFixed(3).padStart(9)} ${text}`
  return {
    broke: (law, detail) => {
      broken.push(line(`${law}: ${detail}`))
      if (traces) trace.push(line(`BROKEN ${law}: ${detail}`))
    },
    tell: text => {
      if (traces) trace.push(line(text()))
    },
    broken: () => broken,
    trace: () => trace,
  }
}
