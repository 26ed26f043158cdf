/**
 * What a person watches while the walk goes on: headings, results, and one moving line for
 * what is going on now.
 *
 * On a terminal the moving line is drawn over itself; elsewhere (a file, a pipe, CI) it
 * becomes one plain line a second, so that there is always a sign of life.
 */

export interface Activity {
  /** `done` of `total` (a `total` of 0 means that the end is not known), with a word beside it. */
  update(done: number, total: number, note?: string): void
  end(summary: string): void
}

export interface Screen {
  heading(step: string, text: string): void
  line(text: string): void
  activity(label: string): Activity
  /** Rows of equal length, the first one the header. */
  table(rows: readonly (readonly string[])[]): void
  close(): void
}

export interface ScreenDeps {
  readonly write: (text: string) => void
  readonly isTerminal: boolean
  readonly now: () => number
}

const WIDTH = 24
const BEAT_MS = 250
const PLAIN_BEAT_MS = 900

export function createScreen({ write, isTerminal, now }: ScreenDeps): Screen {
  const paint = (code: string, text: string) => (isTerminal ? `\u001B[${code}m${text}\u001B[0m` : text)
  const startedAt = now()
  let current: { draw: () => string; since: number } | undefined
  let drawn = false
  let plainAt = 0

  const clear = () => {
    if (drawn) write('\r\u001B[2K')
    drawn = false
  }
  const beat = () => {
    if (current === undefined) return
    if (isTerminal) {
      clear()
      write(current.draw())
      drawn = true
    } else if (now() - plainAt >= PLAIN_BEAT_MS) {
      plainAt = now()
      write(`${current.draw()}\n`)
    }
  }
  const timer = setInterval(beat, BEAT_MS)
  const line = (text: string) => {
    clear()
    write(`${text}\n`)
    plainAt = now()
  }

  return {
    line,
    heading: (step, text) => {
      const elapsed = ((now() - startedAt) / 1000).toFixed(1).padStart(6)
      line(`\n${paint('2', `${elapsed} s`)}  ${paint('1;33', step)}  ${paint('1', text)}`)
    },
    activity: label => {
      const since = now()
      let [done, total, note] = [0, 0, '']
      const mine = {
        since,
        draw: () => {
          const seconds = Math.floor((now() - since) / 1000)
          const share = total > 0 ? Math.min(1, done / total) : 0
          const filled = Math.round(share * WIDTH)
          const bar =
            total > 0
              ? `${paint('33', '█'.repeat(filled))}${paint('2', '░'.repeat(WIDTH - filled))} ${done}/${total}`
              : '…'
          return `            ${label} ${bar}${note === '' ? '' : `  ${paint('2', note)}`}  ${paint('2', `${seconds} s`)}`
        },
      }
      current = mine
      return {
        update: (nextDone, nextTotal, nextNote = '') => {
          done = nextDone
          total = nextTotal
          note = nextNote
        },
        end: summary => {
          if (current === mine) current = undefined
          line(`            ${paint('32', '✓')} ${summary}`)
        },
      }
    },
    table: rows => {
      const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map(row => row[column]?.length ?? 0)))
      rows.forEach((row, index) => {
        const text = row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('   ')
          .trimEnd()
        line(`            ${index === 0 ? paint('2', text) : text}`)
      })
    },
    close: () => {
      clear()
      clearInterval(timer)
    },
  }
}
