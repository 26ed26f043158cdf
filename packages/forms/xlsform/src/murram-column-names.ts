/** Names of the columns beyond ODK that carry rules; what they mean is in `murram-columns.ts`. */

export interface RuleColumns {
  readonly number: number
  readonly rule: string
  readonly message: string
}

const numbered = (rule: string, message: string): readonly RuleColumns[] =>
  Array.from({ length: 9 }, (_, i) => {
    const ending = i === 0 ? '' : `_${i + 1}`
    return { number: i + 1, rule: rule + ending, message: message + ending }
  })

export const HARD = numbered('constraint', 'constraint_message')
export const SOFT = numbered('soft_constraint', 'soft_constraint_message')
/** ODK's own pair comes first in `HARD`. */
export const OURS = [...HARD.slice(1), ...SOFT]

/** Columns that name a language, and columns that do not. */
export const MURRAM_TRANSLATED: readonly string[] = OURS.map(one => one.message)
export const MURRAM_RULES: readonly string[] = OURS.map(one => one.rule)
