/**
 * The forms that this device can open: what the feed publishes and whose program lies in
 * `forms/<sha256>.json`, whole.
 *
 * FS1 a program is read only if its bytes have the hash that the feed names
 * FS2 a withdrawn version is not offered, and still opens for what was begun with it
 *
 * Not here: fetching a program (sync/downloads.ts). Programs are public; nothing that an
 * officer entered lies in that folder.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { err, fault, ok, type FormId, type Result, type Sha256 } from '@murram/ground'
import { sha256 } from '@murram/seal'
import type { FormBody } from '@murram/wire'
import { loadProgram, type Form } from '@murram/xform'
import { BehaviorSubject, type Observable, type Subscription } from 'rxjs'
import type { Mirror, MirrorRow } from '../store/mirror.ts'

export interface ShelvedForm {
  readonly formId: FormId
  readonly version: string
  readonly title: string
}

export interface MissingForm {
  readonly sha256: Sha256
  readonly sizeBytes: number
  /** The newest program of the same form that is here: much of the missing one stands in it. */
  readonly older: Sha256 | null
}

export interface FormShelf {
  /** The newest published version of each form that is here, by title. */
  readonly forms: () => readonly ShelvedForm[]
  /** Without a version: the newest published one. */
  readonly form: (formId: string, version?: string) => Result<Form>
  /** Published versions of a form that are here; a model must fit one of them. */
  readonly versions: (formId: string) => readonly string[]
  /** What the feed names and this device lacks. */
  readonly missing: () => readonly MissingForm[]
  /** A program was put into its place. */
  readonly noteArrival: () => void
  /** Emits at once, and whenever what is on the shelf may have changed. */
  readonly changes$: Observable<void>
  readonly close: () => void
}

export const formsFolder = (dataDir: string): string => join(dataDir, 'forms')
export const programPath = (dataDir: string, hash: string): string => join(formsFolder(dataDir), `${hash}.json`)

export async function createFormShelf({
  dataDir,
  mirror,
}: {
  readonly dataDir: string
  readonly mirror: Mirror
}): Promise<FormShelf> {
  const loaded = new Map<string, Form>()
  const here = new Set<string>()
  const changes = new BehaviorSubject<void>(undefined)
  let rows: readonly MirrorRow<'form'>[] = await mirror.all('form')
  const watching: Subscription = mirror.watch('form').subscribe(now => {
    rows = now
    changes.next()
  })

  const isHere = ({ sha256: hash }: FormBody): boolean => {
    if (here.has(hash)) return true
    if (!existsSync(programPath(dataDir, hash))) return false
    here.add(hash)
    return true
  }
  const published = (): readonly FormBody[] =>
    rows.map(row => row.body).filter(body => body.state === 'published' && isHere(body))

  const load = (body: FormBody): Result<Form> => {
    const known = loaded.get(body.sha256)
    if (known !== undefined) return ok(known)
    const bytes = readFileSync(programPath(dataDir, body.sha256))
    if (sha256(bytes) !== body.sha256)
      return err(fault('form.not-found', `${body.formId} ${body.version} is damaged here`))
    const form = loadProgram(JSON.parse(bytes.toString('utf8')))
    if (form.ok) loaded.set(body.sha256, form.value)
    return form
  }

  return {
    forms: () => {
      const newest = new Map<string, FormBody>()
      for (const body of published()) if (!newest.has(body.formId)) newest.set(body.formId, body)
      return [...newest.values()]
        .map(({ formId, version, title }) => ({ formId, version, title }))
        .sort((a, b) => a.title.localeCompare(b.title))
    },
    form: (formId, version) => {
      const body =
        version === undefined
          ? published().find(b => b.formId === formId)
          : rows.map(row => row.body).find(b => b.formId === formId && b.version === version && isHere(b))
      return body === undefined ? err(fault('form.not-found', `${formId} ${version ?? ''}`.trim())) : load(body)
    },
    versions: formId =>
      published()
        .filter(body => body.formId === formId)
        .map(body => body.version),
    missing: () =>
      rows
        .map(row => row.body)
        .filter(body => body.state === 'published' && !isHere(body))
        .map(({ formId, sha256: hash, sizeBytes }) => ({
          sha256: hash,
          sizeBytes,
          older: rows.find(({ body }) => body.formId === formId && isHere(body))?.body.sha256 ?? null,
        })),
    noteArrival: () => changes.next(),
    changes$: changes.asObservable(),
    close: () => watching.unsubscribe(),
  }
}
