/**
 * Whose keys the project trusts, and what of it a device is told.
 *
 *   no root document ─open─► 1, signed by the collector's own key: root is *held online*
 *   n ─draft─► holders sign ─publish─► n + 1      (a self-held root signs by itself)
 *
 * TR1 what is published follows the newest one by score's laws, and names keys that this collector has
 * TR2 a rotation that was cut in the middle is finished at the next start: the document decides
 * TR3 what the old release key signed is signed anew by the new one, at a higher counter
 * TR4 all collectors of a project say the same of an hour, so that no device takes one for old
 * TR6 what is fresh names the newest order on each model, so that none can be kept from a device unseen
 * TR5 a root held here is renewed before it ends, however long the collector runs; who stays connected
 *     is told what is fresh as those are who come
 *
 * Not here: the private halves of keys that lie offline. They never come near this process.
 */
import { err, fault, ok, type Fault, type Result } from '@murram/ground'
import {
  addSignature,
  FRESH_MS,
  FRESHNESS_PURPOSE,
  ROOT_PURPOSE,
  signersOf,
  verifyNextRoot,
  type FreshnessStatement,
  type RootDocument,
  type SignedBySeveral,
  type TrustedKey,
} from '@murram/score'
import { createSigningKey, keyIdOf, signDocument, type SigningKey } from '@murram/seal'
import type { TrustNews } from '@murram/wire'
import type { Logger } from 'pino'
import type { Keyring } from '../config/keyring.ts'
import { certifyRelease } from '../config/project-keys.ts'
import { inTurn } from '../db/advisory-lock.ts'
import type { ReadDb, WriteDb } from '../db/handles.ts'
import type { Feed } from '../feed/feed.ts'
import type { KeysView } from '../http/key-api-types.ts'
import { draftRoot, firstRoot, isHeldOnline, type RootDraft } from './make-root.ts'
import { allRoots, appendRoot, ordersInFeed, releasesInFeed, toRow } from './root-repo.ts'
import { signReleasesAnew } from './sign-anew.ts'

type SignedRoot = SignedBySeveral<RootDocument>

export interface DraftWishes {
  readonly rootKeys?: readonly TrustedKey[] | undefined
  readonly threshold?: number | undefined
  readonly replaceRelease?: boolean | undefined
  readonly replaceFreshness?: boolean | undefined
}

export interface TrustRoom {
  /** @param rootVersion Of the newest document that the device knows. */
  readonly newsFor: (rootVersion: number) => Promise<TrustNews>
  /** For a stick, which cannot be fresh. */
  readonly rootsFrom: (rootVersion: number) => TrustNews
  readonly current: () => RootDocument
  readonly view: () => KeysView
  readonly draft: (wishes: DraftWishes) => Promise<Result<RootDraft, Fault>>
  readonly publish: (signed: unknown) => Promise<Result<KeysView, Fault>>
  /** What another collector, or a journal, has brought. */
  readonly look: () => Promise<void>
  /** To be called each day: renews what is due, and tells whoever is connected what is fresh. */
  readonly keepFresh: () => Promise<void>
  /** A document out of a journal. @returns Why not. */
  readonly publishAgain: (signed: SignedRoot) => Promise<undefined | string>
  readonly onChange: (listener: () => void) => void
}

export interface TrustDeps {
  readonly read: ReadDb
  readonly write: WriteDb
  readonly keys: Keyring
  readonly feed: Feed
  readonly now: () => number
  readonly log: Logger
}

const HOUR_MS = 3_600_000
const RENEW_MS = 180 * 86_400_000

