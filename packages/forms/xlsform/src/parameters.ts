/**
 * The `parameters` column: `max-pixels=1024 app=org.example.camera`. Which keys a type has,
 * what their values may be, and the attributes that they become.
 *
 * Not here: the parameters of a range (`range-parameters.ts`) and of an audit (`audit-parameters.ts`).
 */
import type { Report, SheetRow } from './sheet-rows.ts'
import { isXmlName, NAME_RULE } from './xml-name.ts'

export type Parameters = ReadonlyMap<string, string>

export interface ParameterAttributes {
  readonly bind: Readonly<Record<string, string>>
  readonly body: Readonly<Record<string, string>>
}

export const NO_ATTRIBUTES: ParameterAttributes = { bind: {}, body: {} }

/** Pairs of key and value, with `=` between and spaces, commas or semicolons around. Keys in lower case. */
export function readParameters(row: SheetRow, report: Report): Parameters {
  const text = row.cell('parameters')
  const tokens = text.match(/=|[^\s=,;]+/g) ?? []
  const found = new Map<string, string>()
  for (let i = 0; i < tokens.length; i += 3) {
    const [key = '=', sign, value = '='] = tokens.slice(i, i + 3)
    if (key === '=' || sign !== '=' || value === '=') {
      refuseParameters(
        row,
        report,
        `“${text}” cannot be read. Write key=value, with spaces between the pairs, e.g. “start=1 end=10”.`,
      )
      return new Map()
    }
    found.set(key.toLowerCase(), value)
  }
  return found
}

export const refuseParameters = (row: SheetRow, report: Report, message: string): void =>
  report({
    severity: 'error',
    code: 'bad-parameters',
    message,
    sheet: row.sheet,
    row: row.row,
    column: row.header('parameters'),
  })

type Refuse = (message: string) => void
type Check = (value: string, key: string, refuse: Refuse) => void

export const isInteger = (value: string): boolean => /^[+-]?\d+$/.test(value)
const isNumber = (value: string): boolean => /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(value)

const integer: Check = (value, key, refuse) => {
  if (!isInteger(value)) refuse(`${key} is a whole number, not “${value}”, e.g. ${key}=10.`)
}
const number: Check = (value, key, refuse) => {
  if (!isNumber(value)) refuse(`${key} is a number, not “${value}”, e.g. ${key}=5.`)
}
const oneOf =
  (...values: readonly string[]): Check =>
  (value, key, refuse) => {
    if (!values.includes(value.toLowerCase())) refuse(`${key} is ${values.join(' or ')}, not “${value}”.`)
  }
const name: Check = (value, key, refuse) => {
  if (!isXmlName(value)) refuse(`“${value}” cannot be the ${key} column of a list. ${NAME_RULE}`)
}
const yes: Check = (value, key, refuse) => {
  if (!/^(yes|true(\(\))?)$/i.test(value))
    refuse(`${key} is true, or is left out, not “${value}”. Remove it to switch it off.`)
}
const seed: Check = (value, key, refuse) => {
  if (!isNumber(value) && !/^\$\{[^}]+\}$/.test(value))
    refuse(`${key} is a number or a question, not “${value}”, e.g. ${key}=42 or ${key}=\${id}.`)
}
const packageName: Check = (value, key, refuse) => {
  const segments = value.split('.')
  if (segments.length < 2 || segments.some(segment => !/^[a-z][a-z0-9_]*$/i.test(segment)))
    refuse(
      `“${value}” is not the package name of an Android app. Write words of letters, digits and _ with dots between, each beginning with a letter, e.g. ${key}=org.example.camera.`,
    )
}

interface Rule {
  readonly check?: Check
  /** Where the value goes in the form. */
  readonly to?: readonly [place: 'bind' | 'body', attribute: string]
}

const SELECT: Readonly<Record<string, Rule>> = { randomize: { check: oneOf('true', 'false') }, seed: { check: seed } }
const MOCK: Rule = { check: oneOf('true', 'false'), to: ['bind', 'odk:allow-mock-accuracy'] }
const GEOMETRY: Readonly<Record<string, Rule>> = {
  'allow-mock-accuracy': MOCK,
  incremental: { check: yes },
  'reference-geometry': {},
}

const RULES: Readonly<Record<string, Readonly<Record<string, Rule>>>> = {
  text: { rows: { check: integer, to: ['body', 'rows'] } },
  image: { 'max-pixels': { check: integer, to: ['bind', 'orx:max-pixels'] }, app: {} },
  audio: { quality: { check: oneOf('voice-only', 'low', 'normal', 'external'), to: ['bind', 'odk:quality'] } },
  'background-audio': { quality: { check: oneOf('voice-only', 'low', 'normal') } },
  geopoint: {
    'allow-mock-accuracy': MOCK,
    'capture-accuracy': { check: number, to: ['body', 'accuracyThreshold'] },
    'warning-accuracy': { check: number, to: ['body', 'unacceptableAccuracyThreshold'] },
    'reference-geometry': {},
  },
  geotrace: GEOMETRY,
  geoshape: GEOMETRY,
  select_one: SELECT,
  select_multiple: SELECT,
  rank: SELECT,
  select_one_external: SELECT,
  'select from file': { ...SELECT, value: { check: name }, label: { check: name } },
}

/** Types whose parameters only matter to whoever reads them are left unchecked: theirs is no rule. */
export function checkParameters(
  type: string,
  row: SheetRow,
  given: Parameters,
  appearance: string,
  report: Report,
): ParameterAttributes {
  const rules = RULES[type]
  if (rules === undefined) return NO_ATTRIBUTES
  const refuse: Refuse = message => refuseParameters(row, report, message)
  refuseUnknown(Object.keys(rules), given, refuse)
  const found = { bind: {} as Record<string, string>, body: {} as Record<string, string> }
  for (const [key, value] of given) {
    const rule = rules[key]
    rule?.check?.(value, key, refuse)
    if (rule?.to !== undefined) found[rule.to[0]][rule.to[1]] = value.toLowerCase()
  }
  if (given.has('incremental')) found.body['incremental'] = 'true'
  const app = given.get('app')
  // The app takes the place of the camera, which other appearances have replaced already.
  if (type === 'image' && app !== undefined && (appearance === '' || appearance === 'annotate')) {
    packageName(app, 'app', refuse)
    found.body['intent'] = app
  }
  if (given.has('seed') && !given.has('randomize'))
    refuse('A seed is for choices in random order. Add randomize=true, or remove the seed.')
  return found
}

export function refuseUnknown(known: readonly string[], given: Parameters, refuse: Refuse): void {
  const unknown = [...given.keys()].filter(key => !known.includes(key))
  if (unknown.length > 0)
    refuse(
      `${unknown.map(key => `“${key}”`).join(', ')} is no parameter of this type. ${known.length === 0 ? 'Clear the cell.' : `It has ${known.join(', ')}.`}`,
    )
}
