/**
 * The settings sheet in the form: what its root carries, where and how it is submitted, and
 * the namespaces of attributes that columns pass through.
 */
import type { SheetRow } from './sheet-rows.ts'
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

/** Of the root of the instance. An attribute of a namespace that is not declared is left out. */
export function attributesOf(
  { row, formId, version }: Settings,
  prefixes: ReadonlySet<string>,
): Readonly<Record<string, string | undefined>> {
  const own: Record<string, string> = {}
  for (const key of row?.keys() ?? []) {
    const name = key.startsWith('attribute::') ? key.slice('attribute::'.length) : ''
    const text = row?.cell(key) ?? ''
    if (text !== '' && isXmlName(name) && (!name.includes(':') || prefixes.has(name.split(':')[0]!))) own[name] = text
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

/** `esri="http://esri.com/xforms" gml="…"` in the settings, beside ODK's own. */
export function declaredNamespaces({ row }: Settings): Readonly<Record<string, string>> {
  const found: Record<string, string> = { ...NAMESPACES }
  const written = row?.cell('namespaces') ?? ''
  for (const [, prefix = '', , address = ''] of written.matchAll(/([^\s=]+)=(["']?)([^\s"']+)\2/g))
    if (isXmlName(prefix)) found[`xmlns:${prefix}`] ??= address
  return found
}

export const prefixesOf = (namespaces: Readonly<Record<string, string>>): ReadonlySet<string> =>
  new Set([...Object.keys(namespaces).map(name => name.replace('xmlns:', '')), ...Object.keys(IN_USE), 'xml'])

/** @param written The form without its root element: of ours, only what it uses is declared. */
export function namespacesInUse(
  declared: Readonly<Record<string, string>>,
  written: string,
): Readonly<Record<string, string>> {
  const used = Object.entries(IN_USE).filter(([prefix]) => written.includes(` ${prefix}:`))
  return { ...declared, ...Object.fromEntries(used.map(([prefix, address]) => [`xmlns:${prefix}`, address])) }
}
