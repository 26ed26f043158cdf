/**
 * How alike two words are, from 0 to 1: characters that both have at nearly the same place, less
 * those that changed places, more where the beginnings agree, for names are misheard at the end.
 *
 * @see Winkler 1990, "String Comparator Metrics and Enhanced Decision Rules in the Fellegi-Sunter
 *   Model of Record Linkage".
 */
const PREFIX = 4
const PREFIX_WEIGHT = 0.1

export function jaroWinkler(a: string, b: string): number {
  if (a === b) return a === '' ? 0 : 1
  const jaro = jaroOf(Array.from(a), Array.from(b))
  let prefix = 0
  while (prefix < PREFIX && prefix < a.length && a[prefix] === b[prefix]) prefix += 1
  return jaro + prefix * PREFIX_WEIGHT * (1 - jaro)
}

function jaroOf(a: readonly string[], b: readonly string[]): number {
  const window = Math.max(0, Math.floor(Math.max(a.length, b.length) / 2) - 1)
  const taken = new Set<number>()
  const inA: string[] = []
  for (const [i, letter] of a.entries()) {
    for (let j = Math.max(0, i - window); j < Math.min(b.length, i + window + 1); j += 1) {
      if (taken.has(j) || b[j] !== letter) continue
      taken.add(j)
      inA.push(letter)
      break
    }
  }
  const shared = inA.length
  if (shared === 0) return 0
  const inB = [...taken].sort((x, y) => x - y).map(j => b[j])
  const moved = inA.filter((letter, i) => letter !== inB[i]).length / 2
  return (shared / a.length + shared / b.length + (shared - moved) / shared) / 3
}
