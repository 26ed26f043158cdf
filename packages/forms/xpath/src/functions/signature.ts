/**
 * Signatures as they are written for people, read by the compiler too:
 *
 *   `text, start, end?`              2 or 3      `separator, value*`           1 or more
 *   `min, max, (value, weight)*`     2, 4, 6 …   `nodes, (repeat, index)+`     3, 5, 7 …
 */

interface Arity {
  readonly least: number
  readonly most: number
  /** From `least` on, arguments come in groups of so many. */
  readonly group: number
}

function arityOf(takes: string): Arity {
  const parts = takes.match(/\([^)]*\)[*+]|[^\s,()]+/g) ?? []
  let [least, most, group] = [0, 0, 1]
  for (const part of parts) {
    const size = part.startsWith('(') ? part.split(',').length : 1
    if (part.endsWith('*') || part.endsWith('+')) {
      if (part.endsWith('+')) least += size
      most = Infinity
      group = size
    } else {
      if (!part.endsWith('?')) least++
      most++
    }
  }
  return { least, most, group }
}

/** What is wrong with so many arguments, in words; `undefined` where nothing is. */
export function wrongCount(name: string, takes: string, count: number): string | undefined {
  const { least, most, group } = arityOf(takes)
  if (count >= least && count <= most && (most !== Infinity || (count - least) % group === 0)) return undefined
  const wanted =
    group > 1
      ? `${least}, ${least + group}, ${least + 2 * group} …`
      : most === Infinity
        ? `at least ${least}`
        : least === most
          ? `${least}`
          : `${least} to ${most}`
  const noun = wanted === '1' || wanted === 'at least 1' ? 'argument' : 'arguments'
  return `${name}() takes ${wanted === '0' ? 'no' : wanted} ${noun}, not ${count}: ${name}(${takes})`
}
