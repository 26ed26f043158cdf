/**
 * Rules that a variant of the house breaks, to prove that the simulator would notice. Each is one
 * mistake that somebody could make in good faith.
 */
export const BROKEN_RULES = [
  'acks before the commit',
  'marks as sent what was only sent',
  'writes the checkpoint before the rows',
  'compares no digests',
  'knows no epochs',
  'leaves out a row',
  'goes on serving who was revoked',
  'sends nothing again after a restore',
  'folds in the order of arrival',
  'tells nobody of what is folded late',
  'never marks a file as arrived',
  'loses a piece of a file',
  'leaves out a row of a snapshot',
  'tells nothing by name beside a snapshot',
  'calls sent in a late answer whatever is there',
] as const
export type BrokenRule = (typeof BROKEN_RULES)[number]
