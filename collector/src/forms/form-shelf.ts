/**
 * Every form version that was ever published here. A version never changes, so a loaded form
 * is kept for good: a project has tens of them.
 */
import { err, fault, ok, type FaultOf, type FormId, type Result } from '@murram/ground'
import type { Form } from '@murram/xform'
import { and, asc, eq } from 'drizzle-orm'
import { getBlob } from '../blobs/blobs.ts'
import type { ReadDb } from '../db/handles.ts'
import { formVersions } from './tables.ts'

export interface FormShelf {
  readonly find: (formId: FormId, version: string) => Promise<Result<Form, FaultOf<'form.not-found'>>>
  /** Every version of one form, in the order in which they were published. */
  readonly versions: (formId: FormId) => Promise<readonly string[]>
}

export interface FormShelfDeps {
  readonly read: ReadDb
  readonly loadProgram: (program: unknown) => Result<Form>
}

export function createFormShelf({ read, loadProgram }: FormShelfDeps): FormShelf {
  const loaded = new Map<string, Form>()
  return {
    versions: async formId => {
      const rows = await read
        .select({ version: formVersions.version })
        .from(formVersions)
        .where(eq(formVersions.formId, formId))
        .orderBy(asc(formVersions.publishedAtMs), asc(formVersions.version))
      return rows.map(({ version }) => version)
    },
    find: async (formId, version) => {
      const key = `${formId}\n${version}`
      const before = loaded.get(key)
      if (before !== undefined) return ok(before)
      const [row] = await read
        .select({ programSha256: formVersions.programSha256 })
        .from(formVersions)
        .where(and(eq(formVersions.formId, formId), eq(formVersions.version, version)))
      if (row === undefined) return err(fault('form.not-found', `${formId} ${version}`))
      const program = await getBlob(read, row.programSha256)
      if (program === undefined) throw new Error(`the program of ${formId} ${version} is not among the blobs`)
      const form = loadProgram(JSON.parse(new TextDecoder().decode(program)))
      if (!form.ok) throw new Error(`the stored program of ${formId} ${version}: ${form.error.fault}`)
      loaded.set(key, form.value)
      return ok(form.value)
    },
  }
}
