/** The settings sheet: what the form is called and how it behaves as a whole. */
import type { Report, SheetRow, SheetRows } from './sheet-rows.ts'
import { isXmlName, NAME_RULE } from './xml-name.ts'

/** Settings that are yes or no. */
const FLAGS = [
  'add_none_option',
  'clean_text_values',
  'omit_instanceid',
  'allow_choice_duplicates',
  'auto_delete',
  'auto_send',
  'client_editable',
]
const YES = /^(?:yes|true(?:\(\))?)$/i
const NO = /^(?:no|false(?:\(\))?)$/i

export const isYes = (row: SheetRow | null, key: string): boolean => YES.test(row?.cell(key) ?? '')

export const isNo = (row: SheetRow | null, key: string): boolean => NO.test(row?.cell(key) ?? '')

export function checkSettings(sheet: SheetRows | undefined, report: Report): void {
  const [row, ...others] = sheet?.rows ?? []
  if (row === undefined) return
  const tell = (severity: 'error' | 'warning', code: string, key: string, message: string): void =>
    report({ severity, code, message, sheet: 'settings', row: row.row, column: row.header(key) })
  const name = row.cell('name')
  if (name !== '' && !isXmlName(name))
    tell('error', 'bad-name', 'name', `“${name}” cannot be the name of the form. ${NAME_RULE}`)
  if (isYes(row, 'omit_instanceid') && row.cell('public_key') !== '')
    tell(
      'error',
      'omitted-instance-id',
      'omit_instanceid',
      'A form with a public_key is encrypted, and that needs the instanceID. Remove omit_instanceID, or public_key.',
    )
  for (const key of FLAGS) {
    const value = row.cell(key)
    if (value !== '' && !YES.test(value) && !NO.test(value))
      tell(
        'warning',
        'bad-flag',
        key,
        `“${value}” is neither yes nor no, and ${row.header(key)} is left as it is by default. Write yes or no.`,
      )
  }
  if (row.cell('form_id') !== '' && row.cell('id_string') !== '')
    tell(
      'warning',
      'two-form-ids',
      'id_string',
      'form_id and id_string are two names of one setting; form_id is used. Remove the other.',
    )
  if (others.length > 0)
    report({
      severity: 'warning',
      code: 'second-settings-row',
      message: 'Only the first row of the settings is read. Move what you need there, and clear this row.',
      sheet: 'settings',
      row: others[0]!.row,
    })
}
