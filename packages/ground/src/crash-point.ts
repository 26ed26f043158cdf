/**
 * Named places at which a test may kill the process, to prove that nothing is lost there.
 *
 * A crash point does nothing unless two variables of the environment agree: a name left in
 * one of them by accident must not stop an officer's laptop.
 */
export type CrashPoint = (name: string) => void

/**
 * `MURRAM_CRASH_ALLOWED=1 MURRAM_CRASH_AT=<name>[#<k>]`: dies at the k-th visit (the first,
 * unless told), by SIGKILL, so that nothing is flushed and no handler runs.
 */
export function createCrashPoint(env: Readonly<Record<string, string | undefined>>): CrashPoint {
  const { MURRAM_CRASH_ALLOWED: allowed, MURRAM_CRASH_AT: at } = env
  if (allowed !== '1' || at === undefined) return () => {}
  const [wanted, visit = '1'] = at.split('#')
  let left = Number(visit)
  return name => {
    if (name !== wanted || --left > 0) return
    process.kill(process.pid, 'SIGKILL')
  }
}

export const noCrashPoint: CrashPoint = () => {}
