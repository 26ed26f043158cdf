/**
 * One request to a running collector, as the central team: with the admin token of its data
 * folder. What the collector refuses comes back as its own fault.
 */
import { err, fault, isFaultCode, ok, type Fault, type Result } from '@murram/ground'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathOf } from './print.ts'

export interface Central {
  /** The collector's folder. */
  readonly data: string
  readonly collector: string
  /** In place of the one in the folder: for a person who has no access to it. */
  readonly token?: string
}

/** A file that the collector makes, with the name that it gives it. */
export async function askAdminForFile(
  { data, collector, token = readToken(data) }: Central,
  path: string,
): Promise<Result<{ readonly name: string; readonly bytes: Uint8Array }, Fault>> {
  if (!URL.canParse(collector)) return err(fault('cli.usage', `--collector ${collector} is no address`))
  try {
    const response = await fetch(new URL(`/api/v1${path}`, collector), {
      headers: { Authorization: `Bearer ${token ?? ''}` },
    })
    const bytes = new Uint8Array(await response.arrayBuffer())
    if (!response.ok) return err(faultOf(parseJson(Buffer.from(bytes).toString('utf8')), collector, response.status))
    const name = /filename="([\w.-]+)"/.exec(response.headers.get('content-disposition') ?? '')?.[1]
    return ok({ name: name ?? 'answer.murram', bytes })
  } catch {
    return err(fault('house.collector-unreachable', collector))
  }
}

export async function askAdmin<Reply>(
  { data, collector, token = readToken(data) }: Central,
  path: string,
  init: Pick<RequestInit, 'body' | 'headers'> & { readonly method?: 'GET' | 'POST' | 'PUT' },
): Promise<Result<Reply, Fault>> {
  if (token === undefined)
    return err(
      fault('cli.file-unreadable', `${join(data, 'admin-token')}: no collector was started with --data ${data}`),
    )
  if (!URL.canParse(collector)) return err(fault('cli.usage', `--collector ${collector} is no address`))
  let status: number
  let text: string
  try {
    const response = await fetch(new URL(`/api/v1${path}`, collector), {
      method: init.method ?? 'POST',
      body: init.body ?? null,
      headers: { ...(init.headers as Record<string, string>), Authorization: `Bearer ${token}` },
    })
    status = response.status
    text = await response.text()
  } catch {
    return err(fault('house.collector-unreachable', collector))
  }
  const body = parseJson(text)
  if (status < 400 && body !== undefined) return ok(body as Reply)
  return err(faultOf(body, collector, status))
}

function faultOf(body: unknown, collector: string, status: number): Fault {
  const { fault: code, detail, data: more } = (body ?? {}) as Partial<Fault>
  return code !== undefined && isFaultCode(code)
    ? (fault(code, detail, more) as Fault)
    : fault('house.collector-unreachable', `${collector} answers HTTP ${status}, and not as a collector does`)
}

function readToken(data: string): string | undefined {
  try {
    return readFileSync(join(pathOf(data), 'admin-token'), 'utf8').trim()
  } catch {
    return undefined
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
