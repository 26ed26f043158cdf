/** A workbook of this repository, converted and compiled as the collector and the agent do it. For tests. */
import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { millis, unwrap } from '@murram/ground'
import { convertXlsform, type Conversion } from '@murram/xlsform'
import { compileXform, openSession, type Form, type Session, type SessionOptions } from '@murram/xform'

const ROOT = new URL('../../../../', import.meta.url)
/** After every date in the tests. */
const NOW = Date.parse('2026-11-21T09:00:00Z')

/** `path` is relative to the repository: `models/vulnerability/form.xlsx`. */
export async function compileWorkbook(path: string): Promise<{ readonly conversion: Conversion; readonly form: Form }> {
  const bytes = new Uint8Array(await readFile(new URL(path, ROOT)))
  const conversion = unwrap(await convertXlsform(bytes, { fileName: basename(path) }))
  return { conversion, form: unwrap(compileXform(conversion.xml)) }
}

export const openFresh = (form: Form, more: Partial<SessionOptions> = {}): Session =>
  unwrap(
    openSession(form, {
      now: () => millis(NOW),
      uuid: randomUUID,
      random: () => 0.5,
      timeZone: 'Africa/Kampala',
      ...more,
    }),
  )

/** A file beside the repository, where there is one; `null` elsewhere. */
export const readShared = (path: string): Promise<Uint8Array | null> =>
  readFile(new URL(`../shared/${path}`, ROOT)).then(
    bytes => new Uint8Array(bytes),
    () => null,
  )
