/**
 * The collector's HTTP: open addresses, then everything below `/api/v1` behind the admin
 * token. Rooms bring their own routes; this file decides who may come in.
 *
 * No CORS header is ever sent: pages of other origins get nothing.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { OpenAPIHono } from '@hono/zod-openapi'
import { fault, type Fault, type Result } from '@murram/ground'
import type { MiddlewareHandler } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { bodyLimit } from 'hono/body-limit'
import { secureHeaders } from 'hono/secure-headers'
import type { Logger } from 'pino'
import { reasonOf } from '../db/handles.ts'
import { apiRouter } from './api-router.ts'
import { docsRoutes } from './docs-routes.ts'
import { pageRoutes } from './page-routes.ts'
import { replyFault } from './reply.ts'

/** A workbook of 20,000 rows has 3 MB; a year's outcomes as CSV fit too. */
const MAX_BODY_BYTES = 32_000_000

export interface HttpOptions {
  /** After a request that changed something, before its answer: what must outlive the database is kept. */
  readonly afterChange?: () => Promise<Result<void, Fault>>
  readonly adminToken: string
  readonly log: Logger
  /** Without a token: health, metrics, enrolment. */
  readonly open: readonly OpenAPIHono[]
  /** Below `/api/v1`, behind the token. */
  readonly guarded: readonly OpenAPIHono[]
  /** A folder with a built page; absent: an address without one says where the API is. */
  readonly consoleDir?: string
}

export function createHttpApp(options: HttpOptions): OpenAPIHono {
  const app = apiRouter()
  app.openAPIRegistry.registerComponent('securitySchemes', 'admin', { type: 'http', scheme: 'bearer' })
  app.openAPIRegistry.registerComponent('securitySchemes', 'apiKey', {
    type: 'apiKey',
    in: 'header',
    name: 'X-API-Key',
  })
  app.use(secureHeaders({ strictTransportSecurity: false, crossOriginResourcePolicy: 'same-origin' }))
  const limit = bodyLimit({
    maxSize: MAX_BODY_BYTES,
    onError: c => replyFault(c, fault('wire.frame-too-large', `at most ${MAX_BODY_BYTES} bytes`)),
  })
  // A stick full of photos is read as it comes, a frame at a time.
  app.use('/api/*', (c, next) => (c.req.path === '/api/v1/bundles' ? next() : limit(c, next)))
  if (options.afterChange !== undefined) app.use('/api/*', keepChanges(options.afterChange))
  for (const routes of options.open) app.route('/', routes)
  app.use('/api/v1/*', requireAdmin(options.adminToken))
  for (const routes of options.guarded) app.route('/api/v1', routes)
  app.route('/', docsRoutes(app))
  app.all('/api/*', c => replyFault(c, fault('http.not-found', c.req.path)))
  app.route('/', pageRoutes(options.consoleDir))
  app.notFound(c => replyFault(c, fault('http.not-found', c.req.path)))
  app.onError((error, c) => {
    if (error instanceof HTTPException && error.status < 500)
      return replyFault(c, fault('http.bad-request', error.message))
    options.log.error({ path: c.req.path, reason: reasonOf(error), stack: error.stack }, 'a request failed')
    return replyFault(c, fault('http.internal'))
  })
  return app
}

const keepChanges =
  (afterChange: () => Promise<Result<void, Fault>>): MiddlewareHandler =>
  async (c, next) => {
    await next()
    if (c.req.method === 'GET' || c.req.method === 'HEAD' || c.res.status >= 400) return
    if (c.req.path === '/api/v1/predict') return // it changes nothing, and is asked often
    const kept = await afterChange()
    if (!kept.ok) c.res = replyFault(c, kept.error)
  }

/** The token may stand in the address for the event stream alone: addresses end up in logs. */
const requireAdmin = (adminToken: string): MiddlewareHandler => {
  const wanted = digest(adminToken)
  return async (c, next) => {
    const inHeader = c.req.header('Authorization')?.replace(/^Bearer /i, '')
    const given = inHeader ?? (c.req.path === '/api/v1/live' ? c.req.query('token') : undefined)
    if (given === undefined || !timingSafeEqual(digest(given), wanted)) return replyFault(c, fault('http.unauthorised'))
    return next()
  }
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
