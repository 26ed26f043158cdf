/** How every route of the collector says no: the fault, with its two sentences. */
import { codes, type Fault } from '@murram/ground'
import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { FaultReply } from './api-types.ts'

export const replyOf = (fault: Fault): FaultReply => {
  const { what, mend } = codes[fault.fault]
  return { ...fault, what, mend }
}

/**
 * Typed as a reply that fits any route: routes name their successes, and each of them may
 * answer any fault with the status of its code.
 */
export const replyFault = (c: Context, fault: Fault): never =>
  c.json(replyOf(fault), codes[fault.fault].http as ContentfulStatusCode) as never
