/**
 * An expression about a question, written so that a question beside it can evaluate it: `.`
 * becomes the path to the other. What an author says of “this answer” stays true of it.
 *
 *     . < 120 or selected(., 'x')   →   ../age < 120 or selected(../age, 'x')
 *
 * Text in quotes, `${references}` and decimals stay; inside a filter `.` is the item of the
 * list, and only `current()` means the question.
 */
const CLOSING: Readonly<Record<string, string>> = { "'": "'", '"': '"', '‘': '’', '“': '”', '{': '}' }

export function rebased(expression: string, to: string): string {
  let written = ''
  let depth = 0
  for (let i = 0; i < expression.length;) {
    const letter = expression[i]!
    const closing = CLOSING[letter]
    if (closing !== undefined) {
      const end = expression.indexOf(closing, i + 1)
      const next = end < 0 ? expression.length : end + 1
      written += expression.slice(i, next)
      i = next
      continue
    }
    const current = /^current\(\s*\)/.exec(expression.slice(i, i + 40))
    if (current !== null && !/[\w.-]/.test(expression[i - 1] ?? '')) {
      written += `current()/${to}`
      i += current[0].length
      continue
    }
    if (letter === '[') depth++
    if (letter === ']') depth--
    const isSelf =
      letter === '.' &&
      depth === 0 &&
      !/[\w./\])]/.test(expression[i - 1] ?? '') &&
      !/[.\d]/.test(expression[i + 1] ?? '')
    written += isSelf ? to : letter
    i++
  }
  return written
}
