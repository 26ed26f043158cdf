/** The `type` column: names as the field writes them → what each becomes in an XForm. */

export interface QuestionType {
  /** The canonical name. */
  readonly name: string
  readonly bind: string
  /** Body element; `null` is not asked. */
  readonly control: string | null
  readonly preload?: readonly [kind: string, parameter: string]
  readonly attributes?: Readonly<Record<string, string>>
}

export type ReadType =
  | {
      readonly is: 'question'
      readonly type: QuestionType
      readonly list: string | null
      readonly file: string | null
      readonly orOther: boolean
    }
  | { readonly is: 'begin'; readonly of: 'group' | 'repeat' }
  | { readonly is: 'end'; readonly of: 'group' | 'repeat' }
  | { readonly is: 'audit' }
  /** A list that no question asks from, for look-ups. */
  | { readonly is: 'attached'; readonly ending: string }

const asked = (
  name: string,
  bind: string,
  control = 'input',
  attributes?: Readonly<Record<string, string>>,
): QuestionType => ({
  name,
  bind,
  control,
  ...(attributes === undefined ? {} : { attributes }),
})
const preloaded = (name: string, bind: string, kind: string, parameter: string): QuestionType => ({
  name,
  bind,
  control: null,
  preload: [kind, parameter],
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
  deviceid: preloaded('deviceid', 'string', 'property', 'deviceid'),
  username: preloaded('username', 'string', 'property', 'username'),
  email: preloaded('email', 'string', 'property', 'email'),
  phonenumber: preloaded('phonenumber', 'string', 'property', 'phonenumber'),
  simserial: preloaded('simserial', 'string', 'property', 'simserial'),
  subscriberid: preloaded('subscriberid', 'string', 'property', 'subscriberid'),
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
  'device id': 'deviceid',
  device_id: 'deviceid',
  imei: 'deviceid',
  'get start time': 'start',
  'start time': 'start',
  'get end time': 'end',
  'end time': 'end',
  'get today': 'today',
  'phone number': 'phonenumber',
  calculation: 'calculate',
}

const SELECT_ONE = asked('select_one', 'string', 'select1')
const SELECT_MULTIPLE = asked('select_multiple', 'string', 'select')
const RANK = asked('rank', 'odk:rank', 'odk:rank')

const SELECT =
  /^(select[_ ]one|select1|select[_ ]multiple|select[_ ]all[_ ]that[_ ]apply|rank)(?:[_ ]from[_ ](file))?(?:\s+from)?\s+(\S+)(?:\s+(or[_ ]other|or specify other))?$/i
const BEGIN = /^begin[_ ]?(group|repeat|loop)$/i
/** A bare `end` is the time at which the interview ended. */
const END = /^end[_ ]?(group|repeat|loop)$/i

export function readType(text: string): ReadType | undefined {
  const written = text.trim().replace(/\s+/g, ' ')
  const begin = BEGIN.exec(written)
  if (begin !== null) return { is: 'begin', of: begin[1]!.toLowerCase() === 'repeat' ? 'repeat' : 'group' }
  const end = END.exec(written)
  if (end !== null) return { is: 'end', of: end[1]!.toLowerCase() === 'repeat' ? 'repeat' : 'group' }
  const select = SELECT.exec(written)
  if (select !== null) {
    const word = select[1]!.toLowerCase().replaceAll(' ', '_')
    const type = word === 'rank' ? RANK : word === 'select_one' || word === 'select1' ? SELECT_ONE : SELECT_MULTIPLE
    const file = select[2] !== undefined
    return {
      is: 'question',
      type,
      list: file ? null : select[3]!,
      file: file ? select[3]! : null,
      orOther: select[4] !== undefined,
    }
  }
  const name = written.toLowerCase()
  if (name === 'audit') return { is: 'audit' }
  if (name === 'csv-external' || name === 'xml-external') return { is: 'attached', ending: name.slice(0, 3) }
  const type = TYPES[ALIASES[name] ?? name]
  return type === undefined ? undefined : { is: 'question', type, list: null, file: null, orOther: false }
}

export const knownTypes = (): readonly string[] => [
  ...Object.values(TYPES).map(type => type.name),
  'select_one LIST',
  'select_multiple LIST',
  'begin group',
  'begin repeat',
]
