/**
 * A form version as devices are told of it: its program, and its lists as they are now.
 *
 * FE1 of two versions the one that was published later has the higher number in the feed, also when
 *     only the lists of the earlier one have changed: devices take the highest for the newest
 */
import type { Sha256 } from '@murram/ground'
import type { FormBody } from '@murram/wire'
import type { ReadDb } from '../db/handles.ts'
import type { FeedEntry } from '../feed/feed-entry.ts'
import { versionsOf, type FormVersion } from './form-repo.ts'
import { listsInForce, type FormListRow } from './list-repo.ts'

/** FE1. @param changed Versions of the form of which something changed. */
export async function formEntries(
  tx: ReadDb,
  formId: string,
  changed: ReadonlySet<string>,
): Promise<readonly FeedEntry[]> {
  const versions = await versionsOf(tx, formId)
  const first = versions.findIndex(({ version }) => changed.has(version))
  const lists = await listsInForce(tx, formId)
  return versions.slice(Math.max(first, 0)).map(form => ({
    kind: 'form',
    key: `${form.formId}/${form.version}`,
    body: bodyOf(
      form,
      lists.filter(({ version }) => version === form.version),
    ),
  }))
}

const bodyOf = (form: FormVersion, lists: readonly FormListRow[]): FormBody => ({
  formId: form.formId as FormBody['formId'],
  version: form.version,
  title: form.title,
  sha256: form.programSha256 as Sha256,
  sizeBytes: form.sizeBytes,
  state: form.state,
  ...(lists.length === 0
    ? {}
    : { lists: lists.map(({ name, sha256, sizeBytes }) => ({ name, sha256: sha256 as Sha256, sizeBytes })) }),
})
