/**
 * The forms of a panel as workbooks, as a person would write them, and the recipe beside them:
 * one form for the yearly visit, one for the visit that only asks how it turned out.
 *
 * A visit to a household that is known already is opened on it, as an officer does from the list.
 */
import { stringify } from 'yaml'
import type { Panel } from './panel.ts'

export const FORM_ID = 'panel_visit'
export const FOLLOW_UP_FORM_ID = 'panel_follow_up'
export const MODEL_NAME = 'panel'
const DATASET = 'household'

type Cell = string | null
type Rows = readonly (readonly Cell[])[]

/** A workbook as a text: the sheet's name in the first column of its first row. */
const workbook = (sheets: Readonly<Record<string, Rows>>): string =>
  Object.entries(sheets)
    .flatMap(([name, rows]) =>
      rows.map((row, at) => [at === 0 ? name : '', ...row].map(cell => csvCell(cell ?? '')).join(',')),
    )
    .join('\n')

export const csvCell = (text: string): string => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)

/** The question by which a visit names a household that was there before; blank on the first one. */
export const KNOWN = 'known_household'
/** What the household is called in the panel. */
export const NUMBER = 'panel_number'

export function visitWorkbook({ questions, region }: Panel): string {
  const categories = questions.filter(({ kind }) => kind === 'category')
  return workbook({
    survey: [
      ['type', 'name', 'label', 'required', 'calculation', 'save_to', 'feature'],
      ['text', KNOWN, 'The household, where it was visited before', null, null, null, null],
      ['calculate', 'new_household', null, null, 'once(uuid())', null, null],
      ['text', NUMBER, 'The household’s number in the panel', 'yes', null, 'number', null],
      ...questions.map(({ name, label, kind }) => [
        kind === 'number' ? 'decimal' : `select_one ${name}`,
        name,
        label,
        null,
        null,
        name === region ? 'place' : null,
        'yes',
      ]),
    ],
    choices: [
      ['list_name', 'name', 'label'],
      ...categories.flatMap(({ name, choices }) => choices.map(choice => [name, choice, choice])),
    ],
    entities: [
      ['list_name', 'entity_id', 'create_if', 'update_if', 'label'],
      [
        DATASET,
        `if(\${${KNOWN}} != '', \${${KNOWN}}, \${new_household})`,
        `\${${KNOWN}} = ''`,
        `\${${KNOWN}} != ''`,
        `\${${NUMBER}}`,
      ],
    ],
    settings: [
      ['form_title', 'form_id', 'version'],
      ['The yearly visit', FORM_ID, '1'],
    ],
  })
}

export const FOUND = 'found'

export function followUpWorkbook({ outcome }: Panel): string {
  return workbook({
    survey: [
      ['type', 'name', 'label', 'required', 'outcome', 'save_to'],
      ['text', KNOWN, 'The household', 'yes', null, null],
      [`select_one ${FOUND}`, FOUND, `What turned out: ${outcome.name}?`, 'yes', 'yes', null],
    ],
    choices: [['list_name', 'name', 'label'], ...outcome.classes.map(value => [FOUND, value, value])],
    entities: [
      ['list_name', 'entity_id'],
      [DATASET, `\${${KNOWN}}`],
    ],
    settings: [
      ['form_title', 'form_id', 'version'],
      ['How it turned out', FOLLOW_UP_FORM_ID, '1'],
    ],
  })
}

export interface RecipeFigures {
  /** Of all devices, up to which share ring 1, 2 and 3 reach. */
  readonly shares: readonly [number, number, 1]
  /** A ring has shown enough with so many scores. */
  readonly minScores: number
  readonly newOutcomes: number
  readonly freshAtLeast: number
  readonly minHoldout: number
  readonly calibrationFrom: number
}

/** An outcome is seen in the year after its visit. */
export const HORIZON = { fromDays: 180, toDays: 420 } as const

export const recipeOf = ({ questions, outcome, region, prior }: Panel, figures: RecipeFigures): string =>
  stringify({
    name: MODEL_NAME,
    form: FORM_ID,
    outcome: { classes: [...outcome.classes], positive: outcome.positive, horizon: HORIZON },
    features: questions.map(({ name }) => name),
    prior,
    ...(region === null ? {} : { region, subgroups: [region] }),
    holdout: { ratio: 0.4 },
    triggers: {
      newOutcomes: figures.newOutcomes,
      freshAtLeast: figures.freshAtLeast,
      ...(region === null ? {} : { calibration: { question: region, atLeast: figures.calibrationFrom } }),
    },
    gate: { minHoldout: figures.minHoldout, maxFlips: 0.3 },
    rings: [0, 1, 2, 3],
    rollout: {
      shares: [...figures.shares],
      minScores: figures.minScores,
      minDevices: 1,
      // The gate’s report promises a share of changed decisions; a small panel moves around it.
      flipMargin: 0.15,
    },
    followUps: { form: FOLLOW_UP_FORM_ID, auditShare: 0.2, perWeek: 30 },
  })

export const cardOf = ({ title, outcome }: Panel): string =>
  `# ${outcome.name}\n\nLearnt in a replay of ${title}. It decides about nobody: it shows how models are made, judged and sent out.\n`
