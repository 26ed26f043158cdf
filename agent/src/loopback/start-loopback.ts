/**
 * The agent's face on this machine: an API and the field app on 127.0.0.1, behind a random
 * token that is new at each start and known only to whoever was given the address.
 */
import { randomBytes } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import { err, fault, ok, type FaultOf, type Result } from '@murram/ground'
import { Hono } from 'hono'
import type { Agent } from '../open-agent.ts'
import { fieldFile } from './field-app.ts'
import { refusalOf } from './guard.ts'
import { liveStream } from './live.ts'
import { createRoutes, refuse } from './routes.ts'
import { createLiveViews, createRouteViews } from './views.ts'

export interface Loopback {
  /** `http://127.0.0.1:<port>` */
  readonly url: string
  readonly token: string
  /** What a browser opens: the address with its token. */
  readonly pageUrl: string
  readonly close: () => Promise<void>
}

export interface LoopbackOptions {
  /** 0 takes a free one. */
  readonly port: number
  /** Folder of the built field app. */
  readonly fieldDir?: string
  readonly now: () => number
}

export async function startLoopback(
  agent: Agent,
  { port: wantedPort, fieldDir, now }: LoopbackOptions,
): Promise<Result<Loopback, FaultOf<'house.port-occupied'>>> {
  const token = randomBytes(24).toString('base64url')
  const views = createLiveViews(agent, now)
  const streams = new Set<() => void>()
  let port = wantedPort

  const app = new Hono()
  app.use(async (c, next) => {
    const refusal = refusalOf(c.req.raw, port, token)
    if (refusal !== null) return refuse(c, refusal)
    return next()
  })
  app.get('/api/live', () =>
    liveStream(
      views,
      close => void streams.add(close),
      close => void streams.delete(close),
    ),
  )
  app.route('/', createRoutes(agent, createRouteViews(agent, now)))
  app.get('*', c => fieldFile(fieldDir, new URL(c.req.url).pathname))

  const server = createAdaptorServer({ fetch: app.fetch })
  const listening = await new Promise<Result<number, FaultOf<'house.port-occupied'>>>(resolve => {
    server.once('error', error => resolve(err(fault('house.port-occupied', `${wantedPort}: ${error.message}`))))
    server.listen(wantedPort, '127.0.0.1', () => resolve(ok((server.address() as AddressInfo).port)))
  })
  if (!listening.ok) return listening
  port = listening.value
  const url = `http://127.0.0.1:${port}`
  return ok({
    url,
    token,
    pageUrl: `${url}/?token=${token}`,
    close: async () => {
      for (const close of streams) close()
      await new Promise(resolve => {
        server.close(resolve)
        if ('closeAllConnections' in server) server.closeAllConnections()
      })
    },
  })
}
