/**
 * One page and its API on 127.0.0.1, behind a random token that is new at each start and known
 * only to whoever was given the address. The officer's page and the preview of a form are both
 * served so.
 */
import { randomBytes } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import { err, fault, ok, type FaultOf, type Result } from '@murram/ground'
import { storeFaultOf } from '@murram/rxdb-sqlite'
import { Hono } from 'hono'
import type { Observable } from 'rxjs'
import { fieldFile } from './field-app.ts'
import { refusalOf } from './guard.ts'
import { liveStream } from './live.ts'
import { refuse } from './reply.ts'

export interface Loopback {
  /** `http://127.0.0.1:<port>` */
  readonly url: string
  readonly token: string
  /** What a browser opens: the address with its token. */
  readonly pageUrl: string
  readonly close: () => Promise<void>
}

export interface ServedPage {
  /** 0 takes a free one. */
  readonly port: number
  /** Folder of the built field app. */
  readonly fieldDir?: string
  /** File of that folder that the address opens. */
  readonly page: 'index.html' | 'preview.html'
  readonly routes: Hono
  /** What `GET /api/live` sends, by the event's name. */
  readonly live: Readonly<Record<string, Observable<unknown>>>
}

export async function servePage(served: ServedPage): Promise<Result<Loopback, FaultOf<'house.port-occupied'>>> {
  const token = randomBytes(24).toString('base64url')
  const streams = new Set<() => void>()
  let port = served.port

  const app = new Hono()
  app.onError((error, c) => {
    const trouble = storeFaultOf(error)
    if (trouble !== null) return refuse(c, fault(trouble.fault, trouble.detail))
    process.stderr.write(`${error.stack ?? error.message}\n`)
    return refuse(c, fault('http.internal'))
  })
  app.use(async (c, next) => {
    const refusal = refusalOf(c.req.raw, port, token)
    if (refusal !== null) return refuse(c, refusal)
    return next()
  })
  app.get('/api/live', () =>
    liveStream(
      served.live,
      close => void streams.add(close),
      close => void streams.delete(close),
    ),
  )
  app.route('/', served.routes)
  app.all('/api/*', c => refuse(c, fault('http.not-found', c.req.path)))
  app.get('*', c => fieldFile(served.fieldDir, new URL(c.req.url).pathname, served.page))

  const server = createAdaptorServer({ fetch: app.fetch })
  const listening = await new Promise<Result<number, FaultOf<'house.port-occupied'>>>(resolve => {
    server.once('error', error => resolve(err(fault('house.port-occupied', `${served.port}: ${error.message}`))))
    server.listen(served.port, '127.0.0.1', () => resolve(ok((server.address() as AddressInfo).port)))
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
