/** What a compiled expression is, and what it may ask of the world. */
import type { Tree, Value } from './value.ts'

/** The world comes in by the door; nothing in this package reads a clock. */
export interface Environment<N> {
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** IANA name. */
  readonly timeZone: string
  readonly random: () => number
  readonly uuid: () => string
  readonly language: () => string
  /** Text of an itext id in the active language. */
  readonly translate: (id: string) => string
  /** Label of a choice of the question at `path`, as `asker` sees it. */
  readonly choiceLabel: (value: string, path: string, asker: N) => string
}

export interface Context<N> {
  readonly node: N
  /** What `current()` is. */
  readonly current: N
  readonly position: number
  readonly size: number
  readonly environment: Environment<N>
}

export type Evaluate<N> = (context: Context<N>) => Value<N>

/** One function of the language: how many arguments it takes, and how it is compiled. */
export interface FunctionEntry {
  readonly arity: readonly [least: number, most: number]
  readonly compile: <N>(tree: Tree<N>, values: readonly Evaluate<N>[]) => Evaluate<N>
}

export type FunctionTable = Readonly<Record<string, FunctionEntry>>
