/**
 * The agent's loopback API as the pages call it. The token comes once in the address, is
 * kept for this tab only and taken out of the address at once.
 */
import type {
  AnsweredJson,
  FaultJson,
  HouseholdsJson,
  InterviewJson,
  OpenInterviewRequest,
  PreviewFinishedJson,
  PreviewJson,
  SavedJson,
  SettleRequest,
} from '@murram/agent/api'

const KEPT = 'murram-token'

function takeToken(): string {
  const address = new URL(window.location.href)
  const given = address.searchParams.get('token')
  if (given !== null) {
    sessionStorage.setItem(KEPT, given)
    address.searchParams.delete('token')
    window.history.replaceState(null, '', address)
  }
  return sessionStorage.getItem(KEPT) ?? ''
}

const token = takeToken()

/** What the agent answered instead of what was asked for. */
export class AgentRefusal extends Error {
  readonly fault: FaultJson
  constructor(fault: FaultJson) {
    super(`${fault.what} ${fault.mend}`)
    this.fault = fault
  }
}

const unreachable: FaultJson = {
  fault: 'sync.unreachable',
  what: 'The agent on this laptop does not answer.',
  mend: 'Start it again; what was saved is safe.',
}

async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  const response = await fetch(`/api/${path}`, {
    method,
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }).catch(() => {
    throw new AgentRefusal(unreachable)
  })
  if (response.status === 204) return undefined as T
  const json: unknown = await response.json().catch(() => unreachable)
  if (!response.ok) throw new AgentRefusal(json as FaultJson)
  return json as T
}

const at = (interviewId: string, rest = '') => `interviews/${encodeURIComponent(interviewId)}${rest}`

export const agentApi = {
  /** Among all that this laptop knows; the live list has the first of them only. */
  households: (q: string, limit: number) =>
    call<HouseholdsJson>('GET', `households?q=${encodeURIComponent(q)}&limit=${limit}`),
  openInterview: (request: OpenInterviewRequest) => call<InterviewJson>('POST', 'interviews', request),
  interview: (id: string) => call<InterviewJson>('GET', at(id)),
  answer: (id: string, ref: string, value: string) => call<AnsweredJson>('POST', at(id, '/answers'), { ref, value }),
  explain: (id: string, ref: string, reason: string) =>
    call<InterviewJson>('POST', at(id, '/reasons'), { ref, reason }),
  addRow: (id: string, ref: string) => call<InterviewJson>('POST', at(id, '/repeats'), { ref }),
  removeRow: (id: string, rowRef: string) =>
    call<InterviewJson>('DELETE', at(id, `/repeats/${encodeURIComponent(rowRef)}`)),
  setLanguage: (id: string, language: string) => call<InterviewJson>('POST', at(id, '/language'), { language }),
  finalise: (id: string) => call<SavedJson>('POST', at(id, '/finalise')),
  discardDraft: (id: string) => call<void>('DELETE', `drafts/${encodeURIComponent(id)}`),
  settle: (id: string, choose: SettleRequest['choose']) =>
    call<SavedJson>('POST', `conflicts/${encodeURIComponent(id)}/settle`, { choose }),
  previewAnswers: (id: string) => call<Readonly<Record<string, string>>>('GET', at(id, '/answers')),
  finishPreview: (id: string) => call<PreviewFinishedJson>('POST', at(id, '/finalise')),
  restartPreview: () => call<PreviewJson>('POST', 'preview/restart'),
  syncNow: () => call<unknown>('POST', 'sync'),
}

export const liveAddress = () => `/api/live?token=${encodeURIComponent(token)}`
