/**
 * Root documents as the centre drafts them: which keys have which role, and until when. A draft is
 * worth nothing until enough root keys have signed it (`trust-room.ts`, `murram keys sign-root`).
 */
import type { RootDocument, SignedBySeveral, TrustedKey } from '@murram/score'
import { keyIdOf } from '@murram/seal'
import type { ProjectKeys } from '../config/project-keys.ts'

/** Two years: long enough for a team that changes, short enough that a forgotten key ends. */
const VALID_MS = 2 * 365.25 * 86_400_000

export const ONLINE = 'collector'

/** A self-held root: whoever has the collector has the project. */
export function firstRoot(keys: ProjectKeys, nowMs: number): RootDocument {
  return draftRoot(
    {
      format: 1,
      projectId: keys.projectId,
      version: 0,
      demo: keys.demo,
      keys: {},
      roles: { root: roleOf([keys.root.publicKey]), centre: EMPTY, release: EMPTY, freshness: EMPTY },
      issuedAtMs: 0,
      expiresAtMs: 0,
    },
    keys,
    { nowMs },
  )
}

export interface RootWishes {
  readonly nowMs: number
  /** Who may sign the next one; as before unless told. */
  readonly rootKeys?: readonly TrustedKey[] | undefined
  /** How many of them must. */
  readonly threshold?: number | undefined
  /** Public keys that take over from the collector's present ones. */
  readonly release?: string | undefined
  readonly freshness?: string | undefined
}

/** What the holders of root keys are shown, and sign. */
export interface RootDraft {
  readonly previous: RootDocument
  readonly root: SignedBySeveral<RootDocument>
}

/** The one that follows. */
export function draftRoot(previous: RootDocument, keys: ProjectKeys, wishes: RootWishes): RootDocument {
  const { nowMs, rootKeys, threshold } = wishes
  const online: readonly TrustedKey[] = [
    keys.root.publicKey,
    wishes.release ?? keys.release.publicKey,
    wishes.freshness ?? keys.freshness.publicKey,
  ].map(publicKey => ({ publicKey, holder: ONLINE }))
  const [centre, release, freshness] = online.map(({ publicKey }) => roleOf([publicKey]))
  if (centre === undefined || release === undefined || freshness === undefined) throw new Error('a key is missing')
  const root =
    rootKeys === undefined
      ? previous.roles.root
      : roleOf(
          rootKeys.map(({ publicKey }) => publicKey),
          threshold ?? Math.floor(rootKeys.length / 2) + 1,
        )
  const known = [...Object.values(previous.keys), ...(rootKeys ?? []), ...online]
  const byId = Object.fromEntries(known.map(key => [keyIdOf(key.publicKey), key]))
  const roles = { root: threshold === undefined ? root : { ...root, threshold }, centre, release, freshness }
  const named = new Set(Object.values(roles).flatMap(role => role.keyIds))
  return {
    format: 1,
    projectId: keys.projectId,
    version: previous.version + 1,
    demo: keys.demo,
    keys: Object.fromEntries(Object.entries(byId).filter(([keyId]) => named.has(keyId))),
    roles,
    issuedAtMs: Math.floor(nowMs),
    expiresAtMs: Math.floor(nowMs + VALID_MS),
  }
}

/** Nobody but this collector has a say in what comes next. */
export const isHeldOnline = (root: RootDocument, keys: ProjectKeys): boolean =>
  root.roles.root.threshold === 1 && root.roles.root.keyIds.includes(keyIdOf(keys.root.publicKey))

const EMPTY = { keyIds: [], threshold: 1 }
const roleOf = (publicKeys: readonly string[], threshold = 1) => ({ keyIds: publicKeys.map(keyIdOf), threshold })
