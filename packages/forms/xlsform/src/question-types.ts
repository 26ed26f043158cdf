/**
 * The `type` column: names as the field writes them → what each becomes in an XForm. The
 * current names, their aliases, and the sentences of the first years (`add text prompt`).
 */

export interface QuestionType {
  /** The canonical name. */
  readonly name: string
  readonly bind: string
  /** Body element; `null` is not asked. */
  readonly control: string | null
  readonly preload?: readonly [kind: string, parameter: string]
  readonly attributes?: Readonly<Record<string, string>>
  /** Cells that a row of this type has where its author left them empty. */
  readonly cells?: Readonly<Record<string, string>>
}

export type ReadType =
  | {
      readonly is: 'question'
      readonly type: QuestionType
      /** List of the choices sheet (of the external_choices or osm sheet, for those types). */
      readonly list: string | null
      /** File that the choices come from. */
      readonly file: string | null
      /** Question of a repeat whose answers are the choices. */
      readonly answersOf: string | null
      readonly orOther: boolean
    }
  /** `list`: the choices that a loop goes over. */
  | { readonly is: 'begin'; readonly of: 'group' | 'repeat' | 'loop'; readonly list: string | null }
  | { readonly is: 'end'; readonly of: 'group' | 'repeat' | 'loop' }
  | { readonly is: 'audit' }
  /** A setting that stands on the survey sheet: the name column holds its value. */
  | { readonly is: 'setting'; readonly key: string }
  /** A list that no question asks from, for look-ups. */
  | { readonly is: 'attached'; readonly ending: 'csv' | 'xml' }

type Attributes = Readonly<Record<string, string>>

const asked = (
  name: string,
  bind: string,
  control = 'input',
  attributes?: Attributes,
  cells?: Attributes,
): QuestionType => ({
  name,
  bind,
  control,
  ...(attributes === undefined ? {} : { attributes }),
  ...(cells === undefined ? {} : { cells }),
})
const preloaded = (name: string, bind: string, kind: string, parameter: string): QuestionType => ({
  name,
  bind,
  control: null,
  preload: [kind, parameter],
})
const property = (name: string): QuestionType => preloaded(name, 'string', 'property', name)
const counted = (name: string, most: number, hint?: string): QuestionType =>
  asked(name, 'int', 'input', undefined, {
    constraint: `0 <= . and . <= ${most}`,
    ...(hint === undefined ? {} : { hint }),
  })

const TYPES: Readonly<Record<string, QuestionType>> = {
  text: asked('text', 'string'),
  integer: asked('integer', 'int'),
  decimal: asked('decimal', 'decimal'),
  date: asked('date', 'date'),
  time: asked('time', 'time'),
  datetime: asked('dateTime', 'dateTime'),
  note: asked('note', 'string'),
  geopoint: asked('geopoint', 'geopoint'),
  geotrace: asked('geotrace', 'geotrace'),
  geoshape: asked('geoshape', 'geoshape'),
  barcode: asked('barcode', 'barcode'),
  acknowledge: asked('acknowledge', 'string', 'trigger'),
  range: asked('range', 'int', 'range'),
  image: asked('image', 'binary', 'upload', { mediatype: 'image/*' }),
  audio: asked('audio', 'binary', 'upload', { mediatype: 'audio/*' }),
  video: asked('video', 'binary', 'upload', { mediatype: 'video/*' }),
  file: asked('file', 'binary', 'upload', { mediatype: 'application/*' }),
  calculate: { name: 'calculate', bind: 'string', control: null },
  hidden: { name: 'hidden', bind: 'string', control: null },
  start: preloaded('start', 'dateTime', 'timestamp', 'start'),
  end: preloaded('end', 'dateTime', 'timestamp', 'end'),
  today: preloaded('today', 'date', 'date', 'today'),
  deviceid: property('deviceid'),
  username: property('username'),
  email: property('email'),
  phonenumber: property('phonenumber'),
  simserial: property('simserial'),
  subscriberid: property('subscriberid'),
  'uri:deviceid': property('uri:deviceid'),
  'uri:username': property('uri:username'),
  'uri:email': property('uri:email'),
  'uri:phonenumber': property('uri:phonenumber'),
  'uri:simserial': property('uri:simserial'),
  'uri:subscriberid': property('uri:subscriberid'),
  'start-geopoint': { name: 'start-geopoint', bind: 'geopoint', control: null },
  'background-geopoint': { name: 'background-geopoint', bind: 'geopoint', control: null },
  'background-audio': { name: 'background-audio', bind: 'binary', control: null },
  percentage: counted('percentage', 100),
  'number of days in last month': counted('number of days in last month', 31, 'Enter a number 0-31.'),
  'number of days in last six months': counted('number of days in last six months', 183, 'Enter a number 0-183.'),
  'number of days in last year': counted('number of days in last year', 365, 'Enter a number 0-365.'),
  'phone number': asked('phone number', 'string', 'input', undefined, {
    constraint: String.raw`regex(., '^\d*$')`,
    hint: 'Enter numbers only.',
  }),
}

