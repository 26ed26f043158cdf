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
