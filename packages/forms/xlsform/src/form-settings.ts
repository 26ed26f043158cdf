/**
 * The settings sheet in the form: what its root carries, where and how it is submitted, and
 * the namespaces of attributes that columns pass through.
 */
import type { Report, SheetRow } from './sheet-rows.ts'
import { element } from './xml-text.ts'
import { isXmlName } from './xml-name.ts'

export interface Settings {
  readonly row: SheetRow | null
  readonly root: string
  readonly formId: string
  readonly version: string
  readonly title: string
  /** As written; `''` is none. */
  readonly instanceName: string
  readonly hasInstanceId: boolean
}

const YES = /^(?:yes|true(?:\(\))?)$/i

/** Of the root of the instance. */
export function attributesOf({ row, formId, version }: Settings): Readonly<Record<string, string | undefined>> {
  const own: Record<string, string> = {}
  for (const key of row?.keys() ?? []) {
    const name = key.startsWith('attribute::') ? key.slice('attribute::'.length) : ''
    const text = row?.cell(key) ?? ''
    if (name !== '' && text !== '') own[name] = text
  }
  const cell = (key: string): string | undefined => row?.cell(key) || undefined
  return {
    ...own,
    id: formId,
    version: version || undefined,
    xmlns: cell('instance_xmlns'),
    'odk:prefix': cell('prefix'),
    'odk:delimiter': cell('delimiter'),
  }
}

/** Where the answers go; nothing where the settings do not say. */
export function submissionXml({ row }: Settings): string {
  const cell = (key: string): string | undefined => row?.cell(key) || undefined
  const action = cell('submission_url')
  const attributes = {
    action,
    method: action === undefined ? undefined : 'post',
    base64RsaPublicKey: cell('public_key'),
    'orx:auto-send': cell('auto_send'),
    'orx:auto-delete': cell('auto_delete'),
    'odk:client-editable': YES.test(cell('client_editable') ?? '') ? 'true' : undefined,
  }
  return Object.values(attributes).every(value => value === undefined) ? '' : element('submission', attributes)
}

const NAMESPACES: Readonly<Record<string, string>> = {
  xmlns: 'http://www.w3.org/2002/xforms',
  'xmlns:h': 'http://www.w3.org/1999/xhtml',
  'xmlns:ev': 'http://www.w3.org/2001/xml-events',
  'xmlns:xsd': 'http://www.w3.org/2001/XMLSchema',
  'xmlns:jr': 'http://openrosa.org/javarosa',
  'xmlns:orx': 'http://openrosa.org/xforms',
  'xmlns:odk': 'http://www.opendatakit.org/xforms',
}
const IN_USE: Readonly<Record<string, string>> = {
  entities: 'http://www.opendatakit.org/xforms/entities',
  murram: 'http://murram.org/xforms',
}

/** @param written The form without its root element: only namespaces that it uses are declared beside ODK's. */
export function namespacesOf({ row }: Settings, written: string, report: Report): Readonly<Record<string, string>> {
  const found: Record<string, string> = { ...NAMESPACES }
  for (const [prefix, address] of Object.entries(IN_USE))
    if (written.includes(` ${prefix}:`)) found[`xmlns:${prefix}`] = address
  // `esri="http://esri.com/xforms" gml="…"`
  for (const [, prefix = '', , address = ''] of (row?.cell('namespaces') ?? '').matchAll(/([^\s=]+)=(["']?)([^\s"']+)\2/g))
    if (isXmlName(prefix)) found[`xmlns:${prefix}`] ??= address
  for (const prefix of unknownPrefixes(written, found))
    report({
      severity: 'error',
      code: 'unknown-namespace',
      message: `The prefix “${prefix}:” stands in a column, but nothing says what it means. Add ${prefix}="http://…" to namespaces in the settings.`,
      sheet: 'settings',
    })
  return found
}

function unknownPrefixes(written: string, declared: Readonly<Record<string, string>>): readonly string[] {
  const used = new Set<string>()
  for (const [tag] of written.matchAll(/<[^/!?][^>]*>/g))
    for (const [, prefix = ''] of tag.matchAll(/\s([^\s:="<>]+):[^\s:="<>]+="/g)) used.add(prefix)
  return [...used].filter(prefix => prefix !== 'xml' && prefix !== 'xmlns' && !(`xmlns:${prefix}` in declared))
}
