/**
 * The forms that this device can open: what the feed publishes, whose program lies in
 * `forms/<sha256>.json`, whole, and whose lists lie in the store.
 *
 * FS1 a program is read only if its bytes have the hash that the feed names
 * FS2 a withdrawn version is not offered, and still opens for what was begun with it
 * FS3 a version is offered when each of its lists is here, the newest one or one before it; until
 *     then an earlier version is
 *
 * Not here: fetching a program or a list (sync/provision.ts). Programs are public; nothing that an
 * officer entered lies in that folder.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { err, fault, ok, type FormId, type Result, type Sha256 } from '@murram/ground'
import { sha256 } from '@murram/seal'
import type { FormBody, FormList } from '@murram/wire'
import { loadProgram, type Form } from '@murram/xform'
import { BehaviorSubject, type Observable, type Subscription } from 'rxjs'
import type { Mirror, MirrorRow } from '../store/mirror.ts'
import type { ListStore } from './list-store.ts'

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

export type MissingList = MissingForm & { readonly name: string }

/** A list that is on its way. */
export interface AwaitedList {
  readonly formId: FormId
  readonly version: string
  readonly title: string
  readonly name: string
  readonly haveBytes: number
  readonly sizeBytes: number
  /** An earlier one is used meanwhile; `false`: this version cannot be opened before it is here. */
  readonly hasEarlier: boolean
}

export interface FormShelf {
  /** The newest published version of each form that is here, by title. */
  readonly forms: () => readonly ShelvedForm[]
  /** Without a version: the newest published one. */
  readonly form: (formId: string, version?: string) => Result<Form>
  /** What a form from here takes from files, by name; any other list is the device's to fill. */
  readonly listsOf: (form: Form) => ReadonlyMap<string, Sha256>
  /** The same version with other lists, as far as those are here: what an interview was begun with. */
  readonly withLists: (form: Form, lists: Readonly<Record<string, string>>) => Form
  readonly pins: Pick<ListStore, 'pin' | 'unpin' | 'pinned'>
  /** Published versions of a form that are here; a model must fit one of them. */
  readonly versions: (formId: string) => readonly string[]
  /** What the feed names and this device lacks. */
  readonly missing: () => readonly MissingForm[]
  readonly missingLists: () => readonly MissingList[]
  /** Of published forms. */
  readonly awaited: () => readonly AwaitedList[]
  /** A program was put into its place. */
  readonly noteArrival: () => void
  /** @returns `false`: these are not the bytes of this hash. */
  readonly keepList: (hash: Sha256, bytes: Uint8Array) => boolean
  /** Of a list in use, to make the next one of it. */
  readonly listBytes: (hash: Sha256) => Uint8Array | null
  /** Emits at once, and whenever what is on the shelf may have changed. */
  readonly changes$: Observable<void>
  readonly close: () => void
}

export interface FormShelfDeps {
  readonly dataDir: string
  readonly mirror: Mirror
  readonly lists: ListStore
  /** How much of a file that is on its way is here. */
  readonly lengthOf: (hash: Sha256) => number
}

export const formsFolder = (dataDir: string): string => join(dataDir, 'forms')
export const programPath = (dataDir: string, hash: string): string => join(formsFolder(dataDir), `${hash}.json`)

interface Loaded {
  readonly form: Form
  /** Hashes of the lists that it reads. */
  readonly lists: string
}

