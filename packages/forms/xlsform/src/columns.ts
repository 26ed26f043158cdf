/**
 * Headers as the field writes them → the columns of the language. Case, spaces and the older
 * names do not matter; `label::English (en)` is the column `label` in a language.
 */

import { MURRAM_RULES, MURRAM_TRANSLATED } from './murram-column-names.ts'

const SURVEY_ALIASES: Readonly<Record<string, string>> = {
  caption: 'label',
  relevance: 'relevant',
  readonly: 'read_only',
  calculate: 'calculation',
  constraint_msg: 'constraint_message',
  constraining_message: 'constraint_message',
  required_msg: 'required_message',
  count: 'repeat_count',
  'jr:count': 'repeat_count',
  saveto: 'save_to',
  'bind::relevant': 'relevant',
  'bind::required': 'required',
  'bind::constraint': 'constraint',
  'bind::calculate': 'calculation',
  'bind::readonly': 'read_only',
  'bind::type': 'bind_type',
  'body::appearance': 'appearance',
  'control::appearance': 'appearance',
  'bind::jr:constraintmsg': 'constraint_message',
  'bind::jr:requiredmsg': 'required_message',
  'media::image': 'image',
  'media::audio': 'audio',
  'media::video': 'video',
  'media::big-image': 'big-image',
}
const CHOICES_ALIASES: Readonly<Record<string, string>> = {
  listname: 'list_name',
  'list-name': 'list_name',
  value: 'name',
  caption: 'label',
  'media::image': 'image',
  'media::audio': 'audio',
  'media::video': 'video',
  'media::big-image': 'big-image',
}
const SETTINGS_ALIASES: Readonly<Record<string, string>> = {
  title: 'form_title',
  id_string: 'form_id',
  set_form_title: 'form_title',
  set_form_id: 'form_id',
}
const ENTITIES_ALIASES: Readonly<Record<string, string>> = { list_name: 'dataset' }

export type SheetName = 'survey' | 'choices' | 'settings' | 'entities'

const ALIASES: Readonly<Record<SheetName, Readonly<Record<string, string>>>> = {
  survey: SURVEY_ALIASES,
  choices: CHOICES_ALIASES,
  settings: SETTINGS_ALIASES,
  entities: ENTITIES_ALIASES,
}

/** Columns that may name a language. */
const TRANSLATED: ReadonlySet<string> = new Set([
  'label',
  'hint',
  'guidance_hint',
  'constraint_message',
  'required_message',
  ...MURRAM_TRANSLATED,
  'image',
  'audio',
  'video',
  'big-image',
])

const KNOWN_SURVEY: ReadonlySet<string> = new Set([
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
])
const KNOWN_SETTINGS: ReadonlySet<string> = new Set([
  'form_title',
  'form_id',
  'version',
  'instance_name',
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
  'sms_keyword',
  'client_editable',
  'add_none_option',
])
const KNOWN_ENTITIES: ReadonlySet<string> = new Set([
  'dataset',
  'label',
  'entity_id',
  'create_if',
  'update_if',
  'repeat',
])

export interface Column {
  readonly key: string
  /** `null`: the column is in no language. */
  readonly language: string | null
  /** As the author wrote it. */
  readonly header: string
  readonly at: number
}

export function readColumn(header: string, at: number, sheet: SheetName): Column {
  const parts = header.split(/\s*::\s*/)
  const aliases = ALIASES[sheet]
  for (let length = parts.length; length > 0; length--) {
    const written = parts.slice(0, length).map(plain).join('::')
    const key = aliases[written] ?? (length === 1 ? written : undefined)
    if (key === undefined) continue
    const rest = parts.slice(length).join('::')
    if (rest === '') return { key, language: null, header, at }
    if (TRANSLATED.has(key) && (sheet === 'survey' || sheet === 'choices')) return { key, language: rest, header, at }
  }
  // `label:English`, as before 2012.
  const [base = '', language] = header.split(/\s*:(?!:)\s*/, 2)
  const key = aliases[plain(base)] ?? plain(base)
  if (language !== undefined && TRANSLATED.has(key) && !header.includes('::')) return { key, language, header, at }
  return { key: parts.map(plain).join('::'), language: null, header, at }
}

const plain = (part: string): string => part.trim().toLowerCase().replace(/\s+/g, '_')

/** Choices carry columns of their own for filters, so nothing there is unknown. */
export function isKnown({ key }: Column, sheet: SheetName): boolean {
  if (sheet === 'choices') return true
  if (sheet === 'settings') return KNOWN_SETTINGS.has(key) || key.startsWith('attribute::')
  if (sheet === 'entities') return KNOWN_ENTITIES.has(key)
  return KNOWN_SURVEY.has(key) || /^(bind|body|control|instance)::/.test(key)
}
