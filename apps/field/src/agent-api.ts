/**
 * The agent's loopback API as the pages call it. The token comes once in the address, is
 * kept for this tab only and taken out of the address at once.
 */
import type {
  AnsweredJson,
  ChoicesJson,
  CopiesJson,
  FaultJson,
  HandedOverJson,
  ImportedJson,
  HouseholdsJson,
  InterviewJson,
  OpenInterviewRequest,
  OverrideRequest,
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

/** Bytes in either direction; what is refused comes as JSON. */
async function callWithFile(method: string, path: string, file?: File): Promise<Response> {
  const response = await fetch(`/api/${path}`, {
    method,
    headers: {
      Authorization: `Bearer ${token}`,
      ...(file === undefined
        ? {}
        : { 'Content-Type': file.type || 'application/octet-stream', 'X-File-Name': encodeURIComponent(file.name) }),
    },
    ...(file === undefined ? {} : { body: file }),
  }).catch(() => {
    throw new AgentRefusal(unreachable)
  })
  if (!response.ok) throw new AgentRefusal((await response.json().catch(() => unreachable)) as FaultJson)
  return response
}

const at = (interviewId: string, rest = '') => `interviews/${encodeURIComponent(interviewId)}${rest}`

const fileAt = (id: string, ref: string) => at(id, `/attachments/${encodeURIComponent(ref)}`)

export const agentApi = {
  /** Among all that this laptop knows; the live list has the first of them only. */
  households: (q: string, limit: number) =>
    call<HouseholdsJson>('GET', `households?q=${encodeURIComponent(q)}&limit=${limit}`),
  openInterview: (request: OpenInterviewRequest) => call<InterviewJson>('POST', 'interviews', request),
  openTask: (taskId: string) => call<InterviewJson>('POST', `tasks/${encodeURIComponent(taskId)}/open`),
  override: (instanceId: string, said: OverrideRequest) =>
    call<SavedJson>('POST', `submissions/${encodeURIComponent(instanceId)}/override`, said),
  openReturn: (instanceId: string) => call<InterviewJson>('POST', `returns/${encodeURIComponent(instanceId)}/open`),
  interview: (id: string) => call<InterviewJson>('GET', at(id)),
  choices: (id: string, ref: string, q: string) =>
    call<ChoicesJson>('GET', at(id, `/choices?ref=${encodeURIComponent(ref)}&q=${encodeURIComponent(q)}`)),
  answer: (id: string, ref: string, value: string) => call<AnsweredJson>('POST', at(id, '/answers'), { ref, value }),
  explain: (id: string, ref: string, reason: string) =>
    call<InterviewJson>('POST', at(id, '/reasons'), { ref, reason }),
  addRow: (id: string, ref: string) => call<InterviewJson>('POST', at(id, '/repeats'), { ref }),
  removeRow: (id: string, rowRef: string) =>
    call<InterviewJson>('DELETE', at(id, `/repeats/${encodeURIComponent(rowRef)}`)),
  setLanguage: (id: string, language: string) => call<InterviewJson>('POST', at(id, '/language'), { language }),
  putFile: async (id: string, ref: string, file: File) =>
    (await (await callWithFile('PUT', fileAt(id, ref), file)).json()) as AnsweredJson,
  removeFile: (id: string, ref: string) => call<AnsweredJson>('DELETE', fileAt(id, ref)),
  file: async (id: string, ref: string) => (await callWithFile('GET', fileAt(id, ref))).blob(),
  finalise: (id: string) => call<SavedJson>('POST', at(id, '/finalise')),
  discardDraft: (id: string) => call<void>('DELETE', `drafts/${encodeURIComponent(id)}`),
  settle: (id: string, choose: SettleRequest['choose']) =>
    call<SavedJson>('POST', `conflicts/${encodeURIComponent(id)}/settle`, { choose }),
  previewAnswers: (id: string) => call<Readonly<Record<string, string>>>('GET', at(id, '/answers')),
  finishPreview: (id: string) => call<PreviewFinishedJson>('POST', at(id, '/finalise')),
  restartPreview: () => call<PreviewJson>('POST', 'preview/restart'),
  /** What waits as a sealed file, and how much is in it. */
  exportBundle: async (all: boolean) => {
    const response = await callWithFile('GET', `bundles/export?which=${all ? 'all' : 'unsent'}`)
    const [submissions = 0, attachments = 0] = (response.headers.get('X-Murram-Contents') ?? '').split(' ').map(Number)
    const name = /filename="([^"]+)"/.exec(response.headers.get('Content-Disposition') ?? '')?.[1] ?? 'work.murram'
    return { file: await response.blob(), name, submissions, attachments }
  },
  copies: () => call<CopiesJson>('GET', 'copies'),
  importBundle: async (file: File) =>
    (await (await callWithFile('POST', 'bundles/import', file)).json()) as ImportedJson,
  handOver: (url: string, code: string) => call<HandedOverJson>('POST', 'carry/hand-over', { url, code }),
  syncNow: () => call<unknown>('POST', 'sync'),
}

export const liveAddress = () => `/api/live?token=${encodeURIComponent(token)}`
