/** Root documents in sentences, for whoever is about to sign one. */
import type { RootDraft } from '@murram/collector'
import type { KeysView } from '@murram/collector/api'
import { ROLES, type RoleName, type RootDocument } from '@murram/score'

const MAY: Readonly<Record<RoleName, string>> = {
  root: 'sign root documents',
  centre: 'sign enrolments and orders to devices',
  release: 'sign releases of models',
  freshness: 'say what is in force',
}
const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10)

/** What a signature under this draft agrees to. */
export function changesOf({ previous, root: { body } }: RootDraft): readonly string[] {
  const { version, projectId, expiresAtMs, roles } = body
  const changes = ROLES.flatMap(role => [
    ...added(previous, body, role).map(name => `  + ${name} may ${MAY[role]}`),
    ...added(body, previous, role).map(name => `  - ${name} may no longer ${MAY[role]}`),
  ])
  const { threshold, keyIds } = roles.root
  const before = previous.roles.root
  const isOther = threshold !== before.threshold || keyIds.length !== before.keyIds.length
  const rule = `${threshold} of ${keyIds.length} root keys sign the next one`
  return [
    `root document ${version} of the project ${projectId}, until ${day(expiresAtMs)}`,
    ...(changes.length === 0 ? ['  the same keys for a new time'] : changes),
    isOther ? `  ${rule} (before: ${before.threshold} of ${before.keyIds.length})` : `  ${rule}`,
  ]
}

const added = (from: RootDocument, to: RootDocument, role: RoleName): readonly string[] =>
  to.roles[role].keyIds
    .filter(keyId => !from.roles[role].keyIds.includes(keyId))
    .map(keyId => `${to.keys[keyId]?.holder ?? 'somebody'} (${keyId.slice(0, 12)})`)

export function describeRoot(view: KeysView): readonly string[] {
  const { projectId, version, issuedAtMs, expiresAtMs, isExpired, keys, rootThreshold, advice } = view
  const roots = keys.filter(({ roles }) => roles.includes('root'))
  return [
    `root document ${version} of ${projectId}, from ${day(issuedAtMs)} to ${day(expiresAtMs)}${isExpired ? ': EXPIRED, no release is installed by it' : ''}`,
    `  ${rootThreshold} of ${roots.length} root keys sign the next one`,
    ...keys.map(({ keyId, holder, roles }) => `  ${keyId.slice(0, 12)}  ${roles.join(', ').padEnd(26)} ${holder}`),
    ...(advice === null ? ['  root is held apart from the collector'] : [advice]),
  ]
}