export async function createFormShelf({ dataDir, mirror, lists, lengthOf }: FormShelfDeps): Promise<FormShelf> {
  const loaded = new Map<string, Loaded>()
  const filesOf = new WeakMap<Form, ReadonlyMap<string, Sha256>>()
  const here = new Set<string>()
  const changes = new BehaviorSubject<void>(undefined)
  let rows: readonly MirrorRow<'form'>[] = await mirror.all('form')
  const bodies = (): readonly FormBody[] => rows.map(row => row.body)
  lists.settle(bodies())
  const watching: Subscription = mirror.watch('form').subscribe(now => {
    rows = now
    lists.settle(bodies())
    changes.next()
  })

  const hasProgram = ({ sha256: hash }: FormBody): boolean => {
    if (here.has(hash)) return true
    if (!existsSync(programPath(dataDir, hash))) return false
    here.add(hash)
    return true
  }
  const published = (): readonly FormBody[] => bodies().filter(body => body.state === 'published' && hasProgram(body))
  /** Lists of a form version that are not in use in the form in which the feed names them. */
  const awaitedOf = (body: FormBody): readonly (FormList & { readonly earlier: Sha256 | undefined })[] => {
    if (body.lists === undefined) return []
    const inUse = lists.inUse(body)
    return body.lists
      .filter(({ name, sha256: hash }) => inUse.get(name) !== hash)
      .map(list => ({ ...list, earlier: inUse.get(list.name) }))
  }
  /** FS3 */
  const lacks = (body: FormBody) => awaitedOf(body).filter(({ earlier }) => earlier === undefined)

  const load = (body: FormBody): Result<Form> => {
    const inUse = body.lists === undefined ? new Map<string, Sha256>() : lists.inUse(body)
    const hashes = [...inUse].map(([name, hash]) => `${name} ${hash}`).join('\n')
    const known = loaded.get(body.sha256)
    if (known?.lists === hashes) return ok(known.form)
    const bytes = readFileSync(programPath(dataDir, body.sha256))
    if (sha256(bytes) !== body.sha256)
      return err(fault('form.not-found', `${body.formId} ${body.version} is damaged here`))
    const form = loadWith(JSON.parse(bytes.toString('utf8')), inUse)
    if (form.ok) loaded.set(body.sha256, { form: form.value, lists: hashes })
    return form
  }

  const loadWith = (program: unknown, files: ReadonlyMap<string, Sha256>): Result<Form> => {
    const attachments = (name: string): string | undefined => {
      const hash = files.get(name)
      const file = hash === undefined ? null : lists.read(hash)
      return file === null ? undefined : new TextDecoder().decode(file)
    }
    const form = loadProgram(program, { attachments })
    if (form.ok) filesOf.set(form.value, files)
    return form
  }

  const earlierOf = (formId: string, name: string): Sha256 | null => {
    for (const body of bodies()) {
      const hash = body.formId === formId ? lists.inUse(body).get(name) : undefined
      if (hash !== undefined) return hash
    }
    return null
  }

  return {
    forms: () => {
      const newest = new Map<string, FormBody>()
      for (const body of published())
        if (!newest.has(body.formId) && lacks(body).length === 0) newest.set(body.formId, body)
      return [...newest.values()]
        .map(({ formId, version, title }) => ({ formId, version, title }))
        .sort((a, b) => a.title.localeCompare(b.title))
    },
    form: (formId, version) => {
      const named =
        version === undefined
          ? published().filter(body => body.formId === formId)
          : bodies().filter(body => body.formId === formId && body.version === version && hasProgram(body))
      const body = named.find(one => lacks(one).length === 0)
      if (body !== undefined) return load(body)
      const [first] = named
      if (first === undefined) return err(fault('form.not-found', `${formId} ${version ?? ''}`.trim()))
      const far = lacks(first).map(
        one => `${one.name}: ${kilobytes(lengthOf(one.sha256))} of ${kilobytes(one.sizeBytes)}`,
      )
      return err(fault('form.lists-awaited', `${formId} ${first.version}, ${far.join(', ')} kB`))
    },
    listsOf: form => filesOf.get(form) ?? NONE,
    withLists: (form, wanted) => {
      const present = filesOf.get(form) ?? NONE
      const files = new Map(
        [...present].map(([name, hash]) => {
          const other = wanted[name] as Sha256 | undefined
          return [name, other !== undefined && lists.has(other) ? other : hash] as const
        }),
      )
      if ([...files].every(([name, hash]) => present.get(name) === hash)) return form
      const loadedWith = loadWith(form.program, files)
      return loadedWith.ok ? loadedWith.value : form
    },
    pins: lists,
    versions: formId =>
      published()
        .filter(body => body.formId === formId)
        .map(body => body.version),
    missing: () =>
      bodies()
        .filter(body => body.state === 'published' && !hasProgram(body))
        .map(({ formId, sha256: hash, sizeBytes }) => ({
          sha256: hash,
          sizeBytes,
          older: bodies().find(body => body.formId === formId && hasProgram(body))?.sha256 ?? null,
        })),
    missingLists: () => {
      const found = new Map<Sha256, MissingList>()
      for (const body of bodies())
        for (const { name, sha256: hash, sizeBytes, earlier } of body.state === 'published' ? awaitedOf(body) : [])
          if (!found.has(hash))
            found.set(hash, { name, sha256: hash, sizeBytes, older: earlier ?? earlierOf(body.formId, name) })
      return [...found.values()]
    },
    awaited: () =>
      published().flatMap(body =>
        awaitedOf(body).map(({ name, sha256: hash, sizeBytes, earlier }) => ({
          formId: body.formId,
          version: body.version,
          title: body.title,
          name,
          haveBytes: lengthOf(hash),
          sizeBytes,
          hasEarlier: earlier !== undefined,
        })),
      ),
    noteArrival: () => changes.next(),
    keepList: (hash, bytes) => {
      if (!lists.put(hash, bytes)) return false
      lists.settle(bodies())
      changes.next()
      return true
    },
    listBytes: lists.read,
    changes$: changes.asObservable(),
    close: () => watching.unsubscribe(),
  }
}

const NONE: ReadonlyMap<string, Sha256> = new Map()
const kilobytes = (bytes: number): string => (bytes / 1_000).toFixed(bytes < 10_000 ? 1 : 0)
