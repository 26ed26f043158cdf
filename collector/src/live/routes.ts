/** `GET /live`: server-sent events, one a change, and a comment every 20 s that keeps the line open. */
import { createRoute, type OpenAPIHono } from '@hono/zod-openapi'
import { streamSSE } from 'hono/streaming'
import type { LiveEvent } from '../http/api-types.ts'
import { apiRouter } from '../http/api-router.ts'
import type { Live } from './live.ts'

const KEEP_OPEN_MS = 20_000
/** A page that does not read is let go of, rather than kept in memory. */
const MAX_WAITING = 1_000

export function liveRoutes(live: Live): OpenAPIHono {
  const routes = apiRouter()
  routes.openAPIRegistry.registerPath(
    createRoute({
      method: 'get',
      path: '/live',
      summary: 'What changes, as it changes (the token may stand in `?token=`)',
      responses: { 200: { description: 'Server-sent events.', content: { 'text/event-stream': {} } } },
    }),
  )
  routes.get('/live', c =>
    streamSSE(c, async stream => {
      const waiting: LiveEvent[] = []
      let wake = () => {}
      const stop = live.subscribe(event => {
        waiting.push(event)
        if (waiting.length > MAX_WAITING) stream.abort()
        wake()
      })
      stream.onAbort(() => {
        stop()
        wake()
      })
      while (!stream.aborted && !stream.closed) {
        for (let event = waiting.shift(); event !== undefined; event = waiting.shift())
          await stream.writeSSE({ event: event.kind, data: JSON.stringify(event) })
        await stream.write(': open\n\n')
        if (waiting.length > 0) continue
        await new Promise<void>(settle => {
          const timer = setTimeout(settle, KEEP_OPEN_MS)
          wake = () => {
            clearTimeout(timer)
            settle()
          }
        })
      }
    }),
  )
  return routes
}
