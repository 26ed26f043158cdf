/** Names and figures as a person reads them. */
export const asWords = (name: string): string => name.replaceAll('_', ' ')

export const percent = (ratio: number): string => `${Math.round(ratio * 100)} %`

/** What the device recorded, read with care: it is another program's JSON. */
export function scoreWords(assessment: unknown): { readonly text: string; readonly counter: string } | null {
  if (typeof assessment !== 'object' || assessment === null) return null
  const { label, positive, probability, counter } = assessment as Record<string, unknown>
  if (typeof label !== 'string' || typeof probability !== 'number') return null
  // The record keeps the probability of the positive class, whichever class is named.
  const named = positive === undefined || positive === label ? probability : 1 - probability
  return { text: `${asWords(label)} · ${percent(named)}`, counter: typeof counter === 'number' ? `#${counter}` : '' }
}
