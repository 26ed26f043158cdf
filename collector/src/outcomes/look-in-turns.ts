/**
 * Looks once things are quiet, one look after the other. A laptop that sends a month's work is
 * looked at once it has sent it; what another collector is at is looked at again later.
 */
export interface Turns {
  readonly soon: () => void
  readonly close: () => Promise<void>
}

const QUIET_MS = 300
const AT_LATEST_MS = 3_000

export function lookInTurns({
  look,
  onError,
}: {
  readonly look: () => Promise<'done' | 'elsewhere'>
  readonly onError: (error: unknown) => void
}): Turns {
  let working: Promise<unknown> = Promise.resolve()
  let timer: NodeJS.Timeout | undefined
  let firstRingMs = 0
  let isClosed = false
  const now = () => {
    timer = undefined
    working = working
      .then(look)
      .then(done => (done === 'elsewhere' ? soon() : undefined))
      .catch(onError)
  }
  const soon = () => {
    if (isClosed) return
    const atMs = performance.now()
    if (timer === undefined) firstRingMs = atMs
    clearTimeout(timer)
    timer = setTimeout(now, Math.max(0, Math.min(QUIET_MS, firstRingMs + AT_LATEST_MS - atMs)))
    timer.unref()
  }
  return {
    soon,
    close: async () => {
      isClosed = true
      clearTimeout(timer)
      await working
    },
  }
}
