/** The story as a person reads it: what came in, what was decided, and why. Every decision is kept. */
import type { Screen } from '../screen.ts'

export const DAY = 86_400_000

export type DecisionKind =
  | 'run begins'
  | 'gate'
  | 'release'
  | 'ring'
  | 'halt'
  | 'resume'
  | 'rollback'
  | 'finding'
  | 'batch'
  | 'withdrawal'
  | 'healing'
  | 'person'

export interface Decision {
  readonly kind: DecisionKind
  /** By the story's clock. */
  readonly on: string
  readonly what: string
  readonly why: string
}

export interface Telling {
  readonly decisions: readonly Decision[]
  readonly heading: (step: string, text: string) => void
  readonly line: (text: string) => void
  readonly decide: (kind: DecisionKind, what: string, why: string) => void
  readonly table: Screen['table']
  readonly setClock: (atMs: number) => void
  /** By the story's clock. */
  readonly nowMs: () => number
}

const WIDTH = 108
const INDENT = ' '.repeat(14)

export function createTelling(screen: Pick<Screen, 'heading' | 'line' | 'table'>, startMs: number): Telling {
  const decisions: Decision[] = []
  let atMs = startMs
  const write = (first: string, text: string): void => {
    for (const [at, part] of folded(text, WIDTH - INDENT.length).entries())
      screen.line(`${at === 0 ? first.padEnd(INDENT.length) : INDENT}${part}`.trimEnd())
  }
  return {
    decisions,
    heading: screen.heading,
    line: text => write('', text),
    decide: (kind, what, why) => {
      const on = new Date(atMs).toISOString().slice(0, 10)
      decisions.push({ kind, on, what, why })
      write(`  ${on}`, `${kind.toUpperCase()}: ${what}`)
      write('', `  because: ${why}`)
    },
    table: screen.table,
    setClock: ms => void (atMs = Math.max(atMs, ms)),
    nowMs: () => atMs,
  }
}

/** At blanks, into lines of at most `width` letters where words allow it. */
function folded(text: string, width: number): readonly string[] {
  const indent = /^ */.exec(text)?.[0] ?? ''
  const lines: string[] = []
  let line = indent
  for (const word of text.trim().split(' ')) {
    if (line.length + word.length > width && line.trim() !== '') {
      lines.push(line.trimEnd())
      line = `${indent}${indent === '' ? '' : '  '}`
    }
    line += `${word} `
  }
  return [...lines, line.trimEnd()]
}