export async function openTrustRoom(deps: TrustDeps): Promise<TrustRoom> {
  const { read, write, keys, feed, now, log } = deps
  let roots: readonly SignedRoot[] = []
  const listeners: (() => void)[] = []
  const newest = (): SignedRoot => {
    const last = roots.at(-1)
    if (last === undefined) throw new Error('a project without a root document')
    return last
  }
  const load = async (): Promise<void> => {
    roots = (await allRoots(read)).map(({ signed }) => signed)
  }
  const bySelf = (body: RootDocument): SignedRoot => addSignature({ body, signatures: [] }, ROOT_PURPOSE, keys.root)
  const has = (role: 'release' | 'freshness', key: SigningKey | undefined): boolean =>
    key !== undefined && newest().body.roles[role].keyIds.includes(keyIdOf(key.publicKey))

  /** TR2 */
  const settle = async (): Promise<void> => {
    const { release, freshness } = keys.next ?? {}
    const takesRelease = !has('release', keys.release) && has('release', release)
    const takesFreshness = !has('freshness', keys.freshness) && has('freshness', freshness)
    if (takesRelease && release !== undefined) {
      const about = { projectId: keys.projectId, publicKey: release.publicKey, demo: keys.demo, issuedAtMs: now() }
      await keys.change({
        release,
        releaseCertificate: certifyRelease(keys.root, about),
        next: { ...keys.next, release: undefined },
      })
    }
    if (takesFreshness && freshness !== undefined)
      await keys.change({ freshness, next: { ...keys.next, freshness: undefined } })
    if (!has('release', keys.release)) {
      log.error(
        { version: newest().body.version },
        'the release key of this collector is not that of the root document',
      )
      return
    }
    const anew = await signReleasesAnew({ write, feed, keys, now }, newest().body) // TR3
    if (anew.length > 0) log.warn({ releases: anew }, 'releases were signed anew: the release key was replaced')
  }

  const keep = async (signed: SignedRoot): Promise<void> => {
    await appendRoot(write, toRow(signed, now()))
    await load()
    // Devices hear of the new keys before they see what these sign.
    for (const listener of listeners) listener()
    await settle()
    for (const listener of listeners) listener()
  }

  const isDue = (): boolean => isHeldOnline(newest().body, keys) && newest().body.expiresAtMs - now() < RENEW_MS

  await inTurn(write, 'root', async () => {
    await load()
    if (roots.length === 0) await appendRoot(write, toRow(bySelf(firstRoot(keys, now())), now()))
    await load()
    if (isDue()) await appendRoot(write, toRow(bySelf(draftRoot(newest().body, keys, { nowMs: now() })), now()))
    await load()
    await settle()
  })
  sayHowItIsHeld(newest().body, keys, log, now())

  const statement = async (): Promise<unknown> => {
    if (!has('freshness', keys.freshness)) return null
    const issuedAtMs = Math.floor(now() / HOUR_MS) * HOUR_MS // TR4
    const body: FreshnessStatement = {
      format: 1,
      projectId: keys.projectId,
      rootVersion: newest().body.version,
      releases: await releasesInFeed(read),
      orders: await ordersInFeed(read, newest().body.roles.release.keyIds),
      issuedAtMs,
      expiresAtMs: issuedAtMs + FRESH_MS,
    }
    return signDocument(keys.freshness, FRESHNESS_PURPOSE, body)
  }

  /** TR5 */
  const renew = async (): Promise<void> => {
    if (!isDue()) return
    await inTurn(write, 'root', async () => {
      await load()
      if (isDue()) await keep(bySelf(draftRoot(newest().body, keys, { nowMs: now() })))
    })
  }

  const rootsFrom = (rootVersion: number): TrustNews => ({
    roots: roots.filter(({ body }) => body.version > rootVersion),
    freshness: null,
  })

  /** TR1 */
  const follows = (signed: unknown): Result<SignedRoot, Fault> => {
    const next = verifyNextRoot(newest().body, signed)
    if (!next.ok) return next
    const { centre, release, freshness } = next.value.body.roles
    const mine = (ids: readonly string[], ...own: readonly (SigningKey | undefined)[]): boolean =>
      own.some(key => key !== undefined && ids.includes(keyIdOf(key.publicKey)))
    const isOurs =
      mine(centre.keyIds, keys.root) &&
      mine(release.keyIds, keys.release, keys.next?.release) &&
      mine(freshness.keyIds, keys.freshness, keys.next?.freshness)
    return isOurs && release.threshold === 1
      ? ok(next.value)
      : err(fault('key.root-refused', 'it names keys that this collector does not have: draft it here'))
  }

  const view = (): KeysView => viewOf(newest(), keys, now())

  return {
    current: () => newest().body,
    newsFor: async rootVersion => {
      await renew()
      return { ...rootsFrom(rootVersion), freshness: await statement() }
    },
    rootsFrom,
    view,
    draft: wishes =>
      inTurn(write, 'root', async () => {
        await load()
        const { rootKeys, threshold, replaceRelease = false, replaceFreshness = false } = wishes
        const next = {
          ...keys.next,
          ...(replaceRelease ? { release: createSigningKey() } : {}),
          ...(replaceFreshness ? { freshness: createSigningKey() } : {}),
        }
        if (replaceRelease || replaceFreshness) await keys.change({ next })
        const previous = newest().body
        const drafted = draftRoot(previous, keys, {
          nowMs: now(),
          rootKeys,
          threshold,
          ...(replaceRelease ? { release: next.release?.publicKey } : {}),
          ...(replaceFreshness ? { freshness: next.freshness?.publicKey } : {}),
        })
        const { keyIds, threshold: needed } = drafted.roles.root
        if (needed > keyIds.length) return err(fault('key.root-refused', `${needed} of ${keyIds.length} keys`))
        const isOwn = previous.roles.root.keyIds.includes(keyIdOf(keys.root.publicKey))
        return ok({ previous, root: isOwn ? bySelf(drafted) : { body: drafted, signatures: [] } })
      }),
    publish: signed =>
      inTurn(write, 'root', async () => {
        await load()
        const next = follows(signed)
        if (!next.ok) return next
        await keep(next.value)
        log.warn({ version: next.value.body.version }, 'a root document was published')
        return ok(view())
      }),
    publishAgain: signed =>
      inTurn(write, 'root', async () => {
        await load()
        const next = verifyNextRoot(newest().body, signed)
        if (!next.ok) return next.error.detail ?? next.error.fault
        await keep(next.value)
        return undefined
      }),
    look: async () => {
      const before = newest().body.version
      await load()
      if (newest().body.version === before) return
      await settle()
      for (const listener of listeners) listener()
    },
    keepFresh: async () => {
      await renew()
      sayHowItIsHeld(newest().body, keys, log, now())
      for (const listener of listeners) listener()
    },
    onChange: listener => void listeners.push(listener),
  }
}

