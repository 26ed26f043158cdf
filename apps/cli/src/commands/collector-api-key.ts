/**
 * murram collector api-key create|list|revoke: keys for programs that ask for scores.
 *
 *   murram collector api-key create "The partner’s app" --days 365
 *   murram collector api-key list
 *   murram collector api-key revoke 1f0c33aa9d21
 *
 * Exit: 0 done · 1 there is no such key · 2 the collector does not answer, or wrong use.
 */
import { askAdmin, type Central } from '../ask-admin.ts'
import { print, sayFault, type ExitCode } from '../print.ts'
import { saidNo } from '../said-no.ts'
import { day } from './model-show.ts'

interface ApiKey {
  readonly keyId: string
  readonly name: string
  readonly scopes: readonly string[]
  readonly recordsPerSecond: number
  readonly createdAtMs: number
  readonly expiresAtMs: number | null
  readonly revokedAtMs: number | null
  readonly lastUsedAtMs: number | null
}
type Options = Central & { readonly json?: boolean }

export async function apiKeyCreate(
  name: string,
  options: Options & { readonly days?: number; readonly recordsPerSecond: number },
): Promise<ExitCode> {
  const { days, recordsPerSecond } = options
  const body = JSON.stringify({
    name,
    scopes: ['predict'],
    recordsPerSecond,
    ...(days === undefined ? {} : { expiresInDays: days }),
  })
  const made = await askAdmin<{ readonly apiKey: ApiKey; readonly key: string }>(options, '/api-keys', {
    body,
    headers: { 'Content-Type': 'application/json' },
  })
  if (!made.ok) return sayFault(made.error, options)
  if (options.json === true) print.json({ ok: true, ...made.value })
  else {
    print.line(made.value.key)
    print.note('It is shown this once: keep it where the program reads it, and send it in the header X-API-Key.')
  }
  return 0
}

export async function apiKeyList(options: Options): Promise<ExitCode> {
  const found = await askAdmin<{ readonly apiKeys: readonly ApiKey[] }>(options, '/api-keys', { method: 'GET' })
  if (!found.ok) return sayFault(found.error, options)
  const { apiKeys } = found.value
  if (options.json === true) print.json({ ok: true, apiKeys })
  else if (apiKeys.length === 0) print.line('no key was made yet: murram collector api-key create NAME')
  else
    for (const { keyId, name, scopes, recordsPerSecond, lastUsedAtMs, ...when } of apiKeys)
      print.line(
        `${keyId}  ${name}  ${scopes.join(', ')}, ${recordsPerSecond} records/s, ${stateOf(when)}, ${lastUsedAtMs === null ? 'never used' : `last used ${day(lastUsedAtMs)}`}`,
      )
  return 0
}

const stateOf = ({ revokedAtMs, expiresAtMs }: Pick<ApiKey, 'revokedAtMs' | 'expiresAtMs'>): string =>
  revokedAtMs !== null
    ? `REVOKED ${day(revokedAtMs)}`
    : expiresAtMs === null
      ? 'never expires'
      : expiresAtMs <= Date.now()
        ? `EXPIRED ${day(expiresAtMs)}`
        : `until ${day(expiresAtMs)}`

export async function apiKeyRevoke(keyId: string, options: Options): Promise<ExitCode> {
  const done = await askAdmin<{ readonly apiKey: ApiKey }>(options, `/api-keys/${encodeURIComponent(keyId)}/revoke`, {})
  if (!done.ok) return saidNo(done.error, options)
  if (options.json === true) print.json({ ok: true, apiKey: done.value.apiKey })
  else print.line(`✓ ${keyId} (${done.value.apiKey.name}) opens nothing any more`)
  return 0
}
