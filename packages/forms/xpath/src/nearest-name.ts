/** For a name that is not known: which known one was probably meant, and where it stands. */
import { lex, SyntaxProblem } from './lex.ts'

/** `Selected_At` and `selected-at` are the same word. */
const plain = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '')

/** Letters to change, leave out, add or swap to come from one to the other (Damerau, Levenshtein). */
function stepsBetween(a: string, b: string): number {
  let before: number[] = []
  let above = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = a[i - 1] === b[j - 1] ? 0 : 1
      let least = Math.min(above[j]! + 1, row[j - 1]! + 1, above[j - 1]! + change)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, before[j - 2]! + 1)
      row.push(least)
    }
    ;[before, above] = [above, row]
  }
  return above[b.length]!
}

/** `undefined` where nothing is near: a wrong hint is worse than none. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  if (name.length > 40) return undefined
  const wanted = plain(name)
  const allowed = Math.min(3, Math.max(1, Math.floor(wanted.length / 3)))
  let best: { readonly one: string; readonly steps: number } | undefined
  for (const one of known) {
    const steps = stepsBetween(wanted, plain(one))
    if (steps <= allowed && steps < one.length - 1 && (best === undefined || steps < best.steps)) best = { one, steps }
  }
  return best?.one
}

/** Offset of the call in its source, where there is one source and one such call. */
export function placeOfCall(source: string, name: string): number | undefined {
  try {
    const tokens = lex(source)
    const places = tokens.filter(
      (token, i) => token.kind === 'name' && token.text === name && tokens[i + 1]?.text === '(',
    )
    return places.length === 1 ? places[0]!.at : undefined
  } catch (problem) {
    if (problem instanceof SyntaxProblem) return undefined
    throw problem
  }
}