function viewOf(signed: SignedRoot, keys: Keyring, nowMs: number): KeysView {
  const { body } = signed
  const heldOnline = isHeldOnline(body, keys)
  const signers = signersOf(body, 'root', ROOT_PURPOSE, signed)
  return {
    projectId: body.projectId,
    demo: body.demo,
    version: body.version,
    issuedAtMs: body.issuedAtMs,
    expiresAtMs: body.expiresAtMs,
    isExpired: body.expiresAtMs <= nowMs,
    isHeldOnline: heldOnline,
    keys: Object.entries(body.keys).map(([keyId, { publicKey, holder }]) => ({
      keyId,
      publicKey,
      holder,
      roles: Object.entries(body.roles)
        .filter(([, role]) => role.keyIds.includes(keyId))
        .map(([name]) => name),
      signedThis: signers.has(keyId),
    })),
    rootThreshold: body.roles.root.threshold,
    advice: heldOnline ? HELD_ONLINE : null,
  }
}

export const HELD_ONLINE =
  'The root key lies on the collector: whoever takes the collector takes the project. Move it to two of three people: docs/keys.md, "Move root offline".'

function sayHowItIsHeld(root: RootDocument, keys: Keyring, log: Logger, nowMs: number): void {
  const { version, roles, expiresAtMs } = root
  const facts = { version, rootKeys: roles.root.keyIds.length, threshold: roles.root.threshold, expiresAtMs }
  if (isHeldOnline(root, keys)) log[keys.demo ? 'info' : 'warn'](facts, HELD_ONLINE)
  else if (expiresAtMs - nowMs < RENEW_MS)
    log.warn(facts, 'the root document ends soon: draft, sign and publish the next one')
  else log.info(facts, 'root is held offline')
}
