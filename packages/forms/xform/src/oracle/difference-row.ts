/**
 * One knowing difference from ODK's engine: why, which findings it explains, and an example.
 * Tests only.
 */
import type { NodeSpec, Program } from '../program.ts'
import type { Difference } from './compare.ts'

export interface Met extends Difference {
  readonly program: Program
  readonly xml: string
  /** The node that the key names, if it names one. */
  readonly spec: NodeSpec | undefined
  /** Expressions that make this node's value: its calculation and actions that set it. */
  readonly makers: readonly string[]
  /** All expressions that bear on it, its texts and conditions included. */
  readonly sources: readonly string[]
  /** Whether an action sets it when a question changes that is not always asked. */
  readonly followsRelevance: boolean
}

export interface Listed {
  readonly reason: string
  readonly covers: (met: Met) => boolean
  readonly ends?: true
  readonly example: {
    readonly xml: string
    /** Given to both; a leading `*` adds a row, `language` speaks. */
    readonly answers?: readonly (readonly [ref: string, value: string])[]
    readonly key: string
    readonly ours: string | undefined
    readonly theirs: string | undefined
  }
}

/** A question as short as they come, for examples. */
export const input = (ref: string): string => `<input ref="/data/${ref}"><label>${ref}</label></input>`
export const bound = (ref: string, rest: string): string => `<bind nodeset="/data/${ref}" ${rest}/>`

export const calls = (name: string, sources: readonly string[]): boolean =>
  sources.some(source => source.includes(`${name}(`))

export const numbersOf = (text: string): string =>
  text
    .replace(/;\s*$/, '')
    .split(';')
    .map(point => point.trim().split(/\s+/).map(Number).join(' '))
    .join(';')
export const isNumbers = (text: string): boolean => text !== '' && !numbersOf(text).includes('NaN')

/** Path of the innermost repeat at or around a node. */
export function repeatAround({ nodes }: Program, { path }: NodeSpec): string | undefined {
  const around = nodes.filter(one => one.repeat && (one.path === path || path.startsWith(`${one.path}/`)))
  return around.at(-1)?.path
}