const ALIASES: Readonly<Record<string, string>> = {
  string: 'text',
  int: 'integer',
  'date time': 'datetime',
  date_time: 'datetime',
  gps: 'geopoint',
  location: 'geopoint',
  trigger: 'acknowledge',
  photo: 'image',
  picture: 'image',
  'device id': 'deviceid',
  device_id: 'deviceid',
  imei: 'deviceid',
  'sim id': 'simserial',
  'subscriber id': 'subscriberid',
  'start time': 'start',
  'end time': 'end',
  calculation: 'calculate',
}

const SELECT_ONE = asked('select_one', 'string', 'select1')
const SELECT_MULTIPLE = asked('select_multiple', 'string', 'select')
const RANK = asked('rank', 'odk:rank', 'odk:rank')
const SELECT_ONE_EXTERNAL = asked('select_one_external', 'string', 'input')
const OSM = asked('osm', 'binary', 'upload', { mediatype: 'osm/*' })

const ONE = 'select[_ ]one|select1|add select one prompt using'
const MULTIPLE = 'select[_ ]multiple|select[_ ]all[_ ]that[_ ]apply|add select multiple prompt using'
const SELECT = new RegExp(
  `^(?:(?<one>${ONE})|(?<many>${MULTIPLE})|(?<rank>rank))(?<file>[_ ]from[_ ]file)?(?: from)?(?: using)? (?<list>\\S+)(?<other> (?:or[_ ]other|or specify other))?$`,
  'i',
)
const EXTERNAL = /^select[_ ]one[_ ]external (?<list>\S+)$/i
const OSM_LIST = /^osm(?: (?<list>\S+))?$/i
const CONTROLS: Readonly<Record<string, 'group' | 'repeat' | 'loop'>> = {
  group: 'group',
  repeat: 'repeat',
  lgroup: 'repeat',
  'looped group': 'repeat',
  loop: 'loop',
}
/** A bare `end` is the time at which the interview ended. */
const BEGIN = /^begin[_ ]?(group|repeat|lgroup|looped group|loop)(?: (?:over )?(\S+))?$/i
const END = /^end[_ ]?(group|repeat|lgroup|looped group|loop)$/i
const SETTING = /^(?:set[_ ])?form[_ ](title|id)$/i

const question = (type: QuestionType, list?: string): ReadType => ({
  is: 'question',
  type,
  list: list ?? null,
  file: null,
  answersOf: null,
  orOther: false,
})

export function readType(text: string): ReadType | undefined {
  const written = text.trim().replace(/\s+/g, ' ')
  const begin = BEGIN.exec(written)
  if (begin !== null) return { is: 'begin', of: CONTROLS[begin[1]!.toLowerCase()]!, list: begin[2] ?? null }
  const end = END.exec(written)
  if (end !== null) return { is: 'end', of: CONTROLS[end[1]!.toLowerCase()]! }
  const external = EXTERNAL.exec(written)
  if (external !== null) return question(SELECT_ONE_EXTERNAL, external.groups?.['list'])
  const select = SELECT.exec(written)
  if (select !== null) return readSelect(select.groups!)
  const osm = OSM_LIST.exec(written)
  if (osm !== null) return question(OSM, osm.groups?.['list'])
  const setting = SETTING.exec(written)
  if (setting !== null) return { is: 'setting', key: `form_${setting[1]!.toLowerCase()}` }
  const name = written.toLowerCase()
  if (name === 'audit') return { is: 'audit' }
  if (name === 'csv-external') return { is: 'attached', ending: 'csv' }
  if (name === 'xml-external') return { is: 'attached', ending: 'xml' }
  const bare = name.replace(/^(?:q|get) /, '').replace(/^add (.+) prompt$/, '$1')
  const type = TYPES[ALIASES[name] ?? name] ?? TYPES[ALIASES[bare] ?? bare.replace('phone number', 'phonenumber')]
  return type === undefined ? undefined : question(type)
}

function readSelect(found: Readonly<Record<string, string | undefined>>): ReadType {
  const type = found['rank'] !== undefined ? RANK : found['one'] !== undefined ? SELECT_ONE : SELECT_MULTIPLE
  const list = found['list']!
  const answersOf = /^\$\{\s*([^}]+?)\s*\}$/.exec(list)?.[1] ?? null
  const isFile = found['file'] !== undefined
  return {
    is: 'question',
    type,
    list: isFile || answersOf !== null ? null : list,
    file: isFile ? list : null,
    answersOf: isFile ? null : answersOf,
    orOther: found['other'] !== undefined,
  }
}

export const knownTypes = (): readonly string[] => [
  ...Object.values(TYPES).map(type => type.name),
  'select_one LIST',
  'select_multiple LIST',
  'rank LIST',
  'select_one_from_file FILE',
  'select_multiple_from_file FILE',
  'select_one_external LIST',
  'osm LIST',
  'csv-external',
  'xml-external',
  'audit',
  'begin group',
  'begin repeat',
  'begin loop over LIST',
]
