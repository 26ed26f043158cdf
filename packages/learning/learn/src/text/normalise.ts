/**
 * One text for all the ways of typing it: composed characters, small letters, single spaces,
 * and a space at either end, so that a gram can tell the start of a word from its middle.
 *
 * `score` does the same to an answer before a graph sees it; `to-onnx` tests hold the two
 * together. Not inside the graph: lower-casing there needs a locale that some systems lack.
 *
 * Law: N1 what is normalised stays as it is.
 */
export function normaliseText(text: string): string {
  // Composed twice: a small letter may be longer than its capital (İ).
  const small = text.normalize('NFC').toLowerCase().normalize('NFC').replace(/\s+/gu, ' ').trim()
  return small === '' ? '' : ` ${small} `
}
