/** Names and figures as a person reads them. */
export const asWords = (name: string): string => name.replaceAll('_', ' ')

/** `1 interview`, `2 interviews`. */
export const counted = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`

export const fileSize = (bytes: number): string =>
  bytes < 1_000_000 ? `${Math.max(1, Math.round(bytes / 1000))} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`

export const percent = (ratio: number): string => `${Math.round(ratio * 100)}\u00a0%`

/** What the officer says instead, and why. */
export function overrideOf(assessment: unknown): { readonly label: string; readonly reason: string } | null {
  const { override } = (assessment ?? {}) as {
    readonly override?: { readonly label?: unknown; readonly reason?: unknown }
  }
  return typeof override?.label === 'string' && typeof override.reason === 'string'
    ? { label: override.label, reason: override.reason }
    : null
}

/** How old the model was; nothing where the device did not say. */
export function modelAge(assessment: unknown): string {
  const { modelAgeDays } = (assessment ?? {}) as { readonly modelAgeDays?: unknown }
  if (typeof modelAgeDays !== 'number') return ''
  if (modelAgeDays === 0) return 'model of that day'
  return modelAgeDays === 1 ? 'model that was 1 day old' : `model that was ${modelAgeDays} days old`
}

/**
 * What the device recorded, read with care: it is another program's JSON. The record keeps the
 * probability of the model's positive class, whichever class is named.
 */
export function scoreWords(
  assessment: unknown,
  positive: string | undefined,
): { readonly text: string; readonly counter: string } | null {
  if (typeof assessment !== 'object' || assessment === null) return null
  const { label, probability, counter } = assessment as Record<string, unknown>
  if (typeof label !== 'string' || typeof probability !== 'number') return null
  const share = positive === undefined ? '' : ` · ${percent(label === positive ? probability : 1 - probability)}`
  return { text: `${asWords(label)}${share}`, counter: typeof counter === 'number' ? `#${counter}` : '' }
}
