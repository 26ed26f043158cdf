/** The agent's face on this machine: its API and the officer's page. */
import type { FaultOf, Result } from '@murram/ground'
import type { Agent } from '../open-agent.ts'
import { createRoutes } from './routes.ts'
import { servePage, type Loopback } from './serve-page.ts'
import { createLiveViews, createRouteViews } from './views.ts'

export interface LoopbackOptions {
  /** 0 takes a free one. */
  readonly port: number
  /** Folder of the built field app. */
  readonly fieldDir?: string
  readonly now: () => number
}

export const startLoopback = (
  agent: Agent,
  { port, fieldDir, now }: LoopbackOptions,
): Promise<Result<Loopback, FaultOf<'house.port-occupied'>>> =>
  servePage({
    port,
    ...(fieldDir === undefined ? {} : { fieldDir }),
    page: 'index.html',
    routes: createRoutes(agent, createRouteViews(agent, now)),
    live: { ...createLiveViews(agent, now) },
  })
