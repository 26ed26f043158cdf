/**
 * The slips an interviewer makes: wrong answers that the form must refuse. About every second
 * interview is a hurried one, and in it about one question in twenty-five gets a slip first.
 *
 * Not here: whether they are refused (the form decides; `conduct-interview.ts` throws if not).
 */
import type { QuestionState } from '@murram/xform'
import type { Dice } from './dice.ts'

export const HURRIED_RATIO = 0.5
const SLIP_RATIO = 0.04

/** Misread or mistyped numbers, by question; other whole numbers get words. */
const NUMBERS: Readonly<Record<string, readonly string[]>> = {
  age: ['212', '-4'],
  rooms: ['0'],
  orphans: ['40'],
  earners: ['55'],
  cattle: ['-3'],
  goats: ['-2', '4.5'],
  pigs: ['-1'],
  poultry: ['-20'],
  mosquito_nets: ['300'],
  water_minutes: ['6000'],
  harvest_months: ['18'],
  meals: ['14'],
  monthly_income: ['-50000'],
  health_km: ['-2'],
  market_km: ['900'],
  land_acres: ['0'],
  debt: ['0'],
}
const WORDS = {
  'English (en)': ['twelve', 'a few', '12 or so'],
  'Swahili (sw)': ['kumi na mbili', 'wachache'],
} as const
const TEXTS: Readonly<Record<string, string>> = { phone: '12345', household_id: 'the house by the well' }

/** One slip, or none where any answer would do (a comment) or no slip was made. */
export function drawSlips(dice: Dice, question: QuestionState, language: keyof typeof WORDS): readonly string[] {
  if (!dice.chance(SLIP_RATIO)) return []
  const slip = slipAt(dice, question, language)
  return slip === null ? [] : [slip]
}

function slipAt(
  dice: Dice,
  { kind, name, required, choices }: QuestionState,
  language: keyof typeof WORDS,
): string | null {
  if (required && dice.chance(0.15)) return ''
  switch (kind) {
    case 'integer':
    case 'decimal':
      return dice.pick(dice.chance(0.3) ? WORDS[language] : (NUMBERS[name] ?? WORDS[language]))
    case 'select-one':
      return 'not_on_the_list'
    case 'select-multiple':
      return choices.some(choice => choice.value === 'none') ? `none ${choices[0]?.value ?? ''}` : 'not_on_the_list'
    case 'date':
      return dice.pick(['2099-01-01', 'yesterday'])
    case 'geopoint':
      return 'over there'
    default:
      return TEXTS[name] ?? (required ? '' : null)
  }
}
