/**
 * Headers as the field writes them → the columns of the language. Case, spaces and the older
 * names do not matter; `label::English (en)` is the column `label` in a language, and
 * `bind::odk:length` an attribute that is passed through.
 *
 * A sheet that has `::` anywhere uses it everywhere; only without it is a single `:` a
 * separator, as before 2012, because names of attributes have one too.
 */

import { MURRAM_RULES, MURRAM_TRANSLATED } from './murram-column-names.ts'

export type SheetName = 'survey' | 'choices' | 'settings' | 'entities' | 'external_choices' | 'osm'

const MEDIA_ALIASES: Readonly<Record<string, string>> = {
  'media::image': 'image',
  'media::big-image': 'big-image',
  'media::audio': 'audio',
  'media::video': 'video',
}
const SURVEY_ALIASES: Readonly<Record<string, string>> = {
  ...MEDIA_ALIASES,
  caption: 'label',
  command: 'type',
  tag: 'name',
  value: 'name',
  relevance: 'relevant',
  readonly: 'read_only',
  calculate: 'calculation',
  constraining_message: 'constraint_message',
  constraint_msg: 'constraint_message',
  required_msg: 'required_message',
  requiredmsg: 'required_message',
  noapperrorstring: 'no_app_error_string',
  count: 'repeat_count',
  'jr:count': 'repeat_count',
  saveto: 'save_to',
  'bind::relevant': 'relevant',
  'bind::required': 'required',
  'bind::constraint': 'constraint',
  'bind::calculate': 'calculation',
  'bind::readonly': 'read_only',
  'bind::type': 'bind_type',
  'bind::entities:saveto': 'save_to',
  'bind::jr:constraintmsg': 'constraint_message',
  'bind::jr:requiredmsg': 'required_message',
  'bind::jr:noapperrorstring': 'no_app_error_string',
  'body::appearance': 'appearance',
  'body::jr:count': 'repeat_count',
}
const LIST_ALIASES: Readonly<Record<string, string>> = {
  ...MEDIA_ALIASES,
  listname: 'list_name',
  'list-name': 'list_name',
  value: 'name',
  caption: 'label',
}
const SETTINGS_ALIASES: Readonly<Record<string, string>> = {
  title: 'form_title',
  set_form_title: 'form_title',
  set_form_id: 'form_id',
}

const ALIASES: Readonly<Record<SheetName, Readonly<Record<string, string>>>> = {
  survey: SURVEY_ALIASES,
  choices: LIST_ALIASES,
  external_choices: LIST_ALIASES,
  osm: LIST_ALIASES,
  settings: SETTINGS_ALIASES,
  entities: { list_name: 'dataset' },
}

/** Columns that may name a language, in the order in which a form is read. */
export const TRANSLATED: ReadonlySet<string> = new Set([
  'label',
  'hint',
  'guidance_hint',
  'constraint_message',
  'required_message',
  'no_app_error_string',
  ...MURRAM_TRANSLATED,
  'image',
  'big-image',
  'audio',
  'video',
])

const KNOWN: Readonly<Record<'survey' | 'choices' | 'settings' | 'entities', ReadonlySet<string>>> = {
  survey: new Set([
    ...TRANSLATED,
    ...MURRAM_RULES,
    'type',
    'name',
    'required',
    'relevant',
    'constraint',
    'calculation',
    'choice_filter',
    'appearance',
    'default',
    'read_only',
    'repeat_count',
    'save_to',
    'trigger',
    'parameters',
    'feature',
    'outcome',
    'sensitive',
    'bind_type',
    'note',
    'disabled',
    'autoplay',
    'rows',
    'intent',
    'media',
    'compact_tag',
    'sms_field',
    'sms_option',
    'sms_separator',
    'sms_allow_media',
    'sms_date_format',
    'sms_datetime_format',
    'sms_response',
  ]),
  choices: new Set([...TRANSLATED, 'list_name', 'name', 'sms_option']),
  settings: new Set([
    'form_title',
    'form_id',
    'id_string',
    'version',
    'instance_name',
    'instance_id',
    'default_language',
    'style',
    'name',
    'public_key',
    'submission_url',
    'auto_send',
    'auto_delete',
    'allow_choice_duplicates',
    'namespaces',
    'clean_text_values',
    'omit_instanceid',
    'instance_xmlns',
    'client_editable',
    'add_none_option',
    'prefix',
    'delimiter',
    'flat',
    'sms_keyword',
    'sms_separator',
    'sms_allow_media',
    'sms_date_format',
    'sms_datetime_format',
    'sms_response',
  ]),
  entities: new Set(['dataset', 'label', 'entity_id', 'create_if', 'update_if', 'repeat']),
}

export interface Column {
  readonly key: string
  /** `null`: the column is in no language. */
  readonly language: string | null
  /** As the author wrote it. */
  readonly header: string
  readonly at: number
}

/** @param usesDoubleColon Whether any header of the sheet has `::`. */
export function readColumn(header: string, at: number, sheet: SheetName, usesDoubleColon: boolean): Column {
  const parts = splitHeader(header, usesDoubleColon || header.includes('::'))
  const aliases = ALIASES[sheet]
  if (parts.length > 1 && plain(parts[0]!) === 'control') parts[0] = 'body'
  for (let length = parts.length; length > 0; length--) {
    const written = parts.slice(0, length).map(plain).join('::')
    const key = aliases[written] ?? (length === 1 ? written : undefined)
    if (key === undefined) continue
    const rest = parts.slice(length).join('::')
    if (rest === '') return { key: keyOf(key, header, sheet), language: null, header, at }
    if (TRANSLATED.has(key) && sheet !== 'settings' && sheet !== 'entities') return { key, language: rest, header, at }
  }
  // The attribute's own name keeps its case.
  const key = [plain(parts[0]!), ...parts.slice(1)].join('::')
  return { key, language: null, header, at }
}

const plain = (part: string): string => part.trim().toLowerCase().replace(/\s+/g, '_')

/** Choices' own columns are read by filters under the name that the author gave them. */
function keyOf(key: string, header: string, sheet: SheetName): string {
  const isList = sheet === 'choices' || sheet === 'external_choices' || sheet === 'osm'
  return isList && !KNOWN.choices.has(key) ? header.trim() : key
}

function splitHeader(header: string, byDoubleColon: boolean): string[] {
  if (byDoubleColon) return header.split('::').map(part => part.trim())
  const parts = header.split(':').map(part => part.trim())
  const jr = parts.indexOf('jr')
  if (jr >= 0 && jr + 1 < parts.length) parts.splice(jr, 2, `jr:${parts[jr + 1]!}`)
  return parts
}

/** Choices carry columns of their own for filters, so nothing there is unknown. */
export function isKnown({ key }: Column, sheet: SheetName): boolean {
  if (sheet === 'settings') return KNOWN.settings.has(key) || key.startsWith('attribute::')
  if (sheet === 'entities') return KNOWN.entities.has(key)
  if (sheet === 'survey') return KNOWN.survey.has(key) || /^(bind|body|instance|media)::/.test(key)
  return true
}
