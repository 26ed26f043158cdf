/** How every route of the collector says no: the fault, with its two sentences. */
import { codes, type Fault } from '@murram/ground'
import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { FaultReply } from './api-types.ts'

export const replyOf = (fault: Fault): FaultReply => {
  const { what, mend } = codes[fault.fault]
  return { ...fault, what, mend }
}

export const replyFault = (c: Context, fault: Fault) =>
  c.json(replyOf(fault), codes[fault.fault].http as ContentfulStatusCode)
