/** What every route does at its two ends: a body by its schema, a fault as its JSON and status. */
import { codes, err, fault, type Fault, type Result } from '@murram/ground'
import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { z } from 'zod'
import type { FaultJson } from './api-types.ts'

export async function readBody<T>(c: Context, schema: z.ZodType<T>): Promise<Result<T, Fault>> {
  const body: unknown = await c.req.json().catch(() => null)
  const parsed = schema.safeParse(body)
  return parsed.success
    ? { ok: true, value: parsed.data }
    : err(fault('http.bad-request', z.prettifyError(parsed.error)))
}

export const refuse = (c: Context, why: Fault): Response =>
  c.json(faultJson(why), codes[why.fault].http as ContentfulStatusCode)

export const faultJson = ({ fault, detail, data }: Fault): FaultJson => ({
  fault,
  what: codes[fault].what,
  mend: codes[fault].mend,
  ...(detail === undefined ? {} : { detail }),
  ...(data === undefined ? {} : { data }),
})
