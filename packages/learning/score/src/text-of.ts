/**
 * One text for all the ways of typing it: composed characters, small letters, single spaces,
 * and a space at either end, so that a gram can tell the start of a word from its middle. The
 * trainer has the same function (`text-of.test.ts` holds both together).
 *
 * Here and not in the graph: lower-casing there needs a locale that some systems lack.
 *
 * Law: N1 what is made ready stays as it is.
 */
export function textOf(answer: string): string {
  // Composed twice: a small letter may be longer than its capital (İ).
  const small = answer.normalize('NFC').toLowerCase().normalize('NFC').replace(/\s+/gu, ' ').trim()
  return small === '' ? '' : ` ${small} `
}
