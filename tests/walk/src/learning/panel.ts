/** A panel: households that are asked again and again, and what turned out to be true of each visit. */

export type PanelQuestionKind = 'number' | 'category'

export interface PanelQuestion {
  /** As the form names it: a letter, then letters, digits and `_`. */
  readonly name: string
  readonly label: string
  readonly kind: PanelQuestionKind
  /** Of a category: everything that is ever answered. */
  readonly choices: readonly string[]
}

export interface PanelVisit {
  readonly household: string
  /** By question name; `''` where it is not known. */
  readonly answers: Readonly<Record<string, string>>
  /** What was verified later; `null` where nobody ever knew. */
  readonly outcome: string | null
}

export interface PanelWave {
  /** As the panel calls it: a year, a month. */
  readonly name: string
  readonly visits: readonly PanelVisit[]
}

export interface Panel {
  /** What it is, for the first line of the story. */
  readonly title: string
  readonly questions: readonly PanelQuestion[]
  readonly outcome: { readonly name: string; readonly classes: readonly [string, string]; readonly positive: string }
  /** The question that tells the region, where there is one. */
  readonly region: string | null
  /** In the order of time; at least two. */
  readonly waves: readonly PanelWave[]
  /** A recipe's expert part. */
  readonly prior: { readonly baseRate: number; readonly points: Readonly<Record<string, unknown>> }
  /** Of a drawn panel: the region that nobody had seen before, and its first wave (from 0). */
  readonly newcomer: { readonly region: string; readonly wave: number } | null
}
