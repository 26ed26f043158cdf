/** What the agent says of itself, as it changes: one event stream, nothing is polled. */
import { reactive } from 'vue'
import type { LiveEvents } from '@murram/agent/api'
import { liveAddress } from './agent-api.ts'

export type Live = { [K in keyof LiveEvents]: LiveEvents[K] | null } & { agentAnswers: boolean }

export const live: Live = reactive({
  status: null,
  forms: null,
  outbox: null,
  households: null,
  conflicts: null,
  drafts: null,
  returns: null,
  tasks: null,
  agentAnswers: true,
})

const names = ['status', 'forms', 'outbox', 'households', 'conflicts', 'drafts', 'returns', 'tasks'] as const

/** The browser opens the stream again by itself when the agent was restarted. */
export function followAgent(): void {
  const stream = new EventSource(liveAddress())
  stream.addEventListener('open', () => (live.agentAnswers = true))
  stream.addEventListener('error', () => (live.agentAnswers = false))
  for (const name of names) {
    stream.addEventListener(name, event => Object.assign(live, { [name]: JSON.parse(event.data as string) as unknown }))
  }
}
