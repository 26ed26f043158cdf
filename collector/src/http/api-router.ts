/** A router whose routes describe themselves, and refuse what does not fit their schema. */
import { OpenAPIHono, z } from '@hono/zod-openapi'
import { fault } from '@murram/ground'
import { replyFault } from './reply.ts'

export const apiRouter = (): OpenAPIHono =>
  new OpenAPIHono({
    defaultHook: (checked, c) =>
      checked.success ? undefined : replyFault(c, fault('http.bad-request', z.prettifyError(checked.error))),
  })
