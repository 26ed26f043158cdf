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
  /** What `version()` is; absent: blank. */
  readonly formVersion?: () => string
  /** What `property('deviceid')` is; absent: blank. */
  readonly property?: (name: string) => string
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

/** What an expression is known to give before it runs; `any`: one or the other (`if()`). */
export type Gives = 'text' | 'number' | 'truth' | 'nodes' | 'any'

/**
 * An expression made ready to run, in each form that may be asked of it: a condition never
 * makes a text, a sum never makes a set of nodes. All four are of the same value (§4).
 */
export interface Compiled<N> {
  readonly gives: Gives
  readonly value: Evaluate<N>
  readonly text: (context: Context<N>) => string
  readonly number: (context: Context<N>) => number
  readonly truth: (context: Context<N>) => boolean
  /** Set where the value is the same whatever the context. */
  readonly constant?: string | number | boolean
}

/** What a function is given when an expression is compiled. */
export interface Call<N> {
  readonly tree: Tree<N>
  readonly count: number
  /** An argument that the signature promises. */
  readonly arg: (i: number) => Compiled<N>
  /** The node in question, for functions whose argument may be left out. */
  readonly here: Compiled<N>
}

/** One function of the language. */
export interface FunctionEntry {
  /** `text, start, end?`, `separator, value*`, `min, max, (value, weight)*`. */
  readonly takes: string
  /** Depends on nothing but its arguments: with constants it is computed once. */
  readonly pure: boolean
  readonly compile: <N>(call: Call<N>) => Compiled<N>
}

export type FunctionTable = Readonly<Record<string, FunctionEntry>>
