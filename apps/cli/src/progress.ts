/** How far a long work is, on a terminal only: a log or a pipe gets no such lines. */

export interface Progress {
  readonly step: (by?: number) => void
  /** Takes the line away before something else is written. */
  readonly clear: () => void
}

const REDRAW_MS = 100

export function showProgress(what: string, total: number | null): Progress {
  const out = process.stderr
  if (!out.isTTY || (total !== null && total < 5)) return { step: () => undefined, clear: () => undefined }
  let done = 0
  let drawnAtMs = 0
  return {
    step: (by = 1) => {
      done += by
      const now = performance.now()
      if (now - drawnAtMs < REDRAW_MS) return
      drawnAtMs = now
      out.write(`\r\u001b[K${done}${total === null ? '' : ` of ${total}`} ${what}`)
    },
    clear: () => void out.write('\r\u001b[K'),
  }
}

export interface Bar {
  readonly show: (at: { readonly phase: string; readonly done: number; readonly total: number }) => void
  readonly clear: () => void
}

const CELLS = 24

/** A work of several phases, each of a known length. */
export function showBar(): Bar {
  const out = process.stderr
  if (!out.isTTY) return { show: () => undefined, clear: () => undefined }
  let drawnAtMs = 0
  let phase = ''
  return {
    show: at => {
      const now = performance.now()
      if (at.phase === phase && now - drawnAtMs < REDRAW_MS) return
      drawnAtMs = now
      phase = at.phase
      const full = Math.round(CELLS * Math.min(1, at.total === 0 ? 1 : at.done / at.total))
      out.write(`\r\u001b[K${'█'.repeat(full)}${'░'.repeat(CELLS - full)} ${at.phase}`)
    },
    clear: () => void out.write('\r\u001b[K'),
  }
}
