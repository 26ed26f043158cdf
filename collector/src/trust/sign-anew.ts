/**
 * After the release key was replaced: what is in force, signed by the new one. Devices that know
 * the new root document take nothing from the old key any more, and a laptop that comes new
 * would have no model at all.
 *
 * The bytes stay; the counter rises, as for every release. A release that was between rings ends with the
 * key that signed it: what is signed anew is in force everywhere, and a person may release the other again.
 */
import { RELEASE_PURPOSE, type Manifest, type RootDocument } from '@murram/score'
import { signDocument, type Signed } from '@murram/seal'
import { sql } from 'drizzle-orm'
import type { ProjectKeys } from '../config/project-keys.ts'
import { inTransaction, type WriteDb } from '../db/handles.ts'
import type { Feed } from '../feed/feed.ts'
import { lockModel, setChampion } from '../registry/registry-repo.ts'
import { giveOrder } from '../rollout/give-order.ts'
import { believableUpto, nextCounter } from '../rollout/release-counter.ts'
import { appendRelease, findRelease, highestReported, lastCounter } from '../rollout/release-repo.ts'

const VALID_MS = 90 * 86_400_000

interface Deps {
  readonly write: WriteDb
  readonly feed: Feed
  readonly keys: ProjectKeys
  readonly now: () => number
}

/** Again is harmless: what the present key signed is left alone. @returns The releases that were made. */
export async function signReleasesAnew(
  { write, feed, keys, now }: Deps,
  root: RootDocument,
): Promise<readonly string[]> {
  const made = await inTransaction(write, async tx => {
    const { rows } = await tx.execute<{ signed: Signed<Manifest> }>(sql`
      select body -> 'signed' as signed from feed
       where kind = 'release' and body is not null order by key`)
    const old = rows.filter(({ signed }) => !root.roles.release.keyIds.includes(signed.keyId))
    const anew: string[] = []
    for (const { signed } of old) {
      const before = await findRelease(tx, signed.body.releaseId)
      if (before === undefined) continue
      const model = await lockModel(tx, signed.body.modelName)
      const nowMs = now()
      const counter = nextCounter({
        previous: await lastCounter(tx),
        reported: await highestReported(tx, believableUpto(nowMs)),
        reason: 'rollback',
        nowMs,
      })
      const { modelName, releaseId: parent } = signed.body
      const releaseId = `${modelName}-${counter}`
      const times = { createdAtMs: nowMs, expiresAtMs: nowMs + VALID_MS }
      const manifest: Manifest = { ...signed.body, releaseId, counter, parent, reason: 'rollback', ...times }
      const row = {
        ...before,
        releaseId,
        counter,
        reason: 'rollback' as const,
        note: `${parent} again: the release key was replaced`,
        signed: signDocument(keys.release, RELEASE_PURPOSE, manifest),
        chain: keys.releaseCertificate,
        createdAtMs: nowMs,
      }
      await appendRelease(tx, row)
      await feed.append(tx, [{ kind: 'release', key: modelName, body: { signed: row.signed, chain: row.chain } }])
      if (model !== undefined) {
        const { shares } = model.recipe.rollout
        await setChampion(tx, modelName, before.candidateId)
        await giveOrder({ keys, feed, now }, tx, {
          release: row,
          shares,
          openRing: shares.length,
          state: 'complete',
          who: 'the centre',
          reason: row.note,
          challenger: null,
        })
      }
      anew.push(releaseId)
    }
    return anew
  })
  if (made.length > 0) feed.ring()
  return made
}
