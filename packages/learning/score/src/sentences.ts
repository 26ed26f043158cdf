/**
 * A reason as one sentence that an officer can read out: the question, what was answered, and
 * which way it speaks.
 *
 *   Roof of the main house: thatch. Speaks strongly for “poor”.
 *
 * The question and the answer come in the form's own words; only the few words between them
 * are ours. A language that is not listed gets English.
 */
import type { Reason } from './explain.ts'

export interface ReasonWords {
  /** The question in the language of the interview; `''` where it has no label. */
  readonly question: string
  /** What was answered, as a person reads it; `null` where that is not known here. */
  readonly answer: string | null
  /** The class that a positive contribution speaks for. */
  readonly positive: string
  /** As the form calls it: `sw`, `Kiswahili (sw)`, `fr-FR`. */
  readonly language: string
}

/** A reason as it is shown: which question, how much, and the sentence. */
export interface ReasonInWords {
  readonly input: string
  /** The question in the language of the reader; `''` where it has no label. */
  readonly label: string
  readonly contribution: number
  readonly sentence: string
}

/** @param asked What the form says of a question: its label, and what was answered as a person reads it. */
export const reasonsInWords = (
  reasons: readonly Reason[],
  {
    positive,
    language,
    asked,
  }: {
    readonly positive: string
    readonly language: string
    readonly asked: (input: string) => { readonly label: string; readonly answer: string | null }
  },
): ReasonInWords[] =>
  reasons.map(reason => {
    const { label, answer } = asked(reason.input)
    const { input, contribution } = reason
    return {
      input,
      label,
      contribution,
      sentence: reasonSentence(reason, { question: label, answer, positive, language }),
    }
  })

interface Phrases {
  readonly blank: string
  readonly for: (name: string) => string
  readonly stronglyFor: (name: string) => string
  readonly against: (name: string) => string
  readonly stronglyAgainst: (name: string) => string
}

const ENGLISH: Phrases = {
  blank: 'not answered',
  for: name => `Speaks for “${name}”.`,
  stronglyFor: name => `Speaks strongly for “${name}”.`,
  against: name => `Speaks against “${name}”.`,
  stronglyAgainst: name => `Speaks strongly against “${name}”.`,
}

const LANGUAGES: Readonly<Record<string, Phrases>> = {
  en: ENGLISH,
  fr: {
    blank: 'sans réponse',
    for: name => `Plaide pour « ${name} ».`,
    stronglyFor: name => `Plaide fortement pour « ${name} ».`,
    against: name => `Plaide contre « ${name} ».`,
    stronglyAgainst: name => `Plaide fortement contre « ${name} ».`,
  },
  es: {
    blank: 'sin respuesta',
    for: name => `Habla a favor de «${name}».`,
    stronglyFor: name => `Habla muy a favor de «${name}».`,
    against: name => `Habla en contra de «${name}».`,
    stronglyAgainst: name => `Habla muy en contra de «${name}».`,
  },
  pt: {
    blank: 'sem resposta',
    for: name => `Fala a favor de “${name}”.`,
    stronglyFor: name => `Fala muito a favor de “${name}”.`,
    against: name => `Fala contra “${name}”.`,
    stronglyAgainst: name => `Fala muito contra “${name}”.`,
  },
  sw: {
    blank: 'haikujibiwa',
    for: name => `Inaashiria “${name}”.`,
    stronglyFor: name => `Inaashiria sana “${name}”.`,
    against: name => `Haiashirii “${name}”.`,
    stronglyAgainst: name => `Haiashirii kabisa “${name}”.`,
  },
}

/** Log odds from which a reason is a strong one: it moves 50 % to 73 %. */
const STRONG = 1

export function reasonSentence(
  { input, contribution, words }: Reason,
  { question, answer, positive, language }: ReasonWords,
): string {
  const phrases = LANGUAGES[codeOf(language)] ?? ENGLISH
  const subject = question === '' ? asWords(input) : question.replace(/[\s:?.]+$/u, '')
  const said = words !== undefined && words.length > 0 ? words.join(', ') : answer === '' ? phrases.blank : answer
  const isStrong = Math.abs(contribution) >= STRONG
  const way =
    contribution > 0
      ? isStrong
        ? phrases.stronglyFor
        : phrases.for
      : isStrong
        ? phrases.stronglyAgainst
        : phrases.against
  return `${said === null ? subject : `${subject}: ${said}`}. ${way(asWords(positive))}`
}

/** `Kiswahili (sw)` and `sw-TZ` are `sw`. */
function codeOf(language: string): string {
  const inside =
    /\(([A-Za-z]{2,3})(?:[-_][^)]*)?\)/.exec(language)?.[1] ?? /^([A-Za-z]{2,3})(?:[-_].*)?$/.exec(language)?.[1]
  return inside?.toLowerCase() ?? NAMES[language.trim().toLowerCase()] ?? 'en'
}

const NAMES: Readonly<Record<string, string>> = {
  english: 'en',
  french: 'fr',
  français: 'fr',
  spanish: 'es',
  español: 'es',
  portuguese: 'pt',
  português: 'pt',
  swahili: 'sw',
  kiswahili: 'sw',
}

const asWords = (name: string): string => name.replaceAll('_', ' ')
